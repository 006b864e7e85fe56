#!/usr/bin/python3
"""Faults planted in the evidence of real cells, one at a time: each must turn the verdict away from pass.

One cell of every family runs in the lab and must pass. Then, seeded, a bit is flipped in a capture, a frame lost or doubled (and
the capture report made to agree), two sides exchanged, an interface, a report or received bytes lost or changed, a counter set
wrong; the cell is judged again and the file put back. Over all families each kind of fault is planted at least once.

Usage: run_mutations.py --gauntlet PATH --scenarios DIR --expect FILE [--faults N] [--seed S] [--tags FILTER]     N: per family
Exit 0: all seen, 1: one was not, 4: skipped (this machine cannot run the lab).
"""
import argparse
import concurrent.futures
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

RUNS = ["baseline", "tcp", "mptcp"]
ETHERNET = 14
LEAST_FRAMES = 20   # of a capture that a fault is planted in: more than a handshake and an end
CANDIDATES = 3      # cells of a family that run; the first that passes is used
LEAST_FAULTS = 30   # planted and seen, over all families
TRIES = 5           # of a fault that finds its place at random, before another cell is taken


# --- captures: the blocks of a pcapng file of ours (little-endian)

def blocks_of(data):
    out, at = [], 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        out.append((kind, data[at:at + size]))
        at += size
    return out


def packet_of(block):
    size = struct.unpack_from("<I", block, 20)[0]
    return block[28:28 + size]


def is_tcp(block):
    packet = packet_of(block)[ETHERNET:]
    return len(packet) > 40 and (packet[0] >> 4 == 4 and packet[9] == 6 or packet[0] >> 4 == 6 and packet[6] == 6)


class Capture:
    def __init__(self, folder, run, interface):
        self.folder, self.run, self.interface = folder, run, interface
        self.path = folder / run / f"{interface}.pcapng"
        self.blocks = blocks_of(self.path.read_bytes())
        self.frames = [i for i, (kind, block) in enumerate(self.blocks) if kind == 6 and is_tcp(block)]

    def write(self, keep, report_change=0):
        keep(self.path).write_bytes(b"".join(block for _, block in self.blocks))
        if report_change:
            path = self.folder / self.run / "capture.json"
            report = json.loads(path.read_text())
            for entry in report["interfaces"]:
                if entry["iface"] == self.interface:
                    entry["frames"] += report_change
            keep(path).write_text(json.dumps(report))


def some_capture(folder, rng):
    """One with packets of the connection, of any run."""
    evidence = json.loads((folder / "evidence.json").read_text())
    names = sorted({i for cut in evidence["cuts"] for i in cut})
    places = [(run, name) for run in RUNS for name in names]
    rng.shuffle(places)
    for run, name in places:
        capture = Capture(folder, run, name)
        if len(capture.frames) > LEAST_FRAMES:
            return capture
    raise RuntimeError(f"{folder}: none of its {len(places)} captures has more than {LEAST_FRAMES} TCP frames: no place for a fault")


# --- faults: each changes files through keep(path), which remembers them, and says what it did; None: not possible here

def flipped_bit(folder, rng, keep):
    capture = some_capture(folder, rng)
    number = rng.randrange(len(capture.frames))
    at = capture.frames[number]
    block = bytearray(capture.blocks[at][1])
    place = rng.randrange(ETHERNET, len(packet_of(block)))
    bit = rng.randrange(8)
    block[28 + place] ^= 1 << bit
    capture.blocks[at] = (6, bytes(block))
    capture.write(keep)
    return f"{capture.run}/{capture.interface} TCP frame {number + 1} byte {place - ETHERNET} bit {bit} flipped"


def middle_frame(capture, rng):
    third = len(capture.frames) // 3
    return capture.frames[rng.randrange(third, 2 * third)]


def lost_frame(folder, rng, keep):
    capture = some_capture(folder, rng)
    at = middle_frame(capture, rng)
    del capture.blocks[at]
    capture.write(keep, -1)
    return f"{capture.run}/{capture.interface} block {at} lost, the report agrees"


def doubled_frame(folder, rng, keep):
    capture = some_capture(folder, rng)
    at = middle_frame(capture, rng)
    capture.blocks.insert(at, capture.blocks[at])
    capture.write(keep, 1)
    return f"{capture.run}/{capture.interface} block {at} doubled, the report agrees"


