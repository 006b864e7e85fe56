"""Two-ended traces: an agent beside the server tells what arrived and probes the way back.

Boxes act on the way back only, or translate addresses with connection tracking, which no quote shows. Judged by --expect; hops
of the way back count from the server. See --help.
"""
import json
import subprocess

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


# An agent that knows the secret and ends its session, and one that pretends to know it.
FAKE = """
import hashlib, hmac, socket, sys
secret = open(sys.argv[1], "rb").read().strip()
listener = socket.socket(socket.AF_INET6)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("::", 8685))
listener.listen()
print("listens", flush=True)
client = listener.accept()[0]
client.sendall(b"gauntlet-agent 2 0123\\n")
word, nonce, proof = client.makefile().readline().split()
mine = hmac.new(secret, f"agent 0123 {nonce}".encode(), hashlib.sha256).hexdigest()
client.sendall(f"ok {mine if sys.argv[2] == 'ends' else proof} {sys.argv[3]} {sys.argv[4]}\\n".encode())
"""


def fakes(t):
    """What an agent does not say is no proof that nothing is there; who does not know the secret is not believed."""
    path = chain.Chain(4, listen=80)
    for what, code, says in (("ends", 20, "the line to the agent ended"), ("pretends", 69, "does not know the secret")):
        command = [*path.inside("server"), "/usr/bin/python3", "-c", FAKE, t.secret, what, path.target(4), "10.77.0.1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as agent:
            agent.stdout.readline()
            r = t.trace(path, 4, "--agent", "--secret", t.secret, "--syn-only")
        t.said(f"an agent that {what}: exit {code}", r.returncode == code and says in r.stdout + r.stderr, f"exit {r.returncode}\n{r.stdout}{r.stderr}")
    path.close()


def notes(t):
    """An agent that lives and hears nothing; one whose host refuses, so that there is no connection whose way back could be asked."""
    path = chain.Chain(4, listen=80)
    with t.agent(path):
        options = ["--agent", "--secret", t.secret, "--syn-only", "--json"]
        r = t.trace(path, 4, *options, "--port", "81")
        told = {n["id"]: n["text"] for n in json.loads(r.stdout)["notes"]}
        t.said("a closed port: no way back", list(told) == ["way-back.none"], f"{told}\n{r.stderr}")
        path.rule(2, ["-t", "nat", "-A", "PREROUTING", "-p", "tcp", "--dport", "80", "-j", "REDIRECT", "--to-ports", "80"])
        path.rule(2, ["-A", "FORWARD", "-p", "udp", "-j", "DROP"])
        path.listen(80, mptcp=False, node="r2")
        r = t.trace(path, 4, *options)
        report = json.loads(r.stdout)
        told = {n["id"]: n["text"] for n in report["notes"]}
        t.said("a proxy in front of an agent that hears nothing: it is not called dead",
               "somebody in front of it answers" in told.get("agent.gone", "") and report["inconclusive"],
               f"{r.stdout}\n{r.stderr}")
    path.close()


def test(t, a, rng):
    if a.only in "fakes":
        fakes(t)
    if a.only in "notes":
        notes(t)
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
