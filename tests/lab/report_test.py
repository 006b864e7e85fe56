#!/usr/bin/python3
"""A real run's results in every format: valid by the schemas in docs/, read by the programs they are made for.

    report_test.py GAUNTLET

Exit 0: passed, 1: a format is wrong, 4: skipped (this machine cannot run the lab, or a reader is missing: named).
"""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CELL = "none@ipv4,cs00,p1,paced"


def run(*words, **more):
    return subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=120, check=False, **more)


def demand(done, code, what):
    if done.returncode != code:
        print(f"{what}: exit {done.returncode}, not {code}\n{done.stdout}")
        sys.exit(1)
    return done.stdout


def main(gauntlet):
    if run(gauntlet, "doctor").returncode != 0:
        print("skipped: this machine cannot run the lab")
        return 4
    for reader in ("xmllint", "prove"):
        if not pathlib.Path("/usr/bin", reader).exists():
            print(f"skipped: {reader} is missing")
            return 4
    if run("/usr/bin/python3", "-c", "import jsonschema").returncode != 0:
        print("skipped: python3-jsonschema is missing")
        return 4
    with tempfile.TemporaryDirectory(prefix="gauntlet-report-") as name:
        folder = pathlib.Path(name)
        results, junit, badge, tap = (folder / n for n in ("out/results.jsonl", "junit.xml", "badge.json", "run.tap"))
        demand(run(gauntlet, "run", CELL, "--scenarios", ROOT / "scenarios", "--out", folder / "out", cwd=ROOT), 0, "the run")
        demand(run("/usr/bin/python3", "-B", ROOT / "tests/unit/report/validate_results.py", ROOT / "docs/results.schema.json",
                   results), 0, "the schema")
        cells = [r for r in map(json.loads, results.read_text().splitlines()) if r["type"] == "cell"]
        place = cells[0]["scenario"]
        line = (ROOT / place["file"]).read_text().splitlines()[place["line"] - 1]
        if len(cells) != 1 or place["file"].startswith("/") or "[[expect]]" not in line:
            print(f"the cell does not name its [[expect]]: {cells}")
            return 1
        tap.write_text(demand(run(gauntlet, "report", results, "--junit", junit, "--badge", badge, "--tap"), 0, "the report"))
        demand(run("/usr/bin/xmllint", "--noout", "--schema", ROOT / "docs/junit.xsd", junit), 0, "xmllint")
        if "Tests=1," not in demand(run("/usr/bin/prove", "--exec", "/bin/cat", tap), 0, "prove"):
            print("prove does not count one test")
            return 1
        if json.loads(badge.read_text())["message"] != "1/1":
            print(badge.read_text())
            return 1
        demand(run(gauntlet, "report", "--diff", results, results), 0, "the diff with itself")
        spoilt = folder / "spoilt.jsonl"
        spoilt.write_text(results.read_text().replace('"level":"pass","outcome"', '"level":"harm","outcome"')
                          .replace('"pass":1', '"pass":0').replace('"harm":0', '"harm":1'))
        said = demand(run(gauntlet, "report", "--diff", results, spoilt), 1, "the diff with a worse run")
        if f"worse    {CELL}: pass -> harm" not in said:
            print(said)
            return 1
        demand(run(gauntlet, "report", results, "--tap", "--markdown"), 2, "two formats for standard output")
        demand(run(gauntlet, "report", "--diff", results), 2, "a diff of one file")
    print("passed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
