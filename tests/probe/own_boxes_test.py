"""The prober against `gauntlet box` on NFQUEUE: edits that netfilter has no target for. Judged by --expect; see --help."""
import argparse
import os
import random
import subprocess
import sys
import tempfile

import chain

SYN = ["mptcp.mp_capable.syn", "mptcp.mp_join.syn"]
# name, box, options of the trace, findings; both: the box sees both directions
CASES = [
    ("option cut out", "strip:kind=30,mode=remove,when=syn", ["--syn-only"], [f + ".forward: stripped-cut" for f in SYN], False),
    ("option to EOL", "strip:kind=30,mode=eol,when=syn", ["--syn-only"], [f + ".forward: stripped-eol" for f in SYN], False),
    ("DSS alone", "strip:kind=30,subtype=dss,mode=nop", [], ["mptcp.dss.data.forward: stripped-nop"], False),
    ("random initial sequence numbers", "seq:dir=both,quotes=no", ["--syn-only"], ["tcp.seq.forward: isn-randomised"], True),
    ("the same shift for all", "seq:offset=16909060,dir=both,quotes=no", ["--syn-only"], ["tcp.seq.forward: shifted-constant"], True),
    ("SACK blocks left as they were", "seq:dir=both,quotes=no,sack=no", ["--probe", "sack"], ["tcp.seq.forward: isn-randomised", "tcp.ack.forward: shifted", "tcp.sack.ack.forward: untranslated"], True),
    ("segments split", "split:parts=2", [], ["tcp.segmentation.forward: split"], False),
]


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--gauntlet", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--only", default="")
    a = p.parse_args()
    chain.isolated()
    rng, failed = random.Random(a.seed), 0
    print(f"seed {a.seed}")
    with tempfile.TemporaryDirectory() as folder:
        for name, spec, options, findings, both in CASES:
            for family in (4, 6):
                if a.only not in name:
                    continue
                n = rng.randint(4, 7)
                router = rng.randint(1, n - 1)
                path = chain.Chain(n)
                path.listen(80)
                path.warm(family)
                box = subprocess.Popen([*path.inside(f"r{router}"), a.gauntlet, "box", spec, "--queue", "0", "--client-side", "left", "--seed", "5"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                box.stderr.readline()  # it serves its queue from here on
                for side in ["left", "right"] if both else ["left"]:
                    path.rule(router, ["-t", "mangle", "-A", "FORWARD", "-i", side, "-p", "tcp", "-j", "NFQUEUE", "--queue-num", "0"], family)
                file = os.path.join(folder, "expect")
                with open(file, "w") as f:
                    f.write("".join(f"{e} @ {router}-{router + 1}\n" for e in findings))
                r = subprocess.run([*path.inside("client"), a.gauntlet, "trace", f"-{family}", "--expect", file, *options, path.target(family)], capture_output=True, text=True)
                good = r.returncode == 0
                failed += not good
                print(f"{'ok  ' if good else 'FAIL'} {name} IPv{family}: {n} routers, box at r{router}", flush=True)
                if not good:
                    print(f"exit {r.returncode}\n{r.stdout}{r.stderr}", flush=True)
                box.terminate()
                box.wait()
                path.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
