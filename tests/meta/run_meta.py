#!/usr/bin/python3
"""The harness seen going red: every fault is made from outside the code under test.

Each case first runs its cell sound (exit 0, level pass) and then broken, and asserts exit 3, level `error` and the reason by
name. Usage: run_meta.py --gauntlet PATH --scenarios DIR [unittest arguments]
"""
import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

OPTIONS = None
SYSCTLS = ["net/core/rmem_max", "net/core/wmem_max", "net/core/rmem_default", "net/core/wmem_default",
           "net/core/netdev_max_backlog", "net/core/somaxconn", "kernel/pty/max", "net/ipv4/ip_forward",
           "net/mptcp/enabled", "net/mptcp/checksum_enabled", "net/mptcp/close_timeout", "net/mptcp/blackhole_timeout"]


def read_sysctls():
    values = {}
    for name in SYSCTLS:
        path = pathlib.Path("/proc/sys", name)
        values[name] = path.read_text().strip() if path.exists() else None
    return values


class Outcome:
    """What one `gauntlet run` left: exit code, results, text."""

    def __init__(self, code, folder, text):
        self.code = code
        self.folder = folder
        self.text = text
        self.cells = {}
        self.checks = {}
        results = folder / "results.jsonl"
        for line in results.read_text().splitlines() if results.exists() else []:
            record = json.loads(line)
            if record["type"] == "cell":
                self.cells[record["cell"]] = record
            elif record["type"] == "check":
                self.checks.setdefault(record["cell"], []).append(record)

    def only_cell(self):
        assert len(self.cells) == 1, f"expected one cell, got {sorted(self.cells)}\n{self.text}"
        return next(iter(self.cells.values()))

    def reasons(self):
        return {check.get("reason", "") for checks in self.checks.values() for check in checks if check["level"] == "error"}


class MetaCase(unittest.TestCase):
    def setUp(self):
        self.before = read_sysctls()
        self.temporary = tempfile.TemporaryDirectory(prefix="gauntlet-meta-")
        self.addCleanup(self.temporary.cleanup)
        self.root = pathlib.Path(self.temporary.name)
        self.runs = 0

    def tearDown(self):
        self.assertEqual(self.before, read_sysctls(), "a run changed a sysctl outside its namespaces")

    def gauntlet(self, *words, path_first=None, expect_text=None):
        env = dict(os.environ)
        if path_first:
            env["PATH"] = f"{path_first}:{env['PATH']}"
        done = subprocess.run([OPTIONS.gauntlet, *words], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=180, check=False)
        return done.returncode, done.stdout

    def run_cells(self, *patterns, path_first=None, keep="always", scenarios=None):
        self.runs += 1
        folder = self.root / f"run{self.runs}"
        code, text = self.gauntlet("run", *patterns, "--scenarios", str(scenarios or OPTIONS.scenarios), "--out", str(folder),
                                   "--keep", keep, "--seed", "7", path_first=path_first)
        return Outcome(code, folder, text)

    def assert_sound(self, outcome):
        cell = outcome.only_cell()
        self.assertEqual((cell["level"], outcome.code), ("pass", 0), outcome.text)

    def assert_broken(self, outcome, reason):
        cell = outcome.only_cell()
        self.assertEqual((cell["level"], outcome.code), ("error", 3), outcome.text)
        self.assertIn(reason, outcome.reasons() | {cell.get("reason", "")}, outcome.text)


