#!/usr/bin/python3
"""Edits that netfilter makes too: the same traffic through its target and through our box, and the same differences.

    second_opinion_test.py GAUNTLET [SCENARIOS] [CASE...]

Each case is a transfer through client - router - server, captured on both sides of the router, once with the iptables rule and once
with the box; `gauntlet diff` names what differs, and the names must be the same. Where they are not, the case says which and why.

Exit 0: passed, 1: an unexplained difference, 4: skipped (no root, or no target of them on this machine). A single missing target is
named and skipped.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))
from traffic import SERVER, Namespaces                                  # noqa: E402

SYN = ["-p", "tcp", "--tcp-flags", "SYN,RST", "SYN"]
FORWARD = ["-t", "mangle", "-A", "FORWARD"]
MASQUERADE = ["iptables", "-t", "nat", "-A", "POSTROUTING", "-o", "r1", "-j", "MASQUERADE"]
OUTSIDE = "203.0.113.19"       # as long, written with commas, as the router's own 198.51.100.2

# rules: argument lists of iptables or ip6tables; box: the specs. only_netfilter and only_box: {(kind, field, dir): why}.
CASES = {
    "TCPOPTSTRIP timestamps": {
        "rules": [["iptables", *FORWARD, "-p", "tcp", "-j", "TCPOPTSTRIP", "--strip-options", "timestamp"]],
        "box": ["strip:kind=8,mode=nop"]},
    "TCPOPTSTRIP MPTCP": {
        "rules": [["iptables", *FORWARD, "-p", "tcp", "-j", "TCPOPTSTRIP", "--strip-options", "30"]],
        "box": ["strip:kind=30,mode=nop"], "proto": "mptcp"},
    "TCPMSS": {
        "rules": [["iptables", *FORWARD, *SYN, "-j", "TCPMSS", "--set-mss", "1000"]],
        "box": ["mss:max=1000"]},
    "MASQUERADE": {"rules": [MASQUERADE], "box": ["nat:pool=%s,ports=keep" % OUTSIDE]},
    # SYNs alone: what all packets lose alike is a longer path, not a box.
    "TTL": {"rules": [["iptables", *FORWARD, *SYN, "-j", "TTL", "--ttl-set", "9"]], "box": ["ttl:set=9,when=syn+synack"]},
    "HL": {"rules": [["ip6tables", *FORWARD, *SYN, "-j", "HL", "--hl-set", "9"]], "box": ["ttl:set=9,when=syn+synack"],
           "ipv6": True},
    "DSCP": {"rules": [["iptables", *FORWARD, "-p", "tcp", "-j", "DSCP", "--set-dscp", "10"]], "box": ["tos:dscp=10"]},
    "ECN": {
        "rules": [["iptables", *FORWARD, *SYN, "-j", "ECN", "--ecn-tcp-remove"]],
        "box": ["flags:clear=EC,when=syn+synack"], "sysctl": ["net.ipv4.tcp_ecn=1"]},
    "FTP helper": {
        "rules": [["iptables", "-t", "raw", "-A", "PREROUTING", "-p", "tcp", "--dport", "5000", "-j", "CT", "--helper", "ftp"],
                  MASQUERADE],
        "box": ["ftp:to=%s,dir=c2s" % OUTSIDE, "nat:pool=%s,ports=keep" % OUTSIDE],
        "preface": "USER anonymous\r\nPORT 192,0,2,1,19,137\r\n"},
    "SYNPROXY": {
        "rules": [["iptables", "-t", "raw", "-A", "PREROUTING", "-p", "tcp", "--syn", "-j", "CT", "--notrack"],
                  ["iptables", "-A", "FORWARD", "-p", "tcp", "-m", "conntrack", "--ctstate", "INVALID,UNTRACKED", "-j",
                   "SYNPROXY", "--mss", "1460", "--wscale", "7", "--timestamp", "--sack-perm"]],
        "router": ["net.netfilter.nf_conntrack_tcp_loose=0"],
        "box": ["syn-proxy"],
        # Both open the client's window with an acknowledgement of their own once the server has answered. Netfilter's looks like
        # one the server sends, window and all: whether it reads as a copy or as injected depends on whether the server has sent
        # its own by then.
        "same": {("duplicated", "", "s2c"): ("injected", "", "s2c")},
        # The client gets a SYN/ACK before the server makes its own. On a fast machine the two read as one that was rewritten, on a
        # slow one as one injected, which acknowledged early, and one dropped. And what looks like a copy may come before what it copies.
        "by_timing": {("dropped", "", "s2c"), ("proxy_acked", "ack", "s2c"), ("ttl_delta", "ttl", "s2c", "+0"),
                      ("wscale_changed", "option 3", "s2c"), ("reordered", "", "s2c")}},
}

BY_VALUE = {"mss_clamped", "ttl_delta", "dscp_ecn_changed", "flags_changed"}     # what they become must be the same too


def missing_target(case):
    """The first rule that this kernel or iptables has no target for, with its words; None when all are there."""
    with Namespaces() as where:
        for rule in case["rules"]:
            done = subprocess.run(["nsenter", "--net=/proc/%d/ns/net" % where.pid["router"], "--", *rule], capture_output=True,
                                  text=True, check=False)
            if done.returncode != 0:
                return "%s: %s" % (" ".join(rule), done.stderr.strip())
    return None


def transfer(case, gauntlet, folder, with_box):
    """One transfer; the differences between both sides of the router as {(kind, field, dir[, after]): count}."""
    proto, server = case.get("proto", "tcp"), "2001:db8:2::1" if case.get("ipv6") else SERVER
    with Namespaces() as where:
        for node in ("client", "server"):
            for setting in case.get("sysctl", []):
                where.run(node, ["sysctl", "-q", "-w", setting])
        where.route_outside()
        box = None
        if with_box:
            box = where.spawn("router", [gauntlet, "box", *case["box"], "--queue", "0", "--client-side", "r0", "--add-rule",
                                         "FORWARD -p tcp", "--seed", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            while b"queue 0:" not in (line := box.stderr.readline()):
                if not line:
                    raise SystemExit("second opinion: the box did not start")
        else:
            for rule in case["rules"]:
                where.run("router", rule)
            for setting in case.get("router", []):
                where.run("router", ["sysctl", "-q", "-w", setting])
        capture = where.spawn("router", [gauntlet, "capture", "r0", "r1", "--dir", str(folder), "--run", "both"],
                              stdout=subprocess.PIPE)
        words = ["--proto", proto, "--port", "5000", "--up", "20kB", "--down", "20kB"]
        if "preface" in case:
            words += ["--preface-up", case["preface"]]
        while not all((folder / "both" / (end + ".pcapng")).exists() for end in ("r0", "r1")):
            time.sleep(0.02)        # the rings stand before the files are made
        serve = where.spawn("server", [gauntlet, "serve", "--bind", server, "--once", *words], stdout=subprocess.PIPE)
        serve.stdout.readline()
        where.run("client", [gauntlet, "connect", "--to", server, *words])
        serve.wait(timeout=30)
        for child in (capture, box):
            if child is not None:
                child.send_signal(signal.SIGTERM)
                child.communicate(timeout=20)
    done = subprocess.run([gauntlet, "diff", folder / "both" / "r0.pcapng", folder / "both" / "r1.pcapng", "--json", "--server", server],
                          capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit("second opinion: diff: " + done.stderr)
    found = {}
    for record in map(json.loads, done.stdout.splitlines()):
        if "kind" in record:
            name = (record["kind"], record["field"], record["dir"])
            if record["kind"] in BY_VALUE:
                name += (record["after"],)
            found[name] = found.get(name, 0) + record["count"]
    return found


def judge(name, case, gauntlet):
    """What is wrong with a case, a line each."""
    with tempfile.TemporaryDirectory(prefix="gauntlet-opinion-") as base:
        theirs = transfer(case, gauntlet, pathlib.Path(base, "netfilter"), False)
        ours = transfer(case, gauntlet, pathlib.Path(base, "box"), True)
    print("%s\n  netfilter %s\n  box       %s" % (name, sorted(theirs.items()), sorted(ours.items())))
    same = case.get("same", {})
    by_timing = case.get("by_timing", set())
    theirs, ours = ({same.get(key, key): count for key, count in found.items() if key not in by_timing} for found in (theirs, ours))
    wrong = [] if ours else ["the box left no difference"]
    for side, found, other, explained in (("netfilter", theirs, ours, case.get("only_netfilter", {})),
                                          ("the box", ours, theirs, case.get("only_box", {}))):
        wrong += ["only %s: %s" % (side, key) for key in sorted(set(found) - set(other) - set(explained))]
        wrong += ["explained, but not there: only %s: %s" % (side, key) for key in sorted(set(explained) - (set(found) - set(other)))]
    return wrong


def main():
    gauntlet, chosen = os.path.abspath(sys.argv[1]), sys.argv[3:]
    if os.geteuid() != 0:
        print("skipped: network namespaces and rules of their own need root")
        return 4
    ran, failed = 0, 0
    for name, case in CASES.items():
        if chosen and name not in chosen:
            continue
        if missing := missing_target(case):
            print("skip: %s: %s" % (name, missing))
            continue
        ran += 1
        for line in judge(name, case, gauntlet):
            failed += 1
            print("  WRONG " + line)
    print("%d cases, %d differences without an explanation" % (ran, failed))
    return 1 if failed else 0 if ran else 4


if __name__ == "__main__":
    sys.exit(main())
