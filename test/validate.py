# SPDX-License-Identifier: MIT
# validate.py SCHEMA <LINES: each line must be valid JSON and fit the schema; prints the first that does not.
import json
import sys

import jsonschema

with open(sys.argv[1]) as f:
    schema = json.load(f)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
lines = 0
for line in sys.stdin:
    lines += 1
    error = next(validator.iter_errors(json.loads(line)), None)
    if error:
        print(f"line {lines}: {error.message}\n{line}")
        sys.exit(1)
print(f"{lines} lines")
