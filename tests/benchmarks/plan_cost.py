"""Checks and plans one file in a fresh process; prints the seconds that pyhocon took, and those of everything else."""

import json
import sys
import time
from typing import Any

from pyhocon import ConfigParser

from ppf_core.planning.plan import make_plan
from ppf_core.validation.validate import validate_pipeline

parsing = 0.0
parse = ConfigParser.parse


def timed_parse(*arguments: Any, **options: Any) -> Any:
    """pyhocon's own entry, with a clock."""
    global parsing
    start = time.perf_counter()
    try:
        return parse(*arguments, **options)
    finally:
        parsing += time.perf_counter() - start


ConfigParser.parse = staticmethod(timed_parse)  # called on the class and on instances
start = time.perf_counter()
plan = make_plan(validate_pipeline(sys.argv[1]))
elapsed = time.perf_counter() - start
print(json.dumps({"components": len(plan.components), "parsing": parsing, "kernel": elapsed - parsing}))
