"""Keeps values that came from the environment by the names of their variables, where these look like secrets.

Another process reads the variables again. A fingerprint tells whether they still are what they were.
"""

import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ppf_core.config.faults import parse_path
from ppf_core.config.loader import PipelineFile
from ppf_core.errors import ConfigError
from ppf_core.hocon.places import Path, dotted
from ppf_core.threads import threads

KEY = "from_environment"
_NAME = re.compile(r"\$\{([^}]+)\}")


def with_names(kept: Mapping[str, Any], file: PipelineFile) -> dict[str, Any]:
    """What a record keeps of a file, with `${NAME}` for what came from variables that look like secrets."""
    values, salt, known = deepcopy(dict(kept)), threads().token(16), {}
    for path in sorted(file.hidden, key=dotted):
        parent, value = _parent(values, path), _item(_parent(file.values, path), path[-1])
        if parent is None or not isinstance(value, str):
            continue
        text = value
        for name in file.variables[path]:
            if given := os.environ.get(name):
                text = text.replace(given, f"${{{name}}}")
        parent[path[-1]] = text
        known[dotted(path)] = _fingerprint(value, salt)
    return {**values, KEY: {"salt": salt, "values": known}} if known else values


def with_values(kept: dict[str, Any]) -> dict[str, Any]:
    """What a record keeps, with the values of today. ConfigError names a variable that is not what it was, or is not set."""
    known = kept.pop(KEY, {"salt": "", "values": {}})
    for place, fingerprint in known["values"].items():
        path = parse_path(place)
        parent = _parent(kept, path)
        names = _NAME.findall(parent[path[-1]])
        value = _NAME.sub(lambda match: os.environ.get(match[1], ""), parent[path[-1]])
        if not hmac.compare_digest(_fingerprint(value, known["salt"]), fingerprint):
            message = f"{' or '.join(names)}, of which {place!r} was made, is not what it was in that run."
            raise ConfigError(f"The environment variable {message}", hint="Set it as it was then, and try again.")
        parent[path[-1]] = value
    return kept


def _parent(values: Any, path: Path) -> Any:
    """What holds the value of a path; None where nothing does."""
    for part in path[:-1]:
        values = _item(values, part)
    return values if _item(values, path[-1]) is not None else None


def _item(values: Any, part: str | int) -> Any:
    if isinstance(part, int):
        return values[part] if isinstance(values, list) and part < len(values) else None
    return values.get(part) if isinstance(values, Mapping) else None


def _fingerprint(value: str, salt: str) -> str:
    # Slow and salted: whoever reads the record must not find out a short password by trying.
    return hashlib.scrypt(value.encode("utf-8", "surrogatepass"), salt=bytes.fromhex(salt), n=1 << 13, r=8, p=1, dklen=16).hex()
