"""The prober on real packets: a chain of routers, one box on a random one, and a file that says what must be found.

What is right is judged by `gauntlet trace --expect`: exactly these findings, each inside this interval of hops. The boxes are
netfilter targets, so they are nobody's idea of what our own boxes do. See --help for the arguments; the seed is printed.
"""
import chain
import tool

SYN = ["mptcp.mp_capable.syn.forward", "mptcp.mp_join.syn.forward"]


class Case:
    def __init__(self, name, rules, expected, family=(4, 6), extra=(), server_mptcp=True, proxy=False, width=1):
        self.name, self.rules, self.expected, self.family = name, rules, expected, family
        self.extra, self.server_mptcp, self.proxy, self.width = list(extra), server_mptcp, proxy, width


def mangle(hook, *rest):
    return ["-t", "mangle", "-A", hook, "-p", "tcp", *rest]


STRIP = ["-j", "TCPOPTSTRIP", "--strip-options", "30"]
CASES = [
    Case("clean", [], []),
    Case("no MPTCP at the server", [], [], server_mptcp=False),
    Case("strip behind the TTL check", [("FORWARD", mangle("FORWARD", "--syn", *STRIP))], [s + ": stripped-nop" for s in SYN]),
    Case("strip in front of it", [("PREROUTING", mangle("PREROUTING", "--syn", *STRIP))], [s + ": stripped-nop" for s in SYN]),
    Case("MSS clamp", [("FORWARD", mangle("FORWARD", "--syn", "-j", "TCPMSS", "--set-mss", "1200"))], ["tcp.mss.syn.forward: clamped"]),
    Case("DSCP", [("FORWARD", mangle("FORWARD", "-j", "DSCP", "--set-dscp", "0"))], ["ip.dscp.forward: bleached"], extra=["--probe", "ecn"]),
    Case("drop MPTCP SYNs", [("FORWARD", ["-A", "FORWARD", "-p", "tcp", "--syn", "-m", "tcp", "--tcp-option", "30", "-j", "DROP"])],
         [s + ": dropped" for s in SYN]),
    Case("strip on the way back", [("back", ["-t", "mangle", "-A", "FORWARD", "-p", "tcp", "--sport", "80", *STRIP])],
         ["mptcp.mp_capable.synack.return: stripped"]),
    Case("transparent proxy", [("PREROUTING", ["-t", "nat", "-A", "PREROUTING", "-p", "tcp", "-j", "REDIRECT", "--to-ports", "80"])],
         ["tcp.connection.forward: proxied"], proxy=True),
    Case("TTL + 3", [("FORWARD", ["-t", "mangle", "-A", "FORWARD", "-i", "left", "-j", "TTL", "--ttl-inc", "3"])], ["ip.ttl.forward: raised"], family=(4,)),
    Case("hop limit + 3", [("FORWARD", ["-t", "mangle", "-A", "FORWARD", "-i", "left", "-j", "HL", "--hl-inc", "3"])], ["ip.ttl.forward: raised"], family=(6,)),
    Case("conntrack NAT, invisible from one end", [("FORWARD", ["-t", "nat", "-A", "POSTROUTING", "-p", "tcp", "-j", "MASQUERADE"])], [],
         extra=["--probe", "plain"]),
    Case("strip in an open connection only",
         [("FORWARD", mangle("FORWARD", "--tcp-flags", "SYN", "NONE", *STRIP))],
         ["mptcp.mp_capable.data.forward: stripped-nop", "mptcp.dss.data.forward: stripped-nop", "mptcp.mp_capable.ack3.forward: stripped-nop",
          "mptcp.add_addr.ack.forward: stripped-nop", "mptcp.remove_addr.ack.forward: stripped-nop", "mptcp.mp_prio.ack.forward: stripped-nop"],
         extra=["--full"]),
]


def lines_of(case, rng, path, family):
    """Puts the box on a random router and says where it must be found."""
    hook = case.rules[0][0] if case.rules else None
    ttl = case.name.startswith(("TTL", "hop limit"))
    # Raised by three behind its TTL check, two or three routers before the server: then nobody answers in between.
    router = path.n - rng.randint(2, 3) if ttl else rng.randint(1, path.n - 1)
    silent = [r for r in range(1, path.n + 1) if rng.random() < 0.15] if not case.proxy and not ttl else []
    for r in silent:
        path.silence(r)
    for _, rule in case.rules:
        path.rule(router, rule, family)
    if case.proxy:
        path.listen(80, mptcp=False, node=f"r{router}")
    if hook == "back" and path.n in silent:  # behind the last router that answers it may as well be the way there
        return [], router, silent
    if hook == "back":
        return [f"{e} @ 0-255" for e in case.expected], router, silent
    lo, hi = (router, router + 1) if hook == "FORWARD" else (router - 1, router)
    while lo in silent:
        lo -= 1
    while hi in silent:
        hi += 1
    if hi > path.n and case.name == "drop MPTCP SYNs":  # nobody behind the box answers: it may as well be the way back
        return [f"{e.replace('forward', 'either')} @ {lo}-255" for e in case.expected], router, silent
    if hi > path.n:  # no router behind the box quotes anything
        return [], router, silent
    return [f"{e} @ {lo}-{hi}" for e in case.expected], router, silent


def run_case(t, case, family, rng, max_routers):
    path = chain.Chain(rng.randint(5, max_routers))
    path.listen(80, mptcp=case.server_mptcp)
    try:
        path.warm(family)
        lines, router, silent = lines_of(case, rng, path, family)
        options = [e for e in case.extra if e != "--full"] + ([] if "--full" in case.extra or "--probe" in case.extra else ["--syn-only"])
        r = t.trace(path, family, *t.expect(*lines), *options)
        t.said(f"{case.name} IPv{family}: {path.n} routers, box at r{router}, silent {silent}", r.returncode == 0,
               f"exit {r.returncode}, expected:\n  " + "\n  ".join(lines) + "\n" + r.stdout + r.stderr)
    finally:
        path.close()


def test(t, a, rng):
    for _ in range(a.rounds):
        for case in CASES:
            for family in case.family:
                if a.only in case.name:
                    run_case(t, case, family, rng, max(6, a.routers))


if __name__ == "__main__":
    tool.main(__doc__, test, arguments=[("--rounds", {"type": int, "default": 1}),
                                        ("--routers", {"type": int, "default": 8, "help": "most routers in a chain, at least 6"})])
