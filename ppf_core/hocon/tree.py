"""Values as a tree: pyhocon's `ConfigTree`, whose keys here are taken as they are."""

from collections import OrderedDict
from functools import lru_cache
from typing import Any


class WrittenNumber(float):
    """A number that remembers how the file writes it, for where a text or an exact decimal is wanted: 1.10."""

    def __new__(cls, text: str) -> "WrittenNumber":
        """The number that a text of the file means."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str

    def __repr__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[type["WrittenNumber"], tuple[str]]:
        return WrittenNumber, (self.text,)


@lru_cache(maxsize=1)
def tree_class() -> type[OrderedDict[str, Any]]:
    """A `ConfigTree` that looks up each key as it is. pyhocon's own reads it as a path, which takes long."""
    from pyhocon.config_tree import ConfigTree

    plain = {
        "__contains__": OrderedDict.__contains__,
        "__getitem__": OrderedDict.__getitem__,
        "get": OrderedDict.get,
        "pop": OrderedDict.pop,
        "__reduce__": lambda tree: (_tree, (dict(tree.items()),)),
    }
    return type("Tree", (ConfigTree,), plain)


def _tree(values: dict[str, Any]) -> OrderedDict[str, Any]:
    return tree_class()(values)