class Armed(MetaCase):
    def test_box_on_a_hop_no_packet_takes(self):
        self.assert_sound(self.run_cells("meta/window"))
        self.assert_broken(self.run_cells("meta/elsewhere"), "not-armed")

    def test_rule_withheld(self):
        """An iptables that swallows the queue rule and says yes."""
        wrapper = self.root / "bin"
        wrapper.mkdir()
        for name in ("iptables", "ip6tables"):
            real = next(str(p / name) for p in map(pathlib.Path, ("/usr/sbin", "/sbin", "/usr/bin")) if (p / name).exists())
            script = wrapper / name
            # The start-up probe uses OUTPUT in a namespace of its own; only the box's rule is withheld.
            script.write_text("#!/bin/sh\ncase \"$*\" in *NFQUEUE*) case \"$*\" in *OUTPUT*) ;; *) exit 0;; esac;; esac\n"
                              f"exec {real} \"$@\"\n")
            script.chmod(0o755)
        self.assert_sound(self.run_cells("meta/window"))
        self.assert_broken(self.run_cells("meta/window", path_first=str(wrapper)), "not-armed")

    def test_box_that_does_nothing(self):
        self.assert_sound(self.run_cells("meta/window"))
        self.assert_broken(self.run_cells("meta/idle"), "not-armed")

    def test_box_that_edits_what_it_does_not_declare(self):
        self.assert_sound(self.run_cells("meta/window"))
        self.assert_broken(self.run_cells("meta/undeclared"), "undeclared-edit")

    def test_capture_with_frames_deleted(self):
        outcome = self.run_cells("meta/window")
        self.assert_sound(outcome)
        cell = outcome.only_cell()
        folder = outcome.folder / cell["artifacts"]
        code, text = self.gauntlet("judge", str(folder))
        self.assertEqual(code, 0, f"judged again, the sound cell must pass: {text}")
        capture = next((folder / "mptcp").glob("s-c.pcapng"))
        delete_frames(capture, range(8, 12))
        code, text = self.gauntlet("judge", str(folder))
        self.assertEqual(code, 3, text)
        verdict = json.loads((folder / "verdict.json").read_text())
        self.assertEqual(verdict["level"], "error", text)
        reasons = {check.get("reason") for check in verdict["checks"] if check["level"] == "error"}
        self.assertIn("unboxed-difference", reasons, text)


def delete_frames(path, numbers):
    """Deletes the enhanced packet blocks with these numbers (from 1) from a pcapng file of ours (little-endian)."""
    data = path.read_bytes()
    kept, at, frame = bytearray(), 0, 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if kind == 6:
            frame += 1
        if kind != 6 or frame not in numbers:
            kept += data[at:at + size]
        at += size
    assert frame >= max(numbers), f"{path} has only {frame} frames"
    path.write_bytes(kept)


class BadInput(MetaCase):
    def write_scenario(self, text):
        folder = self.root / "scenarios"
        folder.mkdir(exist_ok=True)
        path = folder / "bad.toml"
        path.write_text(text)
        return folder

    def check_bad(self, text, *words):
        folder = self.write_scenario(text)
        self.assertNotEqual(text, self.sound_text(), "the file under test must differ from the sound one")
        code, said = self.gauntlet("run", "--scenarios", str(folder), "--out", str(self.root / "out"))
        self.assertEqual(code, 2, said)
        for word in ("bad.toml:", *words):
            self.assertIn(word, said)
        self.assertNotIn("terminate called", said)
        self.assertFalse((self.root / "out").exists(), "a run that cannot start leaves nothing")

    def sound_text(self):
        return pathlib.Path(OPTIONS.scenarios, "window.toml").read_text()

    def test_not_toml(self):
        self.check_bad("id = \n")

    def test_unknown_box(self):
        self.check_bad(self.sound_text().replace('use  = "meta-window"', 'use  = "meta-windw"'), "meta-windw")

    def test_unknown_parameter(self):
        self.check_bad(self.sound_text().replace('use  = "meta-window"', 'use  = "meta-window"\nsize = 5'), "size")

    def test_unknown_key(self):
        self.check_bad('colour = "red"\n' + self.sound_text(), "colour")

    def test_unknown_verb_and_option(self):
        self.assertEqual(self.gauntlet("frobnicate")[0], 2)
        self.assertEqual(self.gauntlet("run", "--frobnicate")[0], 2)

    def test_nothing_matches(self):
        self.assertEqual(self.run_cells("no/such-scenario").code, 4)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--gauntlet", required=True)
    parser.add_argument("--scenarios", required=True)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
