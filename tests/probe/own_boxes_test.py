"""The prober against `gauntlet box` on NFQUEUE: edits that netfilter has no target for. Judged by --expect; see --help."""
import chain
import tool

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


def test(t, a, rng):
    for name, spec, options, findings, both in CASES:
        for family in (4, 6):
            if a.only not in name:
                continue
            n = rng.randint(4, 7)
            router = rng.randint(1, n - 1)
            path = chain.Chain(n, listen=80)
            with t.box(path, router, spec, family, sides=("left", "right") if both else ("left",)):
                r = t.trace(path, family, *t.expect(*(f"{f} @ {router}-{router + 1}" for f in findings)), *options)
            t.said(f"{name} IPv{family}: {n} routers, box at r{router}", r.returncode == 0, f"exit {r.returncode}\n{r.stdout}{r.stderr}")
            path.close()


if __name__ == "__main__":
    tool.main(__doc__, test)
