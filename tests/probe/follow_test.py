"""Shadow probing: a real kernel connection is watched and copies of its own packets are traced. Judged by --expect.

The connection is the kernel's MPTCP; boxes are netfilter's or ours, on a random router. Copies must find the box where the
connection met it, must not disturb the connection, and never be more than the stated rate. See --help.
"""
import argparse
import os
import random
import subprocess
import sys
import tempfile

import chain

# Sends lines with pauses and says how many bytes the kernel took; what comes back is read to the end.
CLIENT = """
import socket, sys, time
s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_STREAM, 262)
s.settimeout(30)
s.connect((sys.argv[1], 80))
for i in range(6):
    s.sendall(b'some lines for the server to throw away\\n' * 4)
    time.sleep(0.05)
s.shutdown(socket.SHUT_WR)
while s.recv(65536):
    pass
"""
STRIP = ["-j", "TCPOPTSTRIP", "--strip-options", "30"]
SYN = ["-p", "tcp", "--syn", "--dport", "80"]
# name, rule of netfilter or box of ours, both directions through the box, findings (@ is added)
CASES = [
    ("clean", None, None, False, []),
    ("strip on SYNs", [*SYN, *STRIP], None, False, ["mptcp.mp_capable.syn.forward: stripped-nop"]),
    ("MSS clamp", [*SYN, "-j", "TCPMSS", "--set-mss", "1000"], None, False, ["tcp.mss.syn.forward: clamped"]),
    ("DSS cut out", None, "strip:kind=30,subtype=dss,mode=remove,when=data", False, None),
    ("sequence numbers", None, "seq:dir=both,quotes=no", True, ["tcp.seq.forward: shifted", "tcp.ack.forward: shifted"]),
    ("payload edited", None, "edit:find=lines,replace=LINES,dir=c2s", True, ["payload.data.forward: edited"]),
]


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--gauntlet", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--rounds", type=int, default=1)
    p.add_argument("--only", default="")
    p.add_argument("--show", action="store_true", help="print every trace")
    a = p.parse_args()
    chain.isolated()
    rng, failed = random.Random(a.seed), 0
    print(f"seed {a.seed}")
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(a.rounds):
            for name, rule, box, both, findings in CASES:
                for family in (4, 6):
                    if a.only not in name:
                        continue
                    n = rng.randint(3, 7)
                    router = rng.randint(1, n - 1)
                    failed += not one(a, folder, name, family, n, router, rule, box, both, findings)
    return 1 if failed else 0


def one(a, folder, name, family, n, router, rule, box, both, findings):
    path = chain.Chain(n)
    path.listen(80)
    path.warm(family)
    process = None
    if rule:
        path.rule(router, ["-t", "mangle", "-A", "FORWARD", *rule], family)
    if box:
        process = subprocess.Popen([*path.inside(f"r{router}"), a.gauntlet, "box", box, "--queue", "0", "--client-side", "left", "--seed", "5"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        process.stderr.readline()  # it serves its queue from here on
        for side in ["left", "right"] if both else ["left"]:
            path.rule(router, ["-t", "mangle", "-A", "FORWARD", "-i", side, "-p", "tcp", "-j", "NFQUEUE", "--queue-num", "0"], family)
    file = os.path.join(folder, "expect")
    with open(file, "w") as f:
        f.write("".join(f"{e} @ {router}-{router + 1}\n" for e in findings or []))
    r = subprocess.run([*path.inside("client"), a.gauntlet, "trace", f"-{family}", "--expect", file, path.target(family), "--", sys.executable, "-c", CLIENT, path.target(family)],
                       capture_output=True, text=True)
    good = r.returncode == 0 if findings is not None else "mptcp.dss.data.forward: stripped-cut" in r.stdout
    print(f"{'ok  ' if good else 'FAIL'} {name} IPv{family}: {n} routers, box at r{router}", flush=True)
    if not good or a.show:
        print(f"exit {r.returncode}\n{r.stdout}{r.stderr}", flush=True)
    if process:
        process.terminate()
        process.wait()
    path.close()
    return good


if __name__ == "__main__":
    sys.exit(main())
