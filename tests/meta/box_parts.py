#!/usr/bin/python3
"""A box is four things: its file, its line in the registry, its vectors and a scenario that uses it; and it is short.
Each part is left out of a copy of the tree and the check is seen red for it; then our tree must be whole.

    box_parts.py SOURCE_DIR
"""
import pathlib
import re
import shutil
import sys
import tempfile

# Lines of code of a box: its file, and every header that no other box uses. What a header holds does not make a box
# simpler, so it counts where it belongs.
MOST_LINES = 80
# What a box needs to follow a connection stands in src/connection, for all boxes, and there each header has its test.

NO_BOX = {"registry", "markdown"}  # in middleboxes, what is no box


def lines_of_code(file):
    lines = (line.strip() for line in file.read_text().splitlines())
    return sum(1 for line in lines if line and not line.startswith("//"))


def headers_of(file, folder):
    """The headers of the boxes' folder that a file includes, one by another, too."""
    found, todo = set(), [file]
    while todo:
        for name in re.findall(r'^#include "middleboxes/([^"]+)"', todo.pop().read_text(), re.MULTILINE):
            if name not in found and (folder / name).exists():
                found.add(name)
                todo.append(folder / name)
    return found


def sizes(root):
    folder = root / "middleboxes"
    files = {f.stem: f for f in sorted(folder.glob("*.cc"))}
    headers = {name: headers_of(f, folder) for name, f in files.items()}
    users = {}
    for name, included in headers.items():
        for header in included:
            users.setdefault(header, set()).add(name)
    return {
        name: lines_of_code(f) + sum(lines_of_code(folder / h) for h in headers[name] if users[h] == {name})
        for name, f in files.items() if name not in NO_BOX
    }


def complaints(root):
    """What is wrong below this root, a line each."""
    registry = (root / "middleboxes" / "registry.cc").read_text()
    registered = {name.replace("_", "-") for name in re.findall(r"^  BOX\((\w+)\)", registry, re.MULTILINE)}
    files = {f.stem for f in (root / "middleboxes").glob("*.cc")} - NO_BOX
    vectors = {f.stem for f in (root / "tests" / "vectors").glob("*.toml") if "[[case]]" in f.read_text()}
    used = set()
    for scenario in (root / "scenarios").rglob("*.toml"):
        used |= set(re.findall(r'^ *use *= *"([^"]+)"', scenario.read_text(), re.MULTILINE))
    used.add("pass")  # changes nothing and needs no cell
    found = []
    for name in sorted(registered | files | vectors):
        for part, there in (("file", files), ("line in the registry", registered), ("vectors", vectors), ("scenario", used)):
            if name not in there:
                found.append(f"{name}: no {part}")
    for name, size in sorted(sizes(root).items()):
        if size > MOST_LINES:
            found.append(f"{name}: {size} lines of code")
    tests = "".join(f.read_text() for f in (root / "tests" / "unit" / "connection").glob("*.cc"))
    for header in sorted((root / "src" / "connection").glob("*.hh")):
        if f'#include "connection/{header.name}"' not in tests:
            found.append(f"connection/{header.name}: no test")
    return found


def seen_red(root):
    """Faults in this tree, one after the other: what was not said of them."""
    box = root / "middleboxes" / "optorder.cc"
    registry = root / "middleboxes" / "registry.cc"

    def gone(path):
        return lambda: path.unlink()

    def unregistered():
        registry.write_text(registry.read_text().replace("  BOX(optorder) \\\n", ""))

    def hidden():
        (root / "middleboxes" / "own.hh").write_text("int x;\n" * MOST_LINES)
        box.write_text('#include "middleboxes/own.hh"\n' + box.read_text())

    def behind_another():
        hidden()
        (root / "middleboxes" / "own.hh").write_text('#include "middleboxes/more.hh"\n')
        (root / "middleboxes" / "more.hh").write_text("int x;\n" * MOST_LINES)

    def unheard():
        (root / "middleboxes" / "unheard.cc").write_text("// unheard: a file and nothing else\n")

    def untested():
        (root / "src" / "connection" / "untested.hh").write_text("int x;\n")

    size = sizes(root)["optorder"]
    faults = [
        (gone(box), ["optorder: no file"]),
        (unregistered, ["optorder: no line in the registry"]),
        (gone(root / "tests" / "vectors" / "optorder.toml"), ["optorder: no vectors"]),
        (gone(root / "scenarios" / "opt" / "reorder.toml"), ["optorder: no scenario"]),
        (unheard, [f"unheard: no {part}" for part in ("line in the registry", "vectors", "scenario")]),
        (hidden, [f"optorder: {size + MOST_LINES + 1} lines of code"]),
        (untested, ["connection/untested.hh: no test"]),
        (behind_another, [f"optorder: {size + MOST_LINES + 2} lines of code"]),
    ]
    missed = []
    for fault, wanted in faults:
        with tempfile.TemporaryDirectory() as folder:
            kept = pathlib.Path(folder) / "kept"
            shutil.copytree(root, kept)
            fault()
            got = complaints(root)
            shutil.rmtree(root)
            shutil.copytree(kept, root)
        if got != wanted:
            missed.append(f"not seen red: wanted {wanted}, got {got}")
    return missed


def main():
    root = pathlib.Path(sys.argv[1])
    wrong = complaints(root)
    if not wrong:
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "tree"
            for part in ("middleboxes", "scenarios", "src/connection", "tests/unit/connection", "tests/vectors"):
                shutil.copytree(root / part, copy / part)
            wrong = seen_red(copy)
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
