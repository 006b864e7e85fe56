#!/usr/bin/python3
"""run_mutations.py seen going red, without a lab: too few faults, a fault that the judge misses, a cell with no place for one."""
import contextlib
import io
import json
import pathlib
import random
import struct
import tempfile
import unittest

import run_mutations


def code_of(*seen):
    with contextlib.redirect_stdout(io.StringIO()):
        return run_mutations.exit_code([("cell", "fault", "what", "error", one) for one in seen])


class Bound(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_thirty_faults_are_enough_and_29_are_not(self):
        self.assertEqual(code_of(*[True] * 30), 0)
        self.assertEqual(code_of(*[True] * 29), 1)

    def test_one_that_was_missed_is_red_among_many(self):
        self.assertEqual(code_of(*[True] * 100, False), 1)

    def planted(self, level):
        """A fault in a cell that a judge calls this."""
        judge = self.folder / "judge"
        judge.write_text(f"#!/bin/sh\necho '{json.dumps({'level': level, 'checks': []})}'\n")
        judge.chmod(0o755)
        (self.folder / "evidence.json").write_text('{"errors": []}')
        *_, seen = run_mutations.plant(str(judge), self.folder, run_mutations.lab_error, random.Random(1))
        self.assertEqual((self.folder / "evidence.json").read_text(), '{"errors": []}')
        return seen

    def test_a_fault_behind_which_the_verdict_stays_is_missed(self):
        self.assertTrue(self.planted("error"))
        self.assertFalse(self.planted("pass"))
        self.assertFalse(self.planted("lenient"))

    def test_captures_with_too_little_in_them_are_no_place(self):
        (self.folder / "evidence.json").write_text('{"cuts": [["a"], ["b"]]}')
        packet = bytes(run_mutations.ETHERNET) + b"\x45" + bytes(8) + b"\x06" + bytes(31)
        frame = struct.pack("<II12xII", 6, 32 + len(packet), len(packet), len(packet)) + packet + bytes(4)

        def captures(frames):
            for run in run_mutations.RUNS:
                (self.folder / run).mkdir(exist_ok=True)
                for name in ("a", "b"):
                    (self.folder / run / f"{name}.pcapng").write_bytes(frame * frames)

        captures(run_mutations.LEAST_FRAMES)
        self.assertRaises(RuntimeError, run_mutations.some_capture, self.folder, random.Random(1))
        captures(run_mutations.LEAST_FRAMES + 1)
        self.assertEqual(len(run_mutations.some_capture(self.folder, random.Random(1)).frames), run_mutations.LEAST_FRAMES + 1)


if __name__ == "__main__":
    unittest.main()
