#!/usr/bin/python3
"""A cell again, with netfilter making the edit in place of our box: a second implementation of the same edit.

    by_nftables.py GAUNTLET CELL [--rounds N] [--scenarios DIR] [--out DIR]
    by_nftables.py GAUNTLET CELL --rule 'WORDS' [--rule ...] [--shows OURS=THEIRS]

The cell runs once with the box, the first one where there are several. From the captures on both sides of it the edit is read: which
bytes of the TCP header of which packet, flipped how. The same edit becomes an nftables rule on the same router, in place of the rule
that feeds the queue; the box stands by and gets no packet. What both ends make of it is judged as ever: the two captures around the
router must show the declared edit and nothing else. Only same-length edits of TCP header bytes in one packet can be told this way.

For other edits --rule gives the words of an iptables command (ip6tables in an IPv6 cell); PORT in it is the server's port, and the
rule stands once for each run with the box. --shows: the kind of difference that netfilter's edit makes where our box's makes another.
    --rule '-t mangle -A FORWARD -p tcp --sport PORT --tcp-flags SYN NONE -j TCPOPTSTRIP --strip-options 30' --shows removed=nopped

Prints one line per round: level, outcome, byte verdict. Exit 0: every round ended as the cell with the box did, 1: not, 2: the edit
cannot be told as a rule, 4: skipped (no nft, or the lab does not run here).
"""
import argparse
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "meta"))
sys.dont_write_bytecode = True
from run_mutations import ETHERNET, blocks_of, packet_of  # noqa: E402


NOP = 1


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
    """(the packet as it came, how many of its kind came before, {offset in the segment: xor})."""
    evidence = json.loads((folder / "evidence.json").read_text())
    port = evidence["ports"]["mptcp"]
    before, after = evidence["boxes"][0]["between"]
    sides = [evidence["cuts"][cut][0] for cut in (before, after)]
    client, server = (segments(folder / "mptcp" / f"{i}.pcapng", port) for i in sides)
    behind, found = numbered(server), []
    for key, c in numbered(client).items():
        s = behind.get(key)
        if s is None or len(s.tcp) != len(c.tcp) or s.tcp[20:] == c.tcp[20:]:
            continue
        came, all_that_came = (s, server) if c.sport == port else (c, client)
        flips = {i: c.tcp[i] ^ s.tcp[i] for i in range(20, len(c.tcp)) if c.tcp[i] != s.tcp[i]}
        found.append((came, sum(alike(o, came) for o in all_that_came[:all_that_came.index(came)]), flips))
    return found[0] if len(found) == 1 else None


def kind_of(s):
    return "syn" if s.flags & 2 else "data" if s.payload else "ack"


def alike(a, b):
    return (a.sport, kind_of(a), a.size) == (b.sport, kind_of(b), b.size)


def option_at(segment, place):
    """(kind, offset in the segment) of the option that holds this byte; what is behind the last one is taken for one."""
    at = 20
    while at < segment.header:
        size = 1 if segment.tcp[at] in (0, 1) else segment.tcp[at + 1]
        if at <= place < at + size:
            return segment.tcp[at], at
        at += size
    raise SystemExit("no option there")


def rules_of(edit, port):
    """As writes of two bytes, where the change begins at an even place. A write into a TCP option mends the TCP checksum, but cannot
    reach an option's kind and length; a raw write can, and payload, but the checksum is then left to the link (see offload)."""
    segment, before, flips = edit
    flags = "tcp flags & (syn | ack) == (syn | ack)" if segment.flags & 18 == 18 else (
        "tcp flags & syn == syn" if kind_of(segment) == "syn" else "tcp flags & (syn | fin | rst) == 0")
    match = [f"tcp {'sport' if segment.sport == port else 'dport'} {port}", flags, f"meta length {segment.size}",
             f"numgen inc mod 100000000 == {before}"]
    raw, edits = is_raw(edit), []
    for place in sorted({p - word_offset(segment, p, raw) % 2 for p in flips}):
        offset = word_offset(segment, place, raw) * 8
        expression = f"@th,{offset},16" if raw else f"tcp option @{option_at(segment, place)[0]},{offset},16"
        after = bytes(segment.tcp[i] ^ flips.get(i, 0) for i in (place, place + 1))
        if NOP in after:  # what was there before differs from run to run
            edits.append(f"{expression} set 0x{after.hex()}")
        else:
            edits.append(f"{expression} set {expression} ^ 0x{bytes(flips.get(i, 0) for i in (place, place + 1)).hex()}")
    family = "ip6" if segment.v6 else "ip"
    return (f"table {family} second {{\n chain edit {{\n  type filter hook forward priority -150; policy accept;\n"
            f"  {' '.join(match)} {' '.join(edits)} counter\n }}\n}}\n")


def word_offset(segment, place, raw):
    return place if raw else place - option_at(segment, place)[1]


