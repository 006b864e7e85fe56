#!/usr/bin/python3
"""Makes the live pairs of this folder again: live.py GAUNTLET (root, or the lab's user namespaces).

Runs lab cells with kernel MPTCP and takes the captures on both sides of the box (of two points on one side for clean pairs), each frame cut
to 112 bytes. labels.json says what has to be found; it is written by hand.
"""
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
KEEP = 112


def cut_down(data):
    """The same pcapng (little-endian, as our capture writes it) with frames of at most KEEP bytes."""
    out, at = b"", 0
    while at < len(data):
        kind, size = struct.unpack("<II", data[at:at + 8])
        block = data[at:at + size]
        if kind == 6:
            length, original = struct.unpack("<II", block[20:28])
            kept = block[28:28 + min(length, KEEP)]
            padded = kept + b"\0" * (-len(kept) % 4)
            block = struct.pack("<II", 6, 32 + len(padded)) + block[8:20] + struct.pack("<II", len(kept), original) + padded + struct.pack("<I", 32 + len(padded))
        out += block
        at += size
    return out


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: live.py GAUNTLET")
    with open(os.path.join(HERE, "labels.json")) as f:
        labels = [label for label in json.load(f) if label["made"] == "live"]
    os.makedirs(os.path.join(HERE, "live"), exist_ok=True)
    with tempfile.TemporaryDirectory() as out:
        cells = sorted({label["cell"] for label in labels})
        subprocess.run([sys.argv[1], "run", *cells, "--keep", "always", "--out", os.path.join(out, "run")], check=False)
        for label in labels:
            folder = os.path.join(out, "run", "cells", label["cell"], label["run"])
            for side in ("client", "server"):
                source = os.path.join(folder, label[side] + ".pcapng")
                if not os.path.exists(source):
                    sys.exit("live.py: %s: no %s; did the cell run?" % (label["name"], source))
                with open(source, "rb") as f:
                    data = cut_down(f.read())
                with open(os.path.join(HERE, "live", "%s.%s" % (label["name"], side)), "wb") as f:
                    f.write(data)
        shutil.rmtree(out, ignore_errors=True)


if __name__ == "__main__":
    main()
