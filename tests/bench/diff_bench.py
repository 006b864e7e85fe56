#!/usr/bin/python3
"""Long captures: `gauntlet diff` beside tshark reading the same two files, and what both take of memory.

    tests/bench/diff_bench.py build/bench/gauntlet build/bench/tests/bench/long_capture [--mb 1024] [--rounds 3] [--gate]

Both files together have --mb megabytes. A round runs the diff and tshark over both files, in random order; the ratio of their
processor times is taken inside the round and the median counts. tshark dissects every packet, in one pass, and prints none
(`-r FILE -q -z io,stat,0`); a bare `-q` would not even dissect, and is shown for that. The diff must find exactly what was done
to the traffic. Memory: the peak of a quarter of the traffic and of all of it; what it grows by, per frame.
--gate: exit 1 when the diff is not faster or grows by more than 128 bytes a frame. Exit 3: a tool failed, or found other things.
"""
import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PER_FRAME = 128  # bytes of memory; docs of src/judge/diff.hh say about 100


def fail(text):
    print("diff_bench: " + text, file=sys.stderr)
    sys.exit(3)


def measured(words, output):
    """Exit code, processor seconds, wall seconds, peak memory in bytes of one program."""
    begin = time.monotonic()
    child = subprocess.Popen(words, stdout=output, stderr=subprocess.DEVNULL)
    _, status, use = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, use.ru_utime + use.ru_stime, time.monotonic() - begin, use.ru_maxrss * 1024


def make(maker, folder, megabytes):
    files = [os.path.join(folder, "%s-%d.pcapng" % (side, megabytes)) for side in ("client", "server")]
    made = subprocess.run([maker, *files, str(megabytes)], capture_output=True, text=True)
    if made.returncode != 0:
        fail("cannot make the captures: " + made.stderr)
    return files, json.loads(made.stdout)


def diff(gauntlet, files, truth, folder):
    path = os.path.join(folder, "found.jsonl")
    with open(path, "w") as output:
        code, cpu, wall, peak = measured([gauntlet, "diff", *files, "--json", "--late", "0"], output)
    found = {"dropped": 0, "changed": 0}
    with open(path) as lines:
        for line in lines:
            record = json.loads(line)
            if record.get("summary"):
                continue
            found[record["kind"]] = found.get(record["kind"], 0) + record["count"]
    if code != 1 or found != {"dropped": truth["dropped"], "changed": truth["changed"]}:
        fail("the diff ended with %d and found %s, not %s" % (code, found, truth))
    return cpu, wall, peak


def tshark(files, more_words):
    cpu = wall = peak = 0
    for name in files:
        code, more, longer, memory = measured([shutil.which("tshark") or "tshark", "-r", name, "-q", *more_words], subprocess.DEVNULL)
        if code != 0:
            fail("tshark ended with %d" % code)
        cpu, wall, peak = cpu + more, wall + longer, max(peak, memory)
    return cpu, wall, peak


def main():
    options = argparse.ArgumentParser()
    options.add_argument("gauntlet")
    options.add_argument("maker")
    options.add_argument("--mb", type=int, default=1024)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--gate", action="store_true")
    o = options.parse_args()
    if not shutil.which("tshark"):
        fail("tshark is not installed (apt install tshark)")
    dice = random.Random(o.seed)
    with tempfile.TemporaryDirectory(prefix="gauntlet-diff-bench-") as folder:
        files, truth = make(o.maker, folder, max(8, o.mb // 4))
        small = diff(o.gauntlet, files, truth, folder)[2]
        small_frames = truth["frames"]
        for name in files:
            os.unlink(name)
        files, truth = make(o.maker, folder, o.mb)
        print("%d MB in two captures, %d frames; %d dropped and %d changed between them" % (
            sum(os.path.getsize(f) for f in files) >> 20, truth["frames"], truth["dropped"], truth["changed"]))
        ratios, peaks = [], []
        for number in range(1, o.rounds + 1):
            runs = {"diff": lambda: diff(o.gauntlet, files, truth, folder), "tshark": lambda: tshark(files, ["-z", "io,stat,0"]),
                    "bare": lambda: tshark(files, [])}
            order = sorted(runs)
            dice.shuffle(order)
            took = {name: runs[name]() for name in order}
            ratios.append(took["tshark"][0] / took["diff"][0])
            peaks.append(took["diff"][2])
            print("round %d: diff %.2f s of processor, %.2f s in all, peak %d MB; tshark %.2f s, %.2f s, peak %d MB; ratio %.2f "
                  "(tshark without dissecting: %.2f s)" % (
                number, took["diff"][0], took["diff"][1], took["diff"][2] >> 20,
                took["tshark"][0], took["tshark"][1], took["tshark"][2] >> 20, ratios[-1], took["bare"][0]))
    grows = (statistics.median(peaks) - small) / (truth["frames"] - small_frames)
    ratio = statistics.median(ratios)
    print("median ratio %.2f (tshark's processor time / the diff's); peak %d MB at %d frames, %d MB at %d: %.0f bytes a frame" % (
        ratio, statistics.median(peaks) / 2**20, truth["frames"], small / 2**20, small_frames, grows))
    missed = ([] if ratio > 1 else ["slower than tshark"]) + ([] if grows <= PER_FRAME else ["memory grows by more than %d bytes a frame" % PER_FRAME])
    for text in missed:
        print("MISSED: " + text)
    return 1 if missed and o.gate else 0


if __name__ == "__main__":
    sys.exit(main())
