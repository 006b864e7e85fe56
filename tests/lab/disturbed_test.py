#!/usr/bin/env python3
"""Two suites at once, beside processes that burn every core: the verdicts of both are those of a quiet run.

    disturbed_test.py GAUNTLET SCENARIOS [FILTER [OUT]]     FILTER: cells to run (smoke); OUT: a new folder for the results, which
                                                            are gone at the end without it

Exit 0: the same, 1: not, 4: skipped (this machine cannot run the lab; the doctor's words are printed).
"""
import contextlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile

LIMIT_S = 900


def burn():
    while True:
        pass


def start(gauntlet, scenarios, cells, out):
    return subprocess.Popen([gauntlet, "run", "--filter", cells, "--scenarios", scenarios, "--seed", "3", "--out", out],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def verdicts(out):
    """The planned cells with level, outcome and bytes; a cell without a result is None. Of a cell whose scenario says that the kernel
    itself is undecided only that it was judged."""
    with open(os.path.join(out, "results.jsonl")) as lines:
        records = [json.loads(line) for line in lines]
    found = dict.fromkeys(next(r["cells"] for r in records if r["type"] == "plan"))
    found.update((r["cell"], ("undecided",) if r.get("undecided") and r["level"] != "error" else (r["level"], r["outcome"], r["bytes"], r.get("reason", "")))
                 for r in records if r["type"] == "cell")
    return found


def main():
    gauntlet, scenarios = sys.argv[1:3]
    cells = sys.argv[3] if len(sys.argv) > 3 else "smoke"
    doctor = subprocess.run([gauntlet, "doctor"], capture_output=True, text=True, check=False)
    if doctor.returncode != 0:
        print("skipped:", doctor.stdout, doctor.stderr)
        return 4
    with contextlib.ExitStack() as stack:
        if len(sys.argv) > 4:
            os.makedirs(base := sys.argv[4])
        else:
            base = stack.enter_context(tempfile.TemporaryDirectory(prefix="gauntlet-disturbed-"))
        outs = [os.path.join(base, name) for name in ("quiet", "one", "two")]
        start(gauntlet, scenarios, cells, outs[0]).communicate(timeout=LIMIT_S)
        burners = [multiprocessing.Process(target=burn, daemon=True) for _ in range(os.cpu_count() or 1)]
        for burner in burners:
            burner.start()
        try:
            suites = [start(gauntlet, scenarios, cells, out) for out in outs[1:]]
            told = [suite.communicate(timeout=LIMIT_S)[0] for suite in suites]
        finally:
            for burner in burners:
                burner.terminate()
                burner.join()
        quiet = verdicts(outs[0])
        differ = [(name, cell, quiet[cell], got) for name, out in zip(("one", "two"), outs[1:])
                  for cell, got in verdicts(out).items() if got != quiet.get(cell)]
        if not quiet or None in quiet.values() or differ:
            print("failed: %d cells, %s" % (len(quiet), quiet if not differ else differ), *told, sep="\n")
            return 1
        print("passed: %d cells, twice at once beside %d burning processes" % (len(quiet), len(burners)))
        return 0


if __name__ == "__main__":
    sys.exit(main())
