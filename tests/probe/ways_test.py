"""Flows and packets that go several ways: one router spreads them on two, and a box stands on one of these. See --help; the seed is printed.

Which flow goes where is the kernel's affair. So what is right follows from the routers that a trace says it met: where its flows took
both ways, the box is found on its own and both are told; where all took one, what is on that. Where each packet goes another way, whatever its flow, no place behind the
parting is known: no finding may be nearer than that.
"""
import json

import chain
import tool

TCP = ["-p", "tcp", "--syn", "--dport", "80"]
MPTCP = [*TCP, "-m", "tcp", "--tcp-option", "30"]
SYN = ["mptcp.mp_capable.syn", "mptcp.mp_join.syn"]
# name, rule of the router `alt`, findings where it is met, notes where the other one is, too
CASES = [
    ("clean", [], [], []),
    ("strips MPTCP", ["-t", "mangle", "-A", "FORWARD", *TCP, "-j", "TCPOPTSTRIP", "--strip-options", "30"], [s + ".forward: stripped-nop" for s in SYN], ["path.inconsistent"] * 2),
    ("clamps the MSS", ["-t", "mangle", "-A", "FORWARD", *TCP, "-j", "TCPMSS", "--set-mss", "1200"], ["tcp.mss.syn.forward: clamped"], ["path.inconsistent"]),
    ("drops MPTCP", ["-A", "FORWARD", *MPTCP, "-j", "DROP"], [s + ".forward: dropped" for s in SYN], ["path.inconsistent"] * 2),
    ("drops all", ["-A", "FORWARD", *TCP, "-j", "DROP"], None, None),  # a dead way: nothing that an option draws
]


def address(family, router):
    """As these routers show themselves: `alt`, or the one beside it."""
    if router == "alt":
        return "10.78.1.2" if family == 4 else "fd78:0:0:1::2"
    return f"10.77.{router - 1}.2" if family == 4 else f"fd77:0:0:{router - 1}::2"


def met_by(report, fork):
    """The routers there, as TCP flows met them: UDP is hashed by itself."""
    return {q["from"] for p in report["probes"] if not p["spec"].startswith("udp") for q in p["quotes"] if q["ttl"] == fork}


def faults_of(report, family, fork, findings, notes):
    met = met_by(report, fork)
    alt, beside = address(family, "alt"), address(family, fork)
    told = [n for n in report["notes"] if n["id"].startswith("path.")]
    ids = sorted(f["id"] for f in report["findings"])
    if not met or not met <= {alt, beside}:
        return [f"hop {fork}: {met}"]
    if findings is None:
        return [f"not so: {i}" for i in ids]
    faults = []
    if ids != sorted(findings if alt in met else []):
        faults.append(f"found {ids} where {met} was met")
    for f in report["findings"]:
        if (f["interval"]["lo"], f["interval"]["hi"]) != (fork, fork + 1) or f"hop {fork} ({alt})" not in f["sentence"]:
            faults.append(f"not there: {f['sentence']}")
    if [n["id"] for n in told] != (notes if len(met) == 2 else []):
        faults.append(f"told {told} where {met} was met")
    for n in told:
        if f"go through {alt} (hop {fork}), and not where they go through {beside}" not in n["text"]:
            faults.append(f"does not tell both ways: {n['text']}")
    return faults


def forked(t, a, rng):
    """Every case in both families; seen on both ways at least once."""
    n = rng.randint(4, 8)
    fork = rng.randint(2, n - 1)
    path = chain.Chain(n)
    path.fork(fork)
    path.listen(80)
    path.warm(4)
    path.warm(6)
    for name, rule, findings, notes in CASES:
        for family in (4, 6):
            if a.only not in name:
                continue
            if rule:
                path.rule("alt", rule, family)
            faults, both = [], 0
            for _ in range(3):
                r = t.trace(path, family, "--json", *(["--syn-only"] if findings is not None else []))
                report = json.loads(r.stdout)
                both += len(met_by(report, fork)) > 1
                faults += faults_of(report, family, fork, findings, notes)
            if rule:
                path.rule("alt", ["-D" if w == "-A" else w for w in rule], family)
            t.said(f"{name} IPv{family}: {n} routers, two ways at r{fork}", not faults and both, "\n".join(faults) or "no trace took both ways")
    path.close()


