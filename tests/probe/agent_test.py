"""Two-ended traces: an agent beside the server tells what arrived and probes the way back.

Boxes act on the way back only, or translate addresses with connection tracking, which no quote shows. Judged by --expect; hops
of the way back count from the server. See --help.
"""
import argparse
import os
import random
import subprocess
import sys
import tempfile

import chain

STRIP = ["-j", "TCPOPTSTRIP", "--strip-options", "30"]


def trace(path, gauntlet, folder, family, lines, *options):
    expect, secret = os.path.join(folder, "expect"), os.path.join(folder, "secret")
    with open(expect, "w") as f:
        f.write("\n".join(lines) + "\n")
    with open(secret, "w") as f:
        f.write("a secret for one test\n")
    agent = subprocess.Popen([*path.inside("server"), gauntlet, "serve", "--agent", "--once", "--secret", secret], stdout=subprocess.PIPE, text=True)
    agent.stdout.readline()
    try:
        return subprocess.run([*path.inside("client"), gauntlet, "trace", f"-{family}", "--agent", "--secret", secret, "--expect", expect, *options, path.target(family)],
                              capture_output=True, text=True)
    finally:
        agent.terminate()
        agent.wait()


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--gauntlet", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--rounds", type=int, default=1)
    a = p.parse_args()
    chain.isolated()
    rng, failed = random.Random(a.seed), 0
    print(f"seed {a.seed}")
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(a.rounds):
            for family in (4, 6):
                for name in ("clean", "strip on the way back", "MSS clamp on the way back", "conntrack NAT", "strip at the last router"):
                    n = rng.randint(3, 7)
                    router = rng.randint(2, n)  # behind it, seen from the server, at least one more quotes
                    back = n + 1 - router
                    path = chain.Chain(n)
                    path.listen(80)
                    path.warm(family)
                    lines = []
                    if name == "strip on the way back":
                        path.rule(router, ["-t", "mangle", "-A", "FORWARD", "-p", "tcp", "--sport", "80", *STRIP], family)
                        lines = [f"{f}.return: stripped-nop @ {back}-{back + 1}" for f in ("mptcp.mp_capable.synack", "mptcp.dss.data", "mptcp.dss.ack", "mptcp.add_addr.ack")]
                    elif name == "MSS clamp on the way back":
                        path.rule(router, ["-t", "mangle", "-A", "FORWARD", "-p", "tcp", "--sport", "80", "--tcp-flags", "SYN,ACK", "SYN,ACK", "-j", "TCPMSS", "--set-mss", "900"], family)
                        lines = [f"tcp.mss.synack.return: clamped @ {back}-{back + 1}"]
                    elif name == "conntrack NAT":
                        path.rule(router, ["-t", "nat", "-A", "POSTROUTING", "-o", "right", "-j", "MASQUERADE"], family)
                        lines = ["ip.src.forward: nat @ 0-255"]
                    elif name == "strip at the last router":
                        path.rule(n, ["-t", "mangle", "-A", "FORWARD", "-p", "tcp", "--syn", "--dport", "80", *STRIP], family)
                        lines = [f"{f}.forward: stripped-nop @ {n}-{n + 1}" for f in ("mptcp.mp_capable.syn", "mptcp.mp_join.syn")]
                    r = trace(path, a.gauntlet, folder, family, lines, "--syn-only")
                    good = r.returncode == 0
                    failed += not good
                    print(f"{'ok  ' if good else 'FAIL'} {name} IPv{family}: {n} routers, box at r{router}", flush=True)
                    if not good:
                        print("  " + "\n  ".join(lines) + f"\nexit {r.returncode}\n{r.stdout}{r.stderr}", flush=True)
                    path.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
