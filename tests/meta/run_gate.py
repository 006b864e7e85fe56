#!/usr/bin/python3
"""Every rule of the gate and of merged results, seen red through the program itself; each case is green before it is broken.

Usage: run_gate.py --gauntlet PATH [unittest arguments]
"""
import argparse
import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

OPTIONS = None
KNOWN = "pay/edit@ipv4,cs11"
ENTRY = {"cell": '"pay/edit@*,cs11"', "check": '"bytes.up"', "level": '"harm"', "kernel": '">=6.18, <7.0"',
         "reason": '"the kernel delivers the edited byte"', "evidence": '"docs/findings.md"', "since": "2026-11-20",
         "review": "2027-03-01"}
LEVELS = ["pass", "lenient", "deviation", "harm", "error", "skip"]


def entry(**changes):
    lines = {**ENTRY, **changes}
    return "[[known]]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items() if value is not None)


def check(cell, name, level):
    reason = {} if level == "pass" else {"reason": "wrong-bytes"}
    return {"type": "check", "cell": cell, "id": name, "clause": "RFC 8684 3.7", "level": level, "expected": "T", "actual": "U",
            "evidence": {"capture": "mptcp/s-c.pcapng", "frames": [3]}, **reason}


def cell(name, level, checks):
    return [check(name, *c) for c in checks] + [
        {"type": "cell", "cell": name, "row": "pay.xor", "level": level, "outcome": "preserved", "bytes": "U", "culprit": None,
         "known": None, "gate": "ok", "seconds": 1.0,
         "replay": f"gauntlet run '{name}' --seed 1", "artifacts": f"cells/{name}/",
         "scenario": {"file": "scenarios/pay/edit.toml", "line": 20}}]


def results(cells, kernel="6.18.44", others=()):
    """Records of one run: [(name, level, [(check, level)])]."""
    counts = {level: sum(c[1] == level for c in cells) for level in LEVELS}
    return [{"type": "run", "schema": 1, "tool": "0.1.0", "kernel": kernel, "commit": "abc", "seed": 1, "capabilities": {}},
            {"type": "plan", "cells": [c[0] for c in cells], "others": list(others)},
            *[record for c in cells for record in cell(*c)],
            {"type": "summary", "planned": len(cells), **counts}]


SOUND = [(KNOWN, "harm", [("armed.hits", "pass"), ("bytes.up", "harm"), ("outcome", "pass")]),
         ("seg/split@ipv4,cs00", "pass", [("bytes.up", "pass"), ("outcome", "pass")])]


