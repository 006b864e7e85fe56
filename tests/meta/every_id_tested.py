#!/usr/bin/python3
"""Every verdict and note that the prober can give is named by one of its tests.

    every_id_tested.py SOURCE_DIR

What it can give is read from its source: notes, verdicts beside the field they are about, and every other word in quotes that looks like a
verdict and is not listed below as something else. A name counts as tested where a test holds it as findings and notes are written:
`FIELD[.SEGMENT].DIRECTION: VERDICT`, and the id of a note in quotes.
"""
import pathlib
import re
import sys

# Words in quotes that are no verdicts: fields, names of things, what stands in sentences.
OTHER = set("""
    forward return either answered refused unreachable silent equal changed-to not-covered rate-limited right wrong none udp icmp syn synack data
    ack ack3 fin rst distance portal payload twice nothing the mpcapable mpjoin opt order plain unknown http dss ssn once there refresh
""".split())
NOT_JUDGING = ("render_", "expect", "spec", "craft", "catalogue", "inlet", "raw_", "line_socket", "shadow", "follow", "agent", "trace_agent", "icmp_quote")
ALSO = {("tcp.mss", "raised"), ("tcp.mss", "clamped"), ("payload", "lengthened"), ("payload", "shortened"), ("ip.extension_headers", "added"),
        ("ip.dscp", "changed"), ("ip.dscp", "bleached"), ("mptcp.mp_capable", "reset")}  # field and verdict meet in the course of things
NOTE = re.compile(r'notes\s*\.\s*push_back\(\s*\{\s*"([^"]+)"')
CALL = re.compile(r'\b(?:set|word|upper16|upper32|make_finding|finding|found|injected)\(\s*"([a-z][\w.]*)"([^;]*?)(?=;|\bmake_finding\()')
SAME = re.compile(r',\s*("[^"]*"),\s*\1\)')  # set("ip.options", "none", "none"): nothing has changed
WORD = re.compile(r'"([a-z]+(?:-[a-z]+)*)"')


def source(root):
    return {f.name: f.read_text() for f in sorted((root / "probe").glob("*.cc")) if not f.name.startswith(NOT_JUDGING)}


def producible(texts):
    notes, pairs, verdicts = set(), set(ALSO), set()
    for name, text in texts.items():
        notes.update(NOTE.findall(text))
        if name in ("explain.cc", "locate_nat.cc", "ways.cc"):  # they read verdicts, and give none
            continue
        verdicts.update(w for w in WORD.findall(text) if w not in OTHER)
        for field, rest in CALL.findall(text):
            if SAME.match(rest):
                continue
            said = [w for w in WORD.findall(rest) if w not in OTHER]
            pairs.update((field, v) for v in said or ["changed"])
    return notes, pairs, verdicts


def tested(root):
    tests = [f for folder in ("unit/probe", "unit/chains", "virtual", "probe") for f in sorted((root / "tests" / folder).rglob("*")) if f.is_file()]
    return "\n".join(f.read_text() for f in tests)


def named(text, field, verdict):
    return re.search(rf"(?<![\w.]){field}(?:\.\w+)?\.(?:forward|return|either): {verdict}(?![\w-])", text)


def main():
    root = pathlib.Path(sys.argv[1])
    notes, pairs, verdicts = producible(source(root))
    text = tested(root)
    if len(notes) < 10 or len(pairs) < 30 or len(verdicts) < 30:
        print(f"{len(notes)} notes, {len(pairs)} verdicts with a field and {len(verdicts)} verdicts found: the search is broken")
        return 1
    missing = [f"note {n}" for n in sorted(notes) if f'"{n}"' not in text]
    missing += [f"{f}: {v}" for f, v in sorted(pairs) if not named(text, re.escape(f), v)]
    missing += [f"verdict {v}" for v in sorted(verdicts) if not named(text, r"[\w.]+?", v)]
    print("\n".join(f"no test names {m}" for m in missing) or f"{len(notes)} notes, {len(pairs)} verdicts with a field and {len(verdicts)} verdicts are named")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
