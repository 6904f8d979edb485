"""The options of all plugins here, and their values as Spark takes them: as text."""

from collections.abc import Mapping
from typing import Any

from ppf_core import OptionsError, SchemaContract


def as_text(given: Mapping[str, Any]) -> dict[str, str]:
    """Options as Spark takes them: `true` and not `True`, and numbers as the file has them."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()}


def faults_of_options(given: Mapping[str, Any], taken: tuple[str, ...] = ()) -> dict[str, str]:
    """What cannot be: no single value, or one option twice. taken: what other keys of the file are for."""
    found, first = {}, dict[str, str]()
    for name, value in given.items():
        if not isinstance(value, str | int | float | bool):
            found[f'options."{name}"'] = "must be text, a number or a boolean"
        elif name.lower() in taken:
            found[f'options."{name}"'] = f"stands beside options: write {name.lower()} = … there"
        elif name.lower() in first:
            found[f'options."{name}"'] = f"is the same option as {first[name.lower()]!r}; leave one of them out"
        first.setdefault(name.lower(), name)
    return found


def faults_of_schema(schema: str | None) -> dict[str, str]:
    """What is no DDL."""
    try:
        if schema is not None:
            SchemaContract.of(schema)
    except ValueError as error:
        return {"schema": str(error)}
    return {}


def refuse(faults: Mapping[str, str]) -> None:
    """Raises OptionsError if there are any."""
    if faults:
        raise OptionsError(faults)


def faults_of_packages(packages: list[str]) -> dict[str, str]:
    """What Maven would not understand."""
    return {
        f"packages[{index}]": f"is {each!r}, but must be 'group:artifact:version'"
        for index, each in enumerate(packages)
        if each.count(":") != 2 or not all(part.strip() for part in each.split(":"))
    }
