#!/usr/bin/python3
"""Endpoints that are somebody else's programs, on real packets: the examples, programs that fail or lie, and that nothing of them stays.

    endpoint_test.py GAUNTLET SCENARIOS [--user]     --user: as an ordinary user (needs root to become one)

Exit 0: passed, 1: not, 4: skipped (named: no lab here, no iperf3, no mptcpize).
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from installed import installed

USER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples" / "endpoint"
CELL = "none@ipv4,cs00,p1,paced"
PLAIN = ["./mptcpized.py", "./plain.py"]

# Runs the example in a process of a session of its own, tells the truth about its exit code, and leaves a sleeper with a name behind.
RUNAWAY = """
import os, subprocess, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv("/usr/bin/python3", ["/usr/bin/python3", "-c", "import time; time.sleep(1000)", sys.argv[1]])
    os._exit(0)
sys.exit(subprocess.call(sys.argv[2:]))
"""
# Receives as the example does, then changes a byte of what it kept.
LIAR = """
import os, subprocess, sys
code = subprocess.call(sys.argv[1:])
with open(os.environ["GAUNTLET_RECEIVED_FILE"], "r+b") as kept:
    kept.seek(70)
    kept.write(b"?")
sys.exit(code)
"""


class Bench:
    def __init__(self, base, gauntlet, scenarios, as_user):
        self.prefix = USER if as_user else []
        self.binary = installed(gauntlet, scenarios, base)
        self.examples = os.path.join(base, "examples")
        shutil.copytree(EXAMPLES, self.examples, ignore=shutil.ignore_patterns("__pycache__"))
        self.open = os.path.join(base, "open")
        os.mkdir(self.open)
        os.chmod(self.open, 0o777)
        self.runs = 0

    def command(self, *words):
        self.runs += 1
        self.out = os.path.join(self.open, "out%d" % self.runs)
        return self.prefix + [self.binary, "run", *words, "--out", self.out, "--jobs", "2"]

    def run(self, *words):
        done = subprocess.run(self.command(*words), cwd=self.examples, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=150, check=False)
        return done.returncode, done.stdout, self.cells()

    def cells(self):
        with open(os.path.join(self.out, "results.jsonl")) as lines:
            records = [json.loads(line) for line in lines]
        return {r["cell"]: dict(r, checks={c["id"]: c for c in records if c["type"] == "check" and c["cell"] == r["cell"]})
                for r in records if r["type"] == "cell"}


def demand(right, what, said=""):
    if not right:
        print("failed: %s\n%s" % (what, said))
        sys.exit(1)


def holding(mark):
    """Processes with this word among their arguments."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def nobody(mark):
    deadline = time.monotonic() + 20
    while holding(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not holding(mark)


def examples(bench):
    code, said, cells = bench.run("*", "--scenarios", bench.examples)
    demand(code == 0 and len(cells) == 4 and all(c["level"] == "pass" for c in cells.values()), "the examples", said)
    for name, cell in cells.items():
        bytes_up = cell["checks"]["bytes.up"]
        if name.startswith("example/iperf3"):
            demand(bytes_up["level"] == "not_evaluated" and cell["bytes"] is None, "iperf3's bytes are not evaluated", bytes_up)
        else:
            demand(bytes_up["level"] == "pass" and cell["bytes"] == "I", "Python's bytes are judged", bytes_up)


def failures(bench):
    plain = json.dumps(PLAIN)
    code, said, cells = bench.run(CELL, "--server-cmd", plain, "--client-cmd", json.dumps(["/usr/bin/python3", "-c", LIAR] + PLAIN))
    demand(code == 3 and cells[CELL]["level"] == "error", "a receiver that shows other bytes has no clean baseline", said)
    code, said, cells = bench.run(CELL, "--client-cmd", plain)
    demand(code == 0 and cells[CELL]["bytes"] == "I", "our server with their client", said)
    for command, word in (("true", "before anything listened"), ("no-such-program-here", "no-such-program-here"),
                          ("false {prot}", "{prot}"), ("/usr/bin/python3 -c raise(SystemExit(3))", "cannot run here")):
        code, said, cells = bench.run(CELL, "--server-cmd", command)
        log = pathlib.Path(bench.out, "cells", CELL, "log", "server.log").read_text()
        demand(code == 3 and cells[CELL]["level"] == "error" and word in log, "%s is an error that says %s" % (command, word), said + log)


def nothing_left(bench):
    mark = "runaway-%d" % os.getpid()
    runaway = json.dumps(["/usr/bin/python3", "-c", RUNAWAY, mark] + PLAIN)
    code, said, cells = bench.run(CELL, "--server-cmd", runaway, "--client-cmd", runaway)
    demand(code == 0 and cells[CELL]["level"] == "pass", "programs that leave something behind", said)
    demand(nobody(mark), "what they left behind is gone")
    hang = json.dumps(["/usr/bin/python3", "-c", RUNAWAY, mark, "/usr/bin/sleep", "1000"])
    gauntlet = subprocess.Popen(bench.command(CELL, "--server-cmd", json.dumps(PLAIN), "--client-cmd", hang), cwd=bench.examples,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not holding(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    demand(holding(mark), "the program is seen under way")
    gauntlet.send_signal(signal.SIGKILL)
    gauntlet.wait()
    demand(nobody(mark), "kill -9 of gauntlet leaves nothing of the program")


def main():
    gauntlet, scenarios, as_user = sys.argv[1], sys.argv[2], sys.argv[3:] == ["--user"]
    if as_user and os.geteuid() != 0:
        print("skipped: only root can become another user")
        return 4
    for tool in ("iperf3", "mptcpize"):
        if not shutil.which(tool):
            print("skipped: %s is missing; ci/setup installs it" % tool)
            return 4
    with tempfile.TemporaryDirectory(prefix="gauntlet-endpoint-") as base:
        bench = Bench(base, gauntlet, scenarios, as_user)
        doctor = subprocess.run(bench.prefix + [bench.binary, "doctor"], capture_output=True, text=True, check=False)
        if doctor.returncode != 0:
            print("skipped:", doctor.stdout, doctor.stderr)
            return 4
        for part in (examples, failures, nothing_left):
            part(bench)
    print("passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