def faults_by_turns(report, family, fork, findings):
    both = {address(family, "alt"), address(family, fork)}
    ids = sorted(f["id"] for f in report["findings"])
    told = [n["text"] for n in report["notes"] if n["id"] == "path.inconsistent"]
    faults = [] if ids == sorted(findings) else [f"found {ids}"]
    for f in report["findings"]:
        hi = 255 if f["interval"]["hi"] == "destination" else f["interval"]["hi"]
        if f["interval"]["lo"] > fork - 1 or hi < fork + 1:
            faults.append(f"nearer than where ways part: {f['sentence']}")
    where = [f"hop {fork} is ", *both] if met_by(report, fork) == both else []
    parting = [t for t in told if "packets of one flow go several ways" in t and all(w in t for w in where)]
    if findings and not parting:
        faults.append(f"does not tell where packets part: {told}")
    if not findings and told:
        faults.append(f"told of a clean path: {told}")
    several = [n["text"] for n in report["notes"] if n["id"] == "path.several"]
    if findings and several:
        faults.append(f"no flow has a way of its own, and told: {several}")
    return faults


def by_turns(t, a, rng):
    """Packets in turn on both ways, and in an order that no flow has: what is found reaches back in front of the parting."""
    for periods in ([2, 3, 7], [2], [3, 5])[:a.turns]:
        seen = 0
        n = rng.randint(8, 10)  # so many behind the parting that no flow shows the box from one hop on and never before
        fork = rng.randint(2, 3)
        path = chain.Chain(n)
        path.fork(fork)
        path.by_turns(fork, *periods)
        path.listen(80)
        path.warm(4)
        path.warm(6)
        for name, rule, findings, _ in CASES:
            for family in (4, 6):
                if a.only not in f"{name} by turns":
                    continue
                if rule:
                    path.rule("alt", rule, family)
                r = t.trace(path, family, "--json", *(["--syn-only"] if rng.random() < 0.5 else []))
                if rule:
                    path.rule("alt", ["-D" if w == "-A" else w for w in rule], family)
                # A SYN that one way drops is sent again, and comes through on the other.
                report = json.loads(r.stdout)
                seen += len(met_by(report, fork)) > 1
                faults = faults_by_turns(report, family, fork, findings if findings and "dropped" not in findings[0] else [])
                t.said(f"{name} by turns of {periods} IPv{family}: {n} routers, two ways at r{fork}", not faults, "\n".join(faults))
        path.close()
        if a.only in "by turns":
            t.said(f"by turns of {periods}: most traces meet both routers at the parting", seen > len(CASES), seen)


def longer_back(t, a, rng):
    """Answers from behind one router cross three more on their way: no finding, and the hop is told."""
    n = rng.randint(4, 8)
    router = rng.randint(1, n - 1)
    path = chain.Chain(n, listen=80)
    for family, target, option in ((4, "TTL", "--ttl-dec"), (6, "HL", "--hl-dec")):
        path.rule(router, ["-t", "mangle", "-A", "FORWARD", "-i", "right", "-j", target, option, "3"], family)
        r = t.trace(path, family, "--json")
        report = json.loads(r.stdout)
        text = next((note["text"] for note in report["notes"] if note["id"] == "path.longer-back"), "")
        good = not report["findings"] and f"from hop {router + 1} on" in text and f"behind hop {router} " in text
        t.said(f"longer way back IPv{family}: {n} routers, behind r{router}", good, r.stdout + r.stderr)
    path.close()


def test(t, a, rng):
    for _ in range(a.rounds):
        forked(t, a, rng)
        by_turns(t, a, rng)
        if a.only in "longer way back":
            longer_back(t, a, rng)


if __name__ == "__main__":
    tool.main(__doc__, test, arguments=[("--rounds", {"type": int, "default": 1}), ("--turns", {"type": int, "default": 3, "help": "in how many orders packets take turns, at most 3"})])
