#!/usr/bin/python3
"""The evidence folder of a cell that fails: everything is in it, wrong bytes are named, and its one line repeats it.

Usage: run_evidence.py --gauntlet PATH --scenarios DIR [unittest arguments]
"""
import argparse
import json
import shlex
import sys
import unittest

import run_meta

OFFSET = 8000     # of the byte that tests/meta/scenarios/harm.toml changes
RUNS = ["baseline", "tcp", "mptcp"]


def wrong_of(folder):
    verdict = json.loads((folder / "verdict.json").read_text())
    return {(w["run"], w["way"]): w for w in verdict["wrong"]}


class Evidence(run_meta.MetaCase):
    def failing_cell(self):
        outcome = self.run_cells("meta/harm", keep="failed")
        cell = outcome.only_cell()
        self.assertEqual((cell["level"], outcome.code), ("harm", 1), outcome.text)
        return cell, outcome.folder / cell["artifacts"]

    def test_all_of_it_is_there(self):
        cell, folder = self.failing_cell()
        for name in ("plan.json", "evidence.json", "verdict.json", "diff.jsonl", "cmd.txt", "replay.txt", "log/worker.log"):
            self.assertTrue((folder / name).is_file(), name)
        evidence = json.loads((folder / "evidence.json").read_text())
        interfaces = sorted({i for cut in evidence["cuts"] for i in cut})
        self.assertGreaterEqual(len(interfaces), 5, "both sides of the box's router, and every endpoint interface")
        for run in RUNS:
            capture = json.loads((folder / run / "capture.json").read_text())
            frames = {i["iface"]: i["frames"] for i in capture["interfaces"]}
            self.assertEqual(sorted(frames), interfaces)
            for interface in interfaces:
                size = (folder / run / f"{interface}.pcapng").stat().st_size
                self.assertGreaterEqual(size, 60 * frames[interface] + 40, f"{run}/{interface}")
            self.assertEqual([i for i in interfaces if not frames[i]], ["c-p2"], "one path, one subflow: the other is silent")
            for role in ("client", "server"):
                report = json.loads((folder / run / f"{role}.json").read_text())
                for when in ("before", "after", "delta"):
                    self.assertIn("MPCapableSYNTX", report["counters"][when], f"{run}/{role} {when}")
                self.assertEqual((folder / run / f"{role}.received").stat().st_size, report["received"])
                events = [e["event"] for e in report["events"]]
                self.assertEqual("ESTABLISHED" in events, run != "tcp", f"{run}/{role}: {events}")
            box = json.loads((folder / run / "box-path1.r2.json").read_text())
            self.assertEqual(box["mode"], "pass" if run == "baseline" else "box")
            self.check_log(folder / run / "box-path1.r2.decisions.jsonl", run)
        kinds = {(d["run"], d["kind"], d.get("field")) for d in map(json.loads, (folder / "diff.jsonl").read_text().splitlines())}
        self.assertTrue({("tcp", "changed", "payload"), ("mptcp", "changed", "payload")} <= kinds, kinds)
        self.assertEqual((folder / "replay.txt").read_text().strip(), cell["replay"])

    def check_log(self, log, run):
        if run == "baseline":
            self.assertFalse(log.exists())
            return
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        changed = [(line, s) for line in lines for s in line["sent"] if s["what"] == "changed"]
        self.assertTrue(changed, f"{run}: {lines}")
        self.assertEqual([len(line["sent"]) for line in lines], [1] * len(lines), "one for one")
        for line, sent in changed:
            self.assertEqual((line["dir"], sent["bytes"]), ("c2s", line["bytes"]))
            self.assertGreaterEqual(sent["first_changed_byte"], 20, "behind the addresses")

    def test_wrong_bytes_have_a_culprit_an_origin_and_a_shadow(self):
        _, folder = self.failing_cell()
        wrong = wrong_of(folder)
        self.assertEqual(set(wrong), {("tcp", "up"), ("mptcp", "up")})
        told = wrong["mptcp", "up"]
        self.assertEqual((told["offset"], told["kind"], told["culprit"], told["bytes"]), (OFFSET, "edit", "box", "U"), told)
        received, shadow = ((folder / told[key]).read_bytes() for key in ("delivered", "shadow"))
        self.assertEqual(received, shadow, "without a checksum a conforming receiver delivers the edited byte")
        sound = (folder / "baseline/server.received").read_bytes()
        self.assertEqual([i for i in range(len(sound)) if sound[i] != shadow[i]], [OFFSET])

    def test_a_receiver_that_errs_is_named(self):
        """The same captures, but what the application got has one byte more wrong than the wire brought."""
        _, folder = self.failing_cell()
        path = folder / "mptcp/server.received"
        got = bytearray(path.read_bytes())
        got[3000] ^= 0x55
        path.write_bytes(got)
        code, text = self.gauntlet("judge", str(folder))
        self.assertEqual(code, 1, text)
        told = wrong_of(folder)["mptcp", "up"]
        self.assertEqual((told["offset"], told["kind"], told["culprit"], told["parted"]), (3000, "edit", "receiver", 3000), told)

    def test_its_line_repeats_it(self):
        _, folder = self.failing_cell()
        words = shlex.split((folder / "replay.txt").read_text())
        self.assertEqual(words[:2], ["gauntlet", "run"])
        again = self.root / "again"
        code, text = self.gauntlet(*words[1:], "--out", str(again))
        self.assertEqual(code, 1, text)
        told = [wrong_of(f)["mptcp", "up"] for f in (folder, again / "cells" / json.loads((folder / "plan.json").read_text())["cell"])]
        self.assertEqual(*({key: t[key] for key in ("offset", "kind", "culprit", "origin")} for t in told))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--gauntlet", required=True)
    parser.add_argument("--scenarios", required=True)
    run_meta.OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