def lost_frame_unreported(folder, rng, keep):
    capture = some_capture(folder, rng)
    del capture.blocks[rng.choice(capture.frames)]
    capture.write(keep)
    return f"{capture.run}/{capture.interface} a frame lost"


def exchanged_sides(folder, rng, keep):
    evidence = json.loads((folder / "evidence.json").read_text())
    cuts, run = evidence["cuts"], rng.choice(RUNS)
    at = rng.randrange(len(cuts) - 1)
    a, b = ([folder / run / f"{i}.pcapng" for i in cut] for cut in (cuts[at], cuts[at + 1]))
    a, b = max(a, key=lambda p: p.stat().st_size), max(b, key=lambda p: p.stat().st_size)
    if a == b or not any(Capture(folder, run, path.stem).frames for path in (a, b)):
        return None     # nothing of the connection came by here: the two files say the same
    one, other = a.read_bytes(), b.read_bytes()
    keep(a).write_bytes(other)
    keep(b).write_bytes(one)
    path = folder / run / "capture.json"
    report = json.loads(path.read_text())
    frames = {e["iface"]: e for e in report["interfaces"]}
    frames[a.stem]["frames"], frames[b.stem]["frames"] = frames[b.stem]["frames"], frames[a.stem]["frames"]
    keep(path).write_text(json.dumps(report))
    return f"{run}: {a.stem} and {b.stem} exchanged, the report agrees"


def missing_interface(folder, rng, keep):
    capture = some_capture(folder, rng)
    keep(capture.path).unlink()
    return f"{capture.run}/{capture.interface} missing"


def changed_json(folder, rng, keep, name, change):
    path = folder / name
    value = json.loads(path.read_text())
    said = change(value, rng)
    if said is None:
        return None
    keep(path).write_text(json.dumps(value))
    return f"{name}: {said}"


def box_file(folder, run, rng):
    files = sorted((folder / run).glob("box-*.json"))
    return f"{run}/{rng.choice(files).name}" if files else None


def queue_counter(folder, rng, keep):
    def change(report, rng):
        name = rng.choice(["overrun", "queue_dropped", "user_dropped", "inject_failed", "refused", "oversize"])
        report["adapter"][name] += rng.randint(1, 9)
        return f"{name} {report['adapter'][name]}"
    name = box_file(folder, rng.choice(RUNS), rng)
    return name and changed_json(folder, rng, keep, name, change)


def no_hits(folder, rng, keep):
    def change(report, _):
        report["hits"] = 0
        return "no hits"
    evidence = json.loads((folder / "evidence.json").read_text())
    if not any(box["declares"] for box in evidence["boxes"]):
        return None
    place = rng.choice([box["on"] for box in evidence["boxes"] if box["declares"]])
    return changed_json(folder, rng, keep, f"mptcp/box-{place}.json", change)


def wrong_mode(folder, rng, keep):
    def change(report, _):
        report["mode"] = "box" if report["mode"] == "pass" else "pass"
        return f"ran as {report['mode']}"
    name = box_file(folder, rng.choice(RUNS), rng)
    return name and changed_json(folder, rng, keep, name, change)


def capture_loss(folder, rng, keep):
    def change(report, rng):
        entry, name = rng.choice(report["interfaces"]), rng.choice(["dropped", "truncated", "frames"])
        entry[name] += 1
        return f"{entry['iface']} {name} {entry[name]}"
    return changed_json(folder, rng, keep, f"{rng.choice(RUNS)}/capture.json", change)


def flipped_received_byte(folder, rng, keep):
    path = folder / rng.choice(RUNS) / rng.choice(["client.received", "server.received"])
    data = bytearray(path.read_bytes()) if path.exists() else b""
    if not data:
        return None
    at = rng.randrange(len(data))
    data[at] ^= 1 << rng.randrange(8)
    keep(path).write_bytes(data)
    return f"{path.parent.name}/{path.name} byte {at} flipped"


def lost_received_byte(folder, rng, keep):
    path = folder / rng.choice(RUNS) / rng.choice(["client.received", "server.received"])
    if not path.exists() or path.stat().st_size < 2:
        return None
    keep(path).write_bytes(path.read_bytes()[:-1])
    return f"{path.parent.name}/{path.name} one byte short"


