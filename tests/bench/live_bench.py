#!/usr/bin/python3
"""What boxes cost on live packets: pairs of ratios inside one run, against bare readers of the same queue.

    live_bench.py GAUNTLET BARE_READER [--rounds 9] [--seconds 0.5] [--only WORD] [--gate]

client - router - server, three network namespaces of its own, MTU 1500, offloads off; both directions of every packet are queued in
FORWARD. Each round runs every variant once, in random order; a ratio is taken inside its round, the median over the rounds is
printed with its 10th and 90th percentile. One TCP connection, a receive window of 1 MiB. Needs root.

Exit 0: measured (with --gate: and every target met), 1: a target missed, 3: packets were lost or the machine refused.
"""
import argparse
import random
import statistics
import subprocess
import sys
import time

from traffic import Namespaces, dropped_and_seen, run_transfer

# name, reader (a bare mode, or box specs), MSS of the connection, [(against, target)]
ACCEPT, ECHO, NOP, CALLBACK = "bare accept", "bare echo", "bare NOP", "libnetfilter_queue callback"
VARIANTS = [
    (ACCEPT, "accept", 1460, [(CALLBACK, 1.35)]),
    (ECHO, "echo", 1460, []),
    (CALLBACK, "callback", 1460, []),
    (ACCEPT + ", MSS 1400", "accept", 1400, []),
    (ACCEPT + ", MSS 724", "accept", 724, []),
    ("pass (observe)", ["pass"], 1460, [(ACCEPT, 0.95)]),
    ("nat", ["nat:pool=203.0.113.9"], 1460, [(ACCEPT, 0.75), (ECHO, 0.95)]),
    ("seq", ["seq:dir=both"], 1460, [(ACCEPT, 0.75), (ECHO, 0.95)]),
    ("option value", ["timestamps:offset=1000"], 1460, [(ACCEPT, 0.75), (ECHO, 0.95)]),
    # Without timestamps the endpoints are slower, whoever took them: the ruler does the same.
    (NOP, "nop", 1460, []),
    ("option to NOP", ["strip:kind=8,mode=nop,when=data"], 1460, [(NOP, 0.95), (ACCEPT, 0.75), (ECHO, 0.95)]),
    ("option removed", ["strip:kind=8,when=data"], 1460, [(NOP, 0.95), (ACCEPT, 0.75), (ECHO, 0.95)]),
    ("payload word", ["swap:first=0,second=3"], 1460, [(ACCEPT, 0.75), (ECHO, 0.95)]),
    # Nothing is found, so nothing is rewritten; then every byte of every segment is.
    ("payload searched", ["edit:find=needle,replace=straw"], 1460, [(ACCEPT, 0.72)]),
    ("payload rewritten", ["edit:xor=" + "ff" * 1448], 1460, [(ACCEPT, 0.72)]),
    ("option inserted", ["addopt:option=fd0401f2,when=data"], 1400, [(ACCEPT + ", MSS 1400", 0.80)]),
    ("coalesce 2", ["coalesce:segments=2,options=first"], 724, [(ACCEPT + ", MSS 724", 0.90)]),
    ("split in 2", ["split:size=724"], 1460, [(ACCEPT + ", MSS 724", 0.95)]),
]


def start_reader(where, reader, gauntlet, bare):
    if isinstance(reader, str):
        child = where.spawn("router", [bare, reader], stdout=subprocess.PIPE)
        child.stdout.readline()
        return child
    child = where.spawn("router", [gauntlet, "box", *reader, "--queue", "0", "--client-side", "r0", "--seed", "1"],
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    line = child.stderr.readline()
    if b"queue 0" not in line:
        raise SystemExit("bench: the box did not start: %s" % line.decode())
    return child


def cpu_ns(pid):
    with open("/proc/%d/schedstat" % pid) as stat:
        return int(stat.read().split()[0])


def measure(where, variant, options):
    name, reader, mss, _ = variant
    child = start_reader(where, reader, options.gauntlet, options.bare)
    try:
        pid = child.pid
        before = cpu_ns(pid)
        bits = run_transfer(where, options.seconds, mss)
        lost, packets = dropped_and_seen(where)
        spent = cpu_ns(pid) - before
    finally:
        child.terminate()
        child.wait()
    if lost:
        print("bench: %s: the kernel dropped %d packets at the queue" % (name, lost), file=sys.stderr)
    return {"bits": bits, "pps": packets / options.seconds, "cpu": spent / max(packets, 1), "lost": lost}


def spread(values):
    ordered = sorted(values)
    return statistics.median(ordered), ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]


def report(variants, rounds):
    """Prints the table; returns what missed its target."""
    missed = []
    print("| variant | Gbit/s | 1000 packets/s | CPU ns/packet | ratio [p10 p90] | target |\n|---|---|---|---|---|---|")
    for name, _, _, against in variants:
        rows = [r[name] for r in rounds]
        cells, wants = [], []
        for other, target in against:
            if other not in rounds[0]:
                continue
            middle, low, high = spread([r[name]["bits"] / r[other]["bits"] for r in rounds])
            cells.append("%.2f [%.2f %.2f] of %s" % (middle, low, high, other))
            wants.append("%.2f%s" % (target, "" if middle >= target else " missed"))
            if middle < target:
                missed.append("%s: %.2f of %s, wanted %.2f" % (name, middle, other, target))
        print("| %s | %.2f | %.0f | %.0f | %s | %s |" % (
            name, statistics.median(r["bits"] for r in rows) / 1e9, statistics.median(r["pps"] for r in rows) / 1e3,
            statistics.median(r["cpu"] for r in rows), "; ".join(cells) or "-", "; ".join(wants) or "-"))
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gauntlet")
    parser.add_argument("bare")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", default="", help="variants with this word in their name, and the bare ones")
    parser.add_argument("--gate", action="store_true", help="exit 1 when a target is missed")
    options = parser.parse_args()
    variants = [v for v in VARIANTS if isinstance(v[1], str) or options.only in v[0]]
    shuffle = random.Random(options.seed)
    print("seed %d, %d rounds of %d variants, %.1f s each" % (options.seed, options.rounds, len(variants), options.seconds))
    with Namespaces() as where:
        where.queue_everything()
        for variant in variants[:1]:
            measure(where, variant, options)     # neighbours resolved, caches warm
        rounds = []
        for _ in range(options.rounds):
            order = list(variants)
            shuffle.shuffle(order)
            rounds.append({v[0]: measure(where, v, options) for v in order})
    missed = report(variants, rounds)
    lost = sum(row["lost"] for r in rounds for row in r.values())
    print("packets dropped at the queue: %d" % lost)
    for line in missed:
        print("missed: " + line)
    if lost:
        return 3
    return 1 if missed and options.gate else 0


if __name__ == "__main__":
    sys.exit(main())
