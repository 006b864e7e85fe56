"""Two-ended traces: an agent beside the server tells what arrived and probes the way back.

Boxes act on the way back only, or translate addresses with connection tracking, which no quote shows. Judged by --expect; hops
of the way back count from the server. See --help.
"""
import chain
import tool

STRIP = ["-j", "TCPOPTSTRIP", "--strip-options", "30"]
MANGLE = ["-t", "mangle", "-A", "FORWARD", "-p", "tcp"]
CASES = ("clean", "strip on the way back", "MSS clamp on the way back", "conntrack NAT", "strip at the last router", "strip in front of the client")


def put(path, name, router, family):
    """Puts this box there; the findings it must give."""
    n, back = path.n, path.n + 1 - router
    if name == "strip on the way back":
        path.rule(router, [*MANGLE, "--sport", "80", *STRIP], family)
        return [f"{f}.return: stripped-nop @ {back}-{back + 1}" for f in ("mptcp.mp_capable.synack", "mptcp.dss.data", "mptcp.dss.ack", "mptcp.add_addr.ack")]
    if name == "MSS clamp on the way back":
        path.rule(router, [*MANGLE, "--sport", "80", "--tcp-flags", "SYN,ACK", "SYN,ACK", "-j", "TCPMSS", "--set-mss", "900"], family)
        return [f"tcp.mss.synack.return: clamped @ {back}-{back + 1}"]
    if name == "conntrack NAT":
        path.rule(router, ["-t", "nat", "-A", "POSTROUTING", "-o", "right", "-j", "MASQUERADE"], family)
        # A packet to the address outside ends at the translator, as does one from outside to a port nobody was given: two hops wide.
        hi = router + 1 if router < n else 255
        return [f"ip.src.forward: nat @ {router - 1}-{hi}", f"ip.dst.return: dnat @ {max(back - 2, 0)}-{back}"]
    if name == "strip at the last router":
        path.rule(n, [*MANGLE, "--syn", "--dport", "80", *STRIP], family)
        return [f"{f}.forward: stripped-nop @ {n}-{n + 1}" for f in ("mptcp.mp_capable.syn", "mptcp.mp_join.syn")]
    if name == "strip in front of the client":  # no router behind it, seen from the server: only what arrives shows it
        path.rule(1, [*MANGLE, "--sport", "80", "--tcp-flags", "SYN,ACK", "SYN,ACK", *STRIP], family)
        return [f"mptcp.mp_capable.synack.return: stripped-nop @ {n}-{n + 1}"]
    return []


def test(t, a, rng):
    for _ in range(a.rounds):
        for family in (4, 6):
            for name in CASES:
                if a.only not in name:
                    continue
                n = rng.randint(3, 7)
                router = rng.randint(2, n)  # behind it, seen from the server, at least one more quotes
                path = chain.Chain(n, listen=80)
                lines = put(path, name, router, family)
                r = t.trace_two_ended(path, family, *t.expect(*lines), "--syn-only")
                t.said(f"{name} IPv{family}: {n} routers, box at r{router}", r.returncode == 0, "\n".join(lines) + f"\nexit {r.returncode}\n{r.stdout}{r.stderr}")
                path.close()


if __name__ == "__main__":
    tool.main(__doc__, test, arguments=[("--rounds", {"type": int, "default": 1})])
