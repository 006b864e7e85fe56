#!/usr/bin/python3
"""No type name is defined at namespace scope by two headers: one program holding both is undefined behaviour, which no linker reports.

    one_definition.py SOURCE_DIR
"""
import collections
import pathlib
import re
import sys

DEFINITION = re.compile(r"^(?:struct|class|union|enum class|enum) (\w+)(?: final)?(?: : [^;{]*)? *\{", re.MULTILINE)


def definitions(root):
    found = collections.defaultdict(set)
    for folder in ("src", "middleboxes", "probe"):
        for header in sorted((root / folder).rglob("*.hh")):
            for name in DEFINITION.findall(header.read_text()):
                found[name].add(str(header.relative_to(root)))
    return found


def main():
    found = definitions(pathlib.Path(sys.argv[1]))
    if len(found) < 50:
        print(f"only {len(found)} types found: the search is broken")
        return 1
    twice = {name: files for name, files in found.items() if len(files) > 1}
    for name, files in sorted(twice.items()):
        print(f"{name} is defined in {' and '.join(sorted(files))}")
    return 1 if twice else 0


if __name__ == "__main__":
    sys.exit(main())