def failed_baseline(folder, rng, keep):
    def change(report, _):
        report.update(result="failed", close="reset", phase="transfer", eof=False)
        return "says it failed"
    return changed_json(folder, rng, keep, f"baseline/{rng.choice(['client', 'server'])}.json", change)


def exchanged_reports(folder, rng, keep):
    run = rng.choice(RUNS)
    a, b = folder / run / "client.json", folder / run / "server.json"
    one, other = a.read_bytes(), b.read_bytes()
    keep(a).write_bytes(other)
    keep(b).write_bytes(one)
    return f"{run}: reports of client and server exchanged"


def cut_report(folder, rng, keep):
    path = folder / rng.choice(RUNS) / rng.choice(["client.json", "server.json", "capture.json"])
    data = path.read_bytes()
    keep(path).write_bytes(data[:rng.randrange(len(data) - 2)])
    return f"{path.parent.name}/{path.name} cut short"


def cut_capture(folder, rng, keep):
    capture = some_capture(folder, rng)
    data = capture.path.read_bytes()
    keep(capture.path).write_bytes(data[:len(data) - rng.randrange(1, 40)])
    return f"{capture.run}/{capture.interface} cut short"


def wrong_counter(folder, rng, keep):
    """A counter that the row demands did not move. Counters only corroborate, so this may end lenient; never pass."""
    expect = json.loads((folder / "plan.json").read_text())["expect"]["counters"]
    rules = [(end, how, name) for end in expect for how in ("must", "must_not") for name in (expect[end] or {}).get(how, [])]
    if not rules:
        return None
    end, how, name = rng.choice(rules)

    def change(report, _):
        delta = report["counters"]["delta"]
        key = next((k for k in (name, "MPTcpExt" + name, "TcpExt" + name) if k in delta), None)
        if key is None:
            return None
        delta[key] = 0 if how == "must" else 1
        return f"{name} {delta[key]}"
    return changed_json(folder, rng, keep, f"mptcp/{end}.json", change)


def lab_error(folder, rng, keep):
    def change(evidence, _):
        evidence["errors"].append("worker-died: in phase run")
        return "the lab names an error"
    return changed_json(folder, rng, keep, "evidence.json", change)


FAULTS = [flipped_bit, lost_frame, doubled_frame, lost_frame_unreported, exchanged_sides, missing_interface, queue_counter, no_hits,
          wrong_mode, capture_loss, flipped_received_byte, lost_received_byte, failed_baseline, exchanged_reports, cut_report,
          cut_capture, wrong_counter, lab_error]
LENIENT_WILL_DO = {wrong_counter}


class Kept:
    """Files as they were, to put them back."""

    def __init__(self):
        self.files = {}

    def __call__(self, path):
        if path not in self.files:
            self.files[path] = path.read_bytes()
        return path

    def restore(self):
        for path, data in self.files.items():
            path.write_bytes(data)


