#!/usr/bin/python3
"""The `smoke` cells end to end on real packets: every one must pass.

    smoke_test.py GAUNTLET SCENARIOS [--user]     --user: as an ordinary user (needs root to become one)

Exit 0: passed, 1: not, 4: skipped (this machine cannot run the lab; the doctor's words are printed).
"""
import json
import os
import subprocess
import sys
import tempfile

from installed import installed

USER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
MOST = 12     # cells the tests of every change may cost


def main():
    gauntlet, scenarios, as_user = sys.argv[1], sys.argv[2], sys.argv[3:] == ["--user"]
    if as_user and os.geteuid() != 0:
        print("skipped: only root can become another user")
        return 4
    prefix = USER if as_user else []
    with tempfile.TemporaryDirectory(prefix="gauntlet-smoke-") as base:
        binary = installed(gauntlet, scenarios, base)
        out = os.path.join(base, "open", "out")
        os.mkdir(os.path.dirname(out))
        os.chmod(os.path.dirname(out), 0o777)
        doctor = subprocess.run(prefix + [binary, "doctor"], capture_output=True, text=True, check=False)
        if doctor.returncode != 0:
            print("skipped:", doctor.stdout, doctor.stderr)
            return 4
        run = subprocess.run(prefix + [binary, "run", "--filter", "smoke", "--out", out, "--seed", "3"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=150, check=False)
        with open(os.path.join(out, "results.jsonl")) as lines:
            records = [json.loads(line) for line in lines]
        levels = {r["cell"]: r["level"] for r in records if r["type"] == "cell"}
        planned = next(r["cells"] for r in records if r["type"] == "plan")
        bad = {cell: level for cell, level in levels.items() if level != "pass"}
        if run.returncode != 0 or bad or not planned or len(planned) > MOST or set(planned) != set(levels):
            print("failed: exit %d, %d planned, not passed: %s\n%s" % (run.returncode, len(planned), bad, run.stdout))
            return 1
        print("passed: %d cells as %s" % (len(levels), "an ordinary user" if as_user else "uid %d" % os.geteuid()))
        return 0


if __name__ == "__main__":
    sys.exit(main())
