#!/usr/bin/python3
"""Runs a program under mptcpize where the run wants MPTCP, and as it is in the control, which wants TCP.

    mptcpized.py PROGRAM ARGUMENTS...     mptcpize(8) turns its TCP sockets into MPTCP sockets
"""
import os
import sys


def main():
    words = sys.argv[1:]
    if os.environ["GAUNTLET_PROTO"] == "mptcp":
        words = ["mptcpize", "run"] + words
    try:
        os.execvp(words[0], words)
    except OSError as error:
        print("%s: %s (Debian: apt install mptcpize)" % (words[0], error), file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
