"""Prints the JSON Schema of one line of a run log: ``python -m rollscope.wire``."""

import json
import sys

from rollscope.wire.vocabulary import schema

sys.stdout.write(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n")
