#!/usr/bin/python3
"""How much memory a run takes: all its processes together, at the worst moment that was looked at.

    peak_memory.py GAUNTLET run [PATTERN...] [OPTIONS of gauntlet run]

Five times a second the proportional set sizes (Pss of smaps_rollup: shared pages are divided among those who share them) of the
command and everything below it are added up. What the kernel keeps for namespaces, sockets and queues is not in it. The command's output
passes through; the last line is ours. Exit code: that of the command.
"""
import pathlib
import subprocess
import sys
import time

INTERVAL = 0.2  # seconds


def parents():
    """{pid: its parent} of all processes; those that end meanwhile are left out."""
    out = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        out[int(path.parent.name)] = int(text[text.rindex(")") + 2:].split()[1])
    return out


def below(root):
    parent = parents()
    tree, grew = {root}, True
    while grew:
        more = {pid for pid, up in parent.items() if up in tree} - tree
        tree |= more
        grew = bool(more)
    return tree


def pss(pid):
    try:
        lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # gone, or a process that has no memory any more
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def main(command):
    began = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as child:
        peak, at, processes = 0, 0.0, 0
        while child.poll() is None:
            tree = below(child.pid)
            total = sum(pss(pid) for pid in tree)
            if total > peak:
                peak, at, processes = total, time.monotonic() - began, len(tree)
            time.sleep(INTERVAL)
    print(f"peak memory: {peak / 1e6:.0f} MB in {processes} processes, {at:.0f} s after the start; {time.monotonic() - began:.0f} s in all")
    return child.returncode


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
