#!/usr/bin/python3
"""How long `gauntlet trace` takes, beside `traceroute -T -q1 -N64` over the same chain in the same round.

    trace_bench.py --gauntlet GAUNTLET [--rounds 9] [--gate]

Twenty routers in network namespaces of its own. Every round times one MP_CAPABLE probe and traceroute over the clean chain, the
same with three silent routers, a black hole behind the third router, and the whole battery: from the start of the process to its
last word, and to its end. The median over the rounds counts. Once: the battery past routers with Linux' default limit,
which sets the pace itself.

Exit 0: measured (with --gate: and every target met), 1: a target missed, 77: a tool is missing.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "probe"))
import chain  # noqa: E402

SILENT = (5, 11, 17)
KINDS = 16  # of the battery
TRACEROUTE = ["traceroute", "-T", "-q1", "-N64", "-n"]


def timed(command):
    """Seconds from the start of the process until the last word is said, until its end, and what was said."""
    begin = last = time.monotonic()
    said = b""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as p:
        while piece := os.read(p.stdout.fileno(), 1 << 20):
            said, last = said + piece, time.monotonic()
    return last - begin, time.monotonic() - begin, said.decode()


def one_round(path, gauntlet):
    """Seconds until the last word, by name; and until the end of the process."""
    ours = [*path.inside("client"), gauntlet, "trace", path.target()]
    one = [*ours, "--probe", "mpcapable"]
    theirs = [*path.inside("client"), *TRACEROUTE, path.target()]
    times = {}

    def time_of(name, command):
        times[name], times[name + ", process"], _ = timed(command)

    time_of("clean", one)
    time_of("traceroute", theirs)
    time_of("battery", ours)
    for r in SILENT:
        path.silence(r)
    time_of("silent", one)
    time_of("traceroute silent", theirs)
    time_of("battery silent", ours)
    for r in SILENT:
        path.silence(r, off=True)
    path.rule(3, ["-A", "FORWARD", "-i", "left", "-j", "DROP"])
    time_of("hole", ours)
    path.rule(3, ["-D", "FORWARD", "-i", "left", "-j", "DROP"])
    return times


def limited(gauntlet):
    """Seconds past routers that limit, and answers that are missing without a word."""
    path = chain.Chain(6, limit_icmp=True, listen=80)
    time.sleep(2)  # what building the chain used of the limit comes back
    _, took, said = timed([*path.inside("client"), gauntlet, "trace", path.target(), "--json"])
    unnamed, named = 0, 0
    for p in json.loads(said)["probes"]:
        missing = {ttl for ttl in range(1, path.n + 1)} - {q["ttl"] for q in p["quotes"]}
        named += len(missing & set(p["rate_limited"]))
        unnamed += len(missing - set(p["rate_limited"]))
    path.close()
    return took, named, unnamed, len(json.loads(said)["findings"])


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--gauntlet", required=True)
    p.add_argument("--rounds", type=int, default=9)
    p.add_argument("--gate", action="store_true")
    a = p.parse_args()
    chain.isolated("traceroute")
    path = chain.Chain(20, listen=80)
    one_round(path, a.gauntlet)  # everything is in memory from here on
    rounds = [one_round(path, a.gauntlet) for _ in range(a.rounds)]
    path.close()
    median = lambda f: statistics.median(f(t) for t in rounds)
    for name in rounds[0]:
        print(f"{name:18} {1000 * median(lambda t: t[name]):8.1f} ms")
    took, named, unnamed, findings = limited(a.gauntlet)
    targets = [("20 clean hops / traceroute", median(lambda t: t["clean"] / t["traceroute"]), 3.0, ""),
               ("20 clean hops / traceroute, to the end of both", median(lambda t: t["clean, process"] / t["traceroute, process"]), 3.0, ""),
               ("3 silent hops / traceroute", median(lambda t: t["silent"] / t["traceroute silent"]), 3.0, ""),
               ("3 silent hops cost", 1000 * median(lambda t: t["silent"] - t["clean"]), 50, "ms"),
               ("black hole ends within", median(lambda t: t["hole"]), 1.0, "s"),
               ("battery, 20 hops", median(lambda t: t["battery"]), 2.0, "s"),
               ("battery, 3 silent hops", median(lambda t: t["battery silent"]), 2.0, "s"),
               ("battery past routers that limit", took, (KINDS - 6) + 2, "s"),
               ("unanswered there and not called rate-limited", unnamed, 0, f"of {unnamed + named}"),
               ("findings there", findings, 0, "")]
    missed = 0
    for what, is_, most, unit in targets:
        missed += is_ > most
        print(f"{'ok    ' if is_ <= most else 'MISSED'} {what}: {is_:.2f} {unit} (at most {most:g})")
    return 1 if missed and a.gate else 0


if __name__ == "__main__":
    sys.exit(main())
