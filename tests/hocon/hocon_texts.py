"""What the tests of HOCON share: the corpus, and a text that is read."""

import json
from pathlib import Path
from typing import Any

from ppf_core.errors import Problem
from ppf_core.hocon.budget import Budget
from ppf_core.hocon.document import TreeBuilder
from ppf_core.hocon.resolution import Resolver
from ppf_core.hocon.scanner import Scanner, Unbalanced

CORPUS = json.loads((Path(__file__).parent / "corpus.json").read_text())


def read(text: str) -> tuple[Any, list[Problem]]:
    """The values of a text, and what is wrong with it."""
    scanner = Scanner(text, "text.conf", Budget())
    try:
        content = scanner.scan()
    except Unbalanced:
        return None, scanner.problems
    resolver = Resolver(CORPUS["environment"], problems=scanner.problems)
    resolver.add(content)
    return TreeBuilder(resolver).build().tree, resolver.problems
