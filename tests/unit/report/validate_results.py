#!/usr/bin/python3
"""Every line of results files against the JSON schema: validate_results.py SCHEMA RESULTS.jsonl...

Exit 0: all valid, 1: some are not (each is named), 4: python3-jsonschema is missing.
"""
import json
import sys

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is missing")
    sys.exit(4)


def main(schema_path, *paths):
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    bad = lines = 0
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                lines += 1
                for error in validator.iter_errors(json.loads(line)):
                    bad += 1
                    print(f"{path}:{number}: {error.json_path}: {error.message}")
    print(f"{lines} lines, {bad} errors")
    return 1 if bad or not lines else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