class Gate(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="gauntlet-gate-")
        self.addCleanup(temporary.cleanup)
        self.root = pathlib.Path(temporary.name)
        self.written = 0
        (self.root / "docs").mkdir()
        (self.root / "docs/findings.md").write_text("what was found\n")

    def write(self, what):
        self.written += 1
        if isinstance(what, list):
            what = "".join(json.dumps(record) + "\n" for record in what)
        path = self.root / f"file{self.written}"
        path.write_text(what)
        return str(path)

    def run_program(self, *words):
        done = subprocess.run([OPTIONS.gauntlet, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=60, check=False)
        return done.returncode, done.stdout

    def gate(self, records, expectations, *options, today="2026-12-01"):
        files = [self.write(r) for r in (records if records and isinstance(records[0], list) else [records])]
        return self.run_program("gate", *files, "--expect", self.write(expectations), "--today", today, *options)

    def demand(self, code, records, expectations, *options, says=(), **more):
        got, text = self.gate(records, expectations, *options, **more)
        self.assertEqual(got, code, text)
        for word in says:
            self.assertIn(word, text)
        return text

    def green(self):
        self.demand(0, results(SOUND), entry(), says=["gate: as expected"])

    def changed(self, name=KNOWN, level="harm", checks=None):
        return [(name, level, checks or [("bytes.up", level if level != "skip" else "not_evaluated")]), SOUND[1]]

    def test_listed_is_green_and_unlisted_red(self):
        self.green()
        self.demand(1, results(SOUND), "", says=[f"unexpected: {KNOWN}: bytes.up is harm"])

    def test_by_cell_and_check_and_level(self):
        self.green()
        self.demand(1, results(self.changed(checks=[("bytes.up", "harm"), ("outcome", "deviation")])), entry(),
                    says=["outcome is deviation"])
        self.demand(1, results(self.changed(level="deviation")), entry(), says=["bytes.up is deviation"])

    def test_stale(self):
        self.green()
        self.demand(1, results(SOUND[1:]), entry(), says=["stale"])
        self.demand(1, results(SOUND), entry() + entry(check='"outcome.nothing"'), says=["stale", ":10"])
        # A cell that the run left out on purpose says nothing about its entry.
        self.demand(0, results(SOUND[1:], others=[KNOWN]), entry())

    def test_renamed_cell(self):
        self.green()
        self.demand(1, results(self.changed(name="pay/edited@ipv4,cs11")), entry(), says=["stale", "unexpected: pay/edited@ipv4,cs11"])

    def test_unexpected_pass(self):
        self.green()
        self.demand(1, results(self.changed(level="pass")), entry(), says=["xpass", KNOWN])
        self.demand(1, results(self.changed(level="lenient")), entry(), says=["xpass", KNOWN])

    def test_kernel_range(self):
        self.green()
        self.demand(1, results(SOUND, kernel="7.0.1"), entry(), says=["unexpected"])
        self.demand(0, results(SOUND[1:], kernel="7.0.1"), entry())
        self.demand(2, results(SOUND), entry(kernel='"6.18"'), says=["kernel"])

    def test_every_key_is_demanded(self):
        self.green()
        for key in ENTRY:
            self.demand(2, results(SOUND), entry(**{key: None}), says=[f"`{key}`"])
        for key in ("reason", "evidence"):
            self.demand(2, results(SOUND), entry(**{key: '""'}), says=[f"`{key}`"])
        self.demand(2, results(SOUND), entry(owner='"me"'), says=["owner"])
        self.demand(2, results(SOUND), entry() + entry(), says=["the same cell, check and kernel"])

    def test_no_wildcard_and_no_error(self):
        self.green()
        for check_name in ('"*"', '"bytes.*"', '"bytes.?p"'):
            self.demand(2, results(SOUND), entry(check=check_name), says=["wildcard"])
        for name in ('"*"', '"*/*@*"', '"*i*"', '"pay/*@*,cs11"', '"pay/edit*"'):
            self.demand(2, results(SOUND), entry(cell=name), says=["`cell`"])
        self.demand(2, results(SOUND), entry(level='"error"'), says=["`level`"])
        self.demand(2, results(SOUND), entry(level='"lenient"'), says=["`level`"])

    def test_evidence_is_there(self):
        self.green()
        self.demand(1, results(SOUND), entry(evidence='"docs/none.md 4: seen"'), says=["entry: ", "docs/none.md, which is not there"])
        self.demand(0, results(SOUND), entry(evidence='"docs/findings.md 4: seen"'))
        self.demand(0, results(SOUND), entry(evidence='"looked at"'))

    def test_since_a_day_to_come(self):
        self.green()
        self.demand(0, results(SOUND), entry(), "--nightly", today="2026-11-20")
        self.demand(0, results(SOUND), entry(), today="2026-11-19", says=["warning: entry: ", "since 2026-11-20"])
        self.demand(1, results(SOUND), entry(), "--nightly", today="2026-11-19", says=["entry: "])

    def test_checks_of_both_ends_share_an_id(self):
        """One holds, the other fails as listed: whichever comes first."""
        self.green()
        both = [("bytes.up", "harm"), ("bytes.up", "pass")]
        for checks in (both, both[::-1]):
            self.demand(0, results(self.changed(checks=checks)), entry())

    def test_review_date(self):
        self.green()
        self.demand(0, results(SOUND), entry(), today="2027-03-01")
        self.demand(0, results(SOUND), entry(), today="2027-03-02", says=["warning: review"])
        self.demand(1, results(SOUND), entry(), "--nightly", today="2027-03-02", says=["review"])
        self.demand(2, results(SOUND), entry(review="2026-11-19"), says=["`review`"])

    def test_error_outranks_everything(self):
        self.green()
        broken = [(KNOWN, "error", [("armed.hits", "error")]), ("seg/split@ipv4,cs00", "harm", [("bytes.up", "harm")])]
        self.demand(3, results(broken), entry(), says=["error", "unexpected"])

    def test_incomplete_runs(self):
        self.green()
        records = results(SOUND)
        self.demand(3, records[:-1], entry(), says=["no summary"])
        self.demand(3, [r for r in records if r.get("cell") != SOUND[1][0]], entry(), says=["planned"])
        wrong = copy.deepcopy(records)
        wrong[-1]["pass"] += 1
        self.demand(3, wrong, entry(), says=["the summary says pass 2"])
        cut = self.write(records)
        pathlib.Path(cut).write_text(pathlib.Path(cut).read_text()[:-30])
        code, text = self.run_program("gate", cut, "--expect", self.write(entry()))
        self.assertEqual(code, 3, text)
        self.demand(3, records[1:], entry(), says=["run record"])
        self.demand(3, records + records[-2:-1], entry(), says=["second result"])

    def test_checks_say_what_the_cell_says(self):
        """A record that was damaged by hand or by a fault of ours: no green for what the checks do not say."""
        self.green()
        for checks in ([], [("bytes.up", "not_evaluated")], [("bytes.up", "harm")]):
            self.demand(1, results([SOUND[0], ("seg/split@ipv4,cs00", "pass", checks)]), entry(), says=["the cell is pass but"])
        self.demand(3, results([SOUND[0], ("seg/split@ipv4,cs00", "pass", [("armed.hits", "error")])]), entry(), says=["error"])
        self.demand(3, results(self.changed(checks=[("bytes.up", "harm"), ("armed.hits", "error")])), entry(), says=["error"])
        self.demand(3, results(self.changed(checks=[("bytes.up", "HARM")])), entry(), says=["unknown level 'HARM'"])

    def test_no_record_is_lost(self):
        self.green()
        records = results(SOUND)
        late = check(SOUND[1][0], "outcome", "harm")
        self.demand(3, [*records[:-1], late, records[-1]], entry(), says=[f"checks of {SOUND[1][0]} without a result"])
        self.demand(3, [*records[:2], {"type": "chekc"}, *records[2:]], entry(), says=["unknown type 'chekc'"])
        self.demand(3, [*records, records[-1]], entry(), says=["a second summary"])

    def test_skips_and_nothing(self):
        self.green()
        some = [*SOUND, ("opt/echo@ipv4", "skip", [])]
        self.demand(0, results(some), entry())
        self.demand(3, results(some), entry(), "--no-skips", says=["skipped: opt/echo@ipv4"])
        self.demand(4, results([("opt/echo@ipv4", "skip", [])]), "")
        self.demand(4, results([]), "")

    def test_rounds_that_differ(self):
        self.green()
        again = [(f"{SOUND[1][0]}~{n}", "pass", SOUND[1][2]) for n in (2, 3)]
        self.demand(0, results([*SOUND, *again]), entry())
        other = [(f"{SOUND[1][0]}~2", "lenient", [("bytes.up", "pass"), ("outcome", "lenient")])]
        self.demand(1, results([*SOUND, *other]), entry(), says=["unstable", "1 x lenient"])

    def test_rounds_of_an_undecided_cell(self):
        """They may differ, but what no entry lists is red all the same."""
        self.green()
        again = [(f"{KNOWN}~2", "pass", [("armed.hits", "pass"), ("bytes.up", "pass"), ("outcome", "pass")])]
        self.demand(1, results([*SOUND, *again]), entry(), says=["unstable", "xpass"])
        records = results([*SOUND, *again])
        for record in records:
            if record["type"] == "cell" and record["cell"].startswith(KNOWN):
                record["undecided"] = "1 of 2 rounds"
        self.demand(0, records, entry())
        self.demand(1, records, "", says=[f"unexpected: {KNOWN}"])

    def test_not_evaluated_is_no_pass(self):
        """A listed check that was not evaluated is neither a pass of it nor a failure."""
        self.green()
        self.demand(0, results(self.changed(level="pass", checks=[("bytes.up", "not_evaluated"), ("outcome", "pass")])), entry())

    def test_proposed_entries_want_a_person(self):
        self.green()
        code, text = self.gate(results(SOUND), "", "--propose")
        self.assertEqual(code, 1)
        proposed = text[text.index("[[known]]"):]
        self.demand(2, results(SOUND), proposed)
        dated = re.sub(r"review *= #.*", "review = 2027-03-01", proposed)
        self.demand(2, results(SOUND), dated, says=["`reason`", "`evidence`"])
        completed = re.sub(r'(reason|evidence) *= *""', r'\1 = "looked at"', dated)
        self.demand(0, results(SOUND), completed)

    def test_shards_merge(self):
        shards = [results([c], others=[o[0] for o in SOUND if o is not c]) for c in SOUND] + [
            results([("fld/ttl@ipv6", "pass", [("bytes.up", "pass")])])]
        self.demand(0, shards, entry(), says=["3 cells"])
        self.demand(1, shards, "", says=["unexpected"])
        self.demand(3, [*shards[:2], shards[2][:-1]], entry(), says=["no summary"])
        self.demand(3, [*shards, shards[0]], entry(), says=["do not merge"])

    def test_reports_of_shards(self):
        files = [self.write(results([c])) for c in SOUND] + [self.write(results([("fld/ttl@ipv6", "pass", [("bytes.up", "pass")])]))]
        for order in (files, files[::-1]):
            junit = str(self.root / "junit.xml")
            code, text = self.run_program("report", *order, "--junit", junit, "--tap")
            self.assertEqual(code, 0, text)
            self.assertIn('tests="3" failures="1"', pathlib.Path(junit).read_text())
            self.assertEqual(len(re.findall(r"^(?:not )?ok ", text, re.M)), 3, text)
            self.assertEqual(text.splitlines()[1], "1..3")
        code, text = self.run_program("report", *files, files[0])
        self.assertEqual(code, 3, text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--gauntlet", required=True)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