def judge(gauntlet, folder):
    done = subprocess.run([gauntlet, "judge", str(folder), "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    try:
        verdict = json.loads(done.stdout)
    except ValueError:
        return done.returncode, {"level": f"no verdict: {done.stderr[-300:]}", "checks": []}
    return done.returncode, verdict


def plant(gauntlet, folder, fault, rng):
    """(fault, what, level, seen), or None where this cell has no place for the fault."""
    kept = Kept()
    what = fault(folder, rng, kept)
    if what is None:
        return None
    _, verdict = judge(gauntlet, folder)
    kept.restore()
    fine = {"error", "harm", "deviation"} | ({"lenient"} if fault in LENIENT_WILL_DO else set())
    return fault.__name__, what, verdict["level"], verdict["level"] in fine


def plant_somewhere(gauntlet, folders, fault, rng):
    """(family, planted) in the first of these cells that has a place for it; (None, None): none has."""
    for family, folder in folders.items():
        for _ in range(TRIES):
            planted = plant(gauntlet, folder, fault, rng)
            if planted:
                return family, planted
    return None, None


def mutate(gauntlet, folder, family, order, faults, seed):
    """[(fault, what, level, seen)] for one cell. `order`: the faults to begin with, so that all families together meet each."""
    out = []
    code, verdict = judge(gauntlet, folder)
    if (code, verdict["level"]) != (0, "pass"):
        return [("none", "the sound cell, judged again", verdict["level"], False)]
    rng = random.Random(f"{seed}/{family}")
    todo = list(order)
    while len(out) < faults:
        fault = todo.pop(0) if todo else rng.choice(FAULTS)
        planted = plant(gauntlet, folder, fault, rng)
        if planted:
            out.append(planted)
    return out


def families_of(gauntlet, scenarios, tags, rng):
    done = subprocess.run([gauntlet, "run", "--list", "--filter", tags, "--scenarios", scenarios], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    families = {}
    for cell in done.stdout.split():
        families.setdefault(cell.split("/")[0] if "/" in cell else "none", []).append(cell)
    return {name: rng.sample(cells, min(CANDIDATES, len(cells))) for name, cells in sorted(families.items())}


def exit_code(rows):
    seen = sum(row[-1] for row in rows)
    missed = len(rows) - seen
    print(f"{seen} planted faults seen, {LEAST_FAULTS} demanded, {missed} missed")
    return 1 if missed or seen < LEAST_FAULTS else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gauntlet", required=True)
    parser.add_argument("--scenarios", required=True)
    parser.add_argument("--expect", required=True, help="the known deviations")
    parser.add_argument("--faults", type=int, default=5)
    parser.add_argument("--seed", type=int, default=20261120)
    parser.add_argument("--tags", default="core")
    options = parser.parse_args()
    if subprocess.run([options.gauntlet, "doctor"], stdout=subprocess.DEVNULL, check=False).returncode != 0:
        print("skipped: this machine cannot run the lab")
        return 4
    rng = random.Random(options.seed)
    families = families_of(options.gauntlet, options.scenarios, options.tags, rng)
    with tempfile.TemporaryDirectory(prefix="gauntlet-mutations-") as name:
        out = pathlib.Path(name, "out")
        cells = [cell for names in families.values() for cell in names]
        ran = subprocess.run([options.gauntlet, "run", " | ".join(f"'{c}'" if "'" in c else c for c in cells), "--scenarios",
                              options.scenarios, "--expect", options.expect, "--keep", "always", "--out", str(out)],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False)
        levels, known = {}, set()
        for line in (out / "results.jsonl").read_text().splitlines() if (out / "results.jsonl").exists() else []:
            record = json.loads(line)
            if record["type"] == "cell":
                levels[record["cell"]] = record["level"]
                if record["gate"] == "known":
                    known.add(record["cell"])
        chosen = {family: next((c for c in names if levels.get(c) == "pass"), None) for family, names in families.items()}
        # A family all of whose cells show a listed deviation has no verdict to turn away from pass. One not listed is red here.
        for family in [f for f, names in families.items() if known.issuperset(names)]:
            print(f"{family}: left out, every cell shows a known deviation")
            del chosen[family]
        none = [family for family, cell in chosen.items() if cell is None]
        if none or not chosen:
            print(f"no cell of {none} passes: {levels}\n{ran.stdout}")
            return 1
        order = FAULTS[:]
        rng.shuffle(order)
        folders = {family: out / "cells" / cell for family, cell in chosen.items()}
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            jobs = {family: pool.submit(mutate, options.gauntlet, folder, family,
                                        (order * 2)[i * options.faults % len(order):][:options.faults], options.faults, options.seed)
                    for i, (family, folder) in enumerate(folders.items())}
            rows = [(chosen[family], *planted) for family, job in jobs.items() for planted in job.result()]
        for fault in [f for f in FAULTS if f.__name__ not in {row[1] for row in rows}]:
            family, planted = plant_somewhere(options.gauntlet, folders, fault, rng)
            rows.append((chosen[family], *planted) if planted else ("no cell", fault.__name__, "has a place for it", "-", False))
        for cell, fault, what, level, fine in rows:
            print(f"{'ok  ' if fine else 'MISS'} {cell}: {fault}: {what} -> {level}")
    print(f"{len(chosen)} families, seed {options.seed}")
    return exit_code(rows)


if __name__ == "__main__":
    sys.exit(main())