def is_raw(edit):
    """A write into an option reaches the first one of its kind, and neither kind nor length of it."""
    segment, _, flips = edit
    return any(place >= segment.header or word_offset(segment, place, False) < 2 or
               option_at(segment, place)[1] != first_of(segment, option_at(segment, place)[0]) for place in flips)


def first_of(segment, kind):
    return next(start for start in range(20, segment.header) if option_at(segment, start) == (kind, start))


def offload(node, place):
    """Checksums left to the last link: the router of the edit completes them behind it, all others hand packets on without."""
    node["offloads"]["checksum"] = node["name"] != place


def commands_of(options, out, evidence):
    """What stands on the router in place of the queue."""
    if not options.rule:
        return [[options.nft, "-f", str(out / "rules.nft")]]
    tool = "ip6tables" if evidence["family"] == "ipv6" else "iptables"
    return [[tool, "-w"] + [str(evidence["ports"][run]) if word == "PORT" else word for word in shlex.split(rule)]
            for rule in options.rule for run in ("tcp", "mptcp")]


def declare(out, shows, raw):
    """Our box's edit told as netfilter makes it: in what the judge reads."""
    for path, keys in ((out / "evidence.json", ("boxes",)), (out / "plan.json", ("boxes", "expect"))):
        whole = json.loads(path.read_text())
        edits = whole["boxes"][0]["declares"] + (whole["expect"]["wire"] if "expect" in keys else [])
        for edit in edits:
            edit["kind"] = shows.get(edit["kind"], edit["kind"])
            if edit["kind"] in shows.values():
                edit["field"] = ""
        if raw:
            whole["boxes"][0]["declares"].append({"kind": "value_changed", "field": "tcp checksum", "dir": "both"})
        path.write_text(json.dumps(whole))


def one_round(options, cell_folder, out, rules, raw):
    shutil.copytree(cell_folder, out)
    (out / "rules.nft").write_text(rules)
    plan = json.loads((out / "plan.json").read_text().replace(str(cell_folder), str(out)))
    evidence = json.loads((out / "evidence.json").read_text())
    place = evidence["boxes"][0]["on"]
    for node in plan["lab"]["nodes"]:
        if raw:
            offload(node, place)
        if node["name"] == place:
            node["commands"] = [c for c in node["commands"] if "NFQUEUE" not in c] + commands_of(options, out, evidence)
    (out / "plan.json").write_text(json.dumps(plan))
    worker = pathlib.Path(options.scenarios) / "lab/worker.py"
    run = ["unshare", "--mount", "--pid", "--fork", "--net", "--ipc", "--mount-proc"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    done = subprocess.run(run + ["/usr/bin/python3", "-B", "-s", str(worker)], input=str(out) + "\n", stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=300, check=False,
                          env=dict(os.environ, SETUPTOOLS_USE_DISTUTILS="stdlib"))
    errors = [json.loads(line)["error"] for line in done.stdout.splitlines() if "error" in line]
    if errors or done.returncode:
        raise SystemExit(f"the cell did not run: {errors} {done.stderr[-500:]} {(out / 'log/worker.log').read_text()[-500:]}")
    # The queue stayed empty. That the edit was made is for the captures to show (armed.declared), not for a count of ours.
    for run_name in ("tcp", "mptcp"):
        path = out / run_name / f"box-{place}.json"
        report = json.loads(path.read_text())
        if report["adapter"]["queued"] != 0:
            raise SystemExit(f"{path} queued packets: the edit would not be nftables's alone")
        report["hits"] = 1
        path.write_text(json.dumps(report))
    if raw:  # without the box checksums are mended as well, which no baseline may show: that of the box's cell stands for it
        shutil.copytree(cell_folder / "baseline", out / "baseline", dirs_exist_ok=True)
    declare(out, dict(pair.split("=") for pair in options.shows), raw)
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
    parser.add_argument("--rule", action="append", default=[])
    parser.add_argument("--shows", action="append", default=[])
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
    edit = None if options.rule else edit_of(folder)
    if edit is None and not options.rule:
        print("the edit is not one same-length change of one packet behind the fixed TCP header")
        return 2
    rules = rules_of(edit, json.loads((folder / "evidence.json").read_text())["ports"]["mptcp"]) if edit else ""
    print(rules, end="")
    same = True
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core per cell, or packets overtake one another (docs/lab.md)
    for number in range(1, options.rounds + 1):
        verdict = one_round(options, folder, root / f"nft{number}", rules, edit is not None and is_raw(edit))
        print(f"by netfilter: {told(verdict)}")
        for check in verdict["checks"]:
            if check["level"] == "error":
                print(f"  {check['id']}: {check['reason']}: {check['actual']}")
        same = same and told(verdict) == told(first)
    if options.out is None and same:
        shutil.rmtree(root)
    elif not same:
        print(f"results: {root}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
