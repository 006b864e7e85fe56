#!/usr/bin/python3
"""kill -9 of the runner in mid-run leaves nothing: no process, mount, named namespace, setting or temporary file.

    nothing_left_test.py GAUNTLET SCENARIOS [--user]     --user: as an ordinary user (needs root to become one)

Exit 0: passed, 1: something stayed, 4: skipped (this machine cannot run the lab).
"""
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from installed import installed

GONE_S = 2.0     # a killed runner's processes are gone within this
# One cell that is soon done, and one whose transfer takes far longer than GONE_S: it must not end by itself.
SCENARIO = """
id = "%s"
row = "none"
title = "for the test of kill -9"
tags = ["core"]
[workload]
load = "paced"
up = "%s"
down = "%s"
[[expect]]
clause = "RFC 8684 3.1"
strength = "MUST"
outcome = ["preserved"]
bytes = ["I"]
[matrix]
family = ["ipv4", "ipv6"]
"""
USER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def processes():
    """{pid: (parent, start time)} of everything alive; zombies do not count."""
    out = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path) as stat:
                head, _, rest = stat.read().rpartition(")")
        except OSError:
            continue
        fields = rest.split()
        if fields[0] not in "ZX":
            out[int(head.split()[0])] = (int(fields[1]), fields[19])
    return out


def descendants(root):
    alive = processes()
    tree = {root}
    grown = True
    while grown:
        more = {pid for pid, (parent, _) in alive.items() if parent in tree} - tree
        tree |= more
        grown = bool(more)
    return {(pid, alive[pid][1]) for pid in tree if pid in alive}


def settings():
    """What Mininet would raise for the whole machine, given the chance."""
    out = {}
    for path in glob.glob("/proc/sys/net/core/*") + ["/proc/sys/kernel/pty/max", "/proc/sys/fs/file-max", "/proc/sys/net/ipv4/tcp_child_ehash_entries"]:
        try:
            with open(path) as value:
                out[path] = value.read()
        except OSError:
            pass
    return out


def mounts():
    with open("/proc/self/mountinfo") as text:
        return sorted(line.split(" ", 1)[1] for line in text)


def named_namespaces():
    return sorted(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else []


def wait_for(what, seconds, condition):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("%s within %g s" % (what, seconds))


def cell_records(path):
    with open(path) as text:
        return [r for r in map(json.loads, text) if r["type"] == "cell"]


def main():
    as_user = sys.argv[3:] == ["--user"]
    prefix = USER if as_user else []
    if as_user and os.geteuid() != 0:
        print("skipped: only root can become another user")
        return 4
    base = tempfile.mkdtemp(prefix="gauntlet-kill-")
    gauntlet = installed(sys.argv[1], sys.argv[2], base)
    os.chmod(base, 0o777)
    doctor = subprocess.run(prefix + [gauntlet, "doctor"], capture_output=True, text=True)
    if doctor.returncode != 0:
        print("skipped:", doctor.stdout, doctor.stderr)
        shutil.rmtree(base, ignore_errors=True)
        return 4
    temporary, out = os.path.join(base, "tmp"), os.path.join(base, "out")
    os.mkdir(temporary)
    os.chmod(temporary, 0o777)
    scenarios = os.path.join(base, "scenarios")
    os.mkdir(scenarios)
    for name, size in (("a/quick", "2 kB"), ("b/long", "15 MB")):
        with open(os.path.join(scenarios, name.replace("/", "-") + ".toml"), "w") as text:
            text.write(SCENARIO % (name, size, size))
    before = (settings(), mounts(), named_namespaces(), sorted(os.listdir("/tmp")))
    run = subprocess.Popen(prefix + [gauntlet, "run", "*", "--scenarios", scenarios, "--jobs", "3", "--out", out],
                           env=dict(os.environ, TMPDIR=temporary), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        results = os.path.join(out, "results.jsonl")
        wait_for("a first verdict", 60, lambda: run.poll() is not None or os.path.exists(results) and cell_records(results))
        assert run.poll() is None, "the run ended early"
        wait_for("workers in mid-run", 30, lambda: len(descendants(run.pid)) > 20)
        time.sleep(0.2)
        family = descendants(run.pid)
        run.send_signal(signal.SIGKILL)
        run.wait()

        def left():
            alive = processes()
            return {(pid, start) for pid, start in family if pid in alive and alive[pid][1] == start}
        wait_for("all %d processes gone" % len(family), GONE_S, lambda: not left())
        assert named_namespaces() == before[2], "a named namespace stays"
        assert mounts() == before[1], "a mount stays"
        assert settings() == before[0], "a machine-wide setting changed"
        assert os.listdir(temporary) == [], "temporary files stay: %s" % os.listdir(temporary)
        new = set(os.listdir("/tmp")) - set(before[3])
        assert not {name for name in new if "mininet" in name or "mn" in name.split(".")}, "files in /tmp: %s" % new
        records = cell_records(results)
        assert records and all(r["level"] == "pass" for r in records), "results before the kill: %s" % records
        print("passed: %d processes gone, %d results readable" % (len(family), len(records)))
        return 0
    except AssertionError as failure:
        run.kill()
        print("failed: %s\n%s" % (failure, run.stderr.read().decode()))
        return 1
    finally:
        if run.poll() is None:
            run.kill()
            run.wait()
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
