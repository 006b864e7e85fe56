#!/usr/bin/python3
"""A cell again, with nftables making the edit in place of our box: a second implementation of the same edit.

    by_nftables.py GAUNTLET CELL [--rounds N] [--scenarios DIR] [--out DIR]

The cell runs once with the box. From the captures on both sides of it the edit is read: which bytes of the TCP header of which
packet, flipped how. The same edit becomes an nftables rule on the same router, in place of the rule that feeds the queue; the box
stands by and gets no packet. What both ends make of it is judged as ever: the two captures around the router must show the declared
edit and nothing else. Only same-length edits of TCP header bytes in one packet can be told this way.

Prints one line per round: level, outcome, byte verdict. Exit 0: every round ended as the cell with the box did, 1: not, 2: the edit
cannot be told as a rule, 4: skipped (no nft, or the lab does not run here).
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "meta"))
sys.dont_write_bytecode = True
from run_mutations import ETHERNET, blocks_of, packet_of  # noqa: E402


class Segment:
    def __init__(self, packet):
        self.v6 = packet[0] >> 4 == 6
        header = 40 if self.v6 else (packet[0] & 15) * 4
        total = 40 + int.from_bytes(packet[4:6], "big") if self.v6 else int.from_bytes(packet[2:4], "big")
        self.tcp = packet[header:total]
        self.size = total
        self.source = packet[8:24] if self.v6 else packet[12:16]
        self.sport, self.dport = (int.from_bytes(self.tcp[i:i + 2], "big") for i in (0, 2))
        self.seq = int.from_bytes(self.tcp[4:8], "big")
        self.header = (self.tcp[12] >> 4) * 4
        self.flags = self.tcp[13]
        self.options = self.tcp[20:self.header]
        self.payload = len(self.tcp) - self.header


def segments(path, port):
    out = []
    for kind, block in blocks_of(path.read_bytes()):
        if kind != 6:
            continue
        packet = packet_of(block)[ETHERNET:]
        if packet[0] >> 4 == 4 and packet[9] == 6 or packet[0] >> 4 == 6 and packet[6] == 6:
            s = Segment(packet)
            if port in (s.sport, s.dport):
                out.append(s)
    return out


def numbered(all_segments):
    """{(what it is, its number among equals): segment}"""
    out, seen = {}, {}
    for s in all_segments:
        key = (s.sport, s.seq, s.tcp[8:12], s.payload, s.flags)
        seen[key] = seen.get(key, 0) + 1
        out[key, seen[key]] = s
    return out


def edit_of(folder):
    """(the packet as it came, how many of its kind came before, {offset in the options: xor})."""
    evidence = json.loads((folder / "evidence.json").read_text())
    port = evidence["ports"]["mptcp"]
    before, after = evidence["boxes"][0]["between"]
    sides = [evidence["cuts"][cut][0] for cut in (before, after)]
    client, server = (segments(folder / "mptcp" / f"{i}.pcapng", port) for i in sides)
    behind, found = numbered(server), []
    for key, c in numbered(client).items():
        s = behind.get(key)
        if s is None or len(s.options) != len(c.options) or s.options == c.options:
            continue
        came, all_that_came = (s, server) if c.sport == port else (c, client)
        flips = {i: c.options[i] ^ s.options[i] for i in range(len(c.options)) if c.options[i] != s.options[i]}
        found.append((came, sum(alike(o, came) for o in all_that_came[:all_that_came.index(came)]), flips))
    return found[0] if len(found) == 1 else None


def kind_of(s):
    return "syn" if s.flags & 2 else "data" if s.payload else "ack"


def alike(a, b):
    return (a.sport, kind_of(a), a.size) == (b.sport, kind_of(b), b.size)


def option_at(options, place):
    """(kind, offset of the option) of the one that holds this byte."""
    at = 0
    while at < len(options):
        size = 1 if options[at] in (0, 1) else options[at + 1]
        if at <= place < at + size:
            return options[at], at
        at += size
    raise SystemExit("no option there")


def rules_of(edit, port):
    """Raw payload writes leave the TCP checksum wrong; writes into a TCP option mend it. Options are written in words of four bytes."""
    segment, before, flips = edit
    flags = "tcp flags & (syn | ack) == (syn | ack)" if segment.flags & 18 == 18 else (
        "tcp flags & syn == syn" if kind_of(segment) == "syn" else "tcp flags & (syn | fin | rst) == 0")
    match = [f"tcp {'sport' if segment.sport == port else 'dport'} {port}", flags, f"meta length {segment.size}",
             f"numgen inc mod 100000000 == {before}"]
    edits, done = [], set()
    for place in sorted(flips):
        kind, start = option_at(segment.options, place)
        word = (place - start) // 4 * 4
        if (start, word) in done:
            continue
        done.add((start, word))
        xor = int.from_bytes(bytes(flips.get(start + word + i, 0) for i in range(4)), "big")
        expression = f"tcp option @{kind},{word * 8},32"
        edits.append(f"{expression} set {expression} ^ 0x{xor:08x}")
    family = "ip6" if segment.v6 else "ip"
    return (f"table {family} second {{\n chain edit {{\n  type filter hook forward priority -150; policy accept;\n"
            f"  {' '.join(match)} {' '.join(edits)} counter\n }}\n}}\n")


def one_round(options, cell_folder, out, rules):
    shutil.copytree(cell_folder, out)
    (out / "rules.nft").write_text(rules)
    plan = json.loads((out / "plan.json").read_text().replace(str(cell_folder), str(out)))
    place = json.loads((out / "evidence.json").read_text())["boxes"][0]["on"]
    for node in plan["lab"]["nodes"]:
        if node["name"] == place:
            node["commands"] = [c for c in node["commands"] if "NFQUEUE" not in c] + [[options.nft, "-f", str(out / "rules.nft")]]
    (out / "plan.json").write_text(json.dumps(plan))
    worker = pathlib.Path(options.scenarios) / "lab/worker.py"
    run = ["unshare", "--mount", "--pid", "--fork", "--net", "--ipc", "--mount-proc"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    done = subprocess.run(run + ["/usr/bin/python3", "-B", "-s", str(worker), str(out)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=300, check=False,
                          env=dict(os.environ, SETUPTOOLS_USE_DISTUTILS="stdlib"))
    errors = [json.loads(line)["error"] for line in done.stdout.splitlines() if "error" in line]
    if errors or done.returncode:
        raise SystemExit(f"the cell did not run: {errors} {done.stderr[-500:]}")
    # The queue stayed empty. That the edit was made is for the captures to show (armed.declared), not for a count of ours.
    for run_name in ("tcp", "mptcp"):
        path = out / run_name / f"box-{place}.json"
        report = json.loads(path.read_text())
        if report["adapter"]["queued"] != 0:
            raise SystemExit(f"{path} queued packets: the edit would not be nftables's alone")
        report["hits"] = 1
        path.write_text(json.dumps(report))
    return judged(options.gauntlet, out)


def judged(gauntlet, folder):
    done = subprocess.run([gauntlet, "judge", str(folder), "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          timeout=120, check=False)
    return json.loads(done.stdout)


def told(verdict):
    return " ".join(str(x) for x in (verdict["level"], verdict["outcome"], f"[{verdict['bytes']}]", verdict["culprit"] or "-"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("gauntlet")
    parser.add_argument("cell")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scenarios", default=str(pathlib.Path(__file__).resolve().parents[2] / "scenarios"))
    parser.add_argument("--out", default=None)
    options = parser.parse_args()
    options.nft = shutil.which("nft", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if options.nft is None:
        print("skipped: nft is missing; install nftables")
        return 4
    options.gauntlet = str(pathlib.Path(options.gauntlet).resolve())
    root = pathlib.Path(options.out or tempfile.mkdtemp(prefix="gauntlet-second-")).resolve()
    ran = subprocess.run([options.gauntlet, "run", options.cell, "--scenarios", options.scenarios, "--keep", "always", "--out",
                          str(root / "box")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         timeout=300, check=False)
    folder = root / "box/cells" / options.cell
    if not (folder / "verdict.json").exists():
        print(ran.stdout)
        return 4
    first = json.loads((folder / "verdict.json").read_text())
    print(f"by our box:   {told(first)}")
    edit = edit_of(folder)
    if edit is None:
        print("the edit is not one same-length change of one packet's TCP header")
        return 2
    rules = rules_of(edit, json.loads((folder / "evidence.json").read_text())["ports"]["mptcp"])
    print(rules, end="")
    same = True
    for number in range(1, options.rounds + 1):
        verdict = one_round(options, folder, root / f"nft{number}", rules)
        print(f"by nftables:  {told(verdict)}")
        for check in verdict["checks"]:
            if check["level"] == "error":
                print(f"  {check['id']}: {check['reason']}: {check['actual']}")
        same = same and told(verdict) == told(first)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
