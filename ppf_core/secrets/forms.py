"""How a secret may look in a text: as it is, encoded, or escaped."""

import base64
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

ALONE = 4
"""Shorter values are masked only where they stand alone: else they would eat the text around them."""
ENCODED = 8
"""Values of fewer bytes are not looked for in base64 and hex: what they give there is too short to mean anything."""

_DIGIT = "[A-Za-z0-9+/_-]?"
_URL_SAFE = str.maketrans("+/", "-_")


def patterns(value: str) -> dict[str, str]:
    """Each text that shows the value, with the pattern of what to mask where it stands."""
    alone = r"(?<!\w){}(?!\w)" if len(value) < ALONE else "{}"
    plain = {form: alone.format(re.escape(form)) for form in _forms(value) if form}
    return {**_in_base64(value), **plain}


def _forms(value: str) -> Iterator[str]:
    yield value
    # A log shows a text of several lines one line at a time.
    yield from (line for line in value.splitlines() if len(line) >= ALONE)
    yield from _in_addresses(value)
    yield from _escaped(value)
    raw = _bytes(value)
    if len(raw) >= ENCODED:
        yield raw.hex()
        yield raw.hex().upper()


def _in_addresses(value: str) -> Iterator[str]:
    raw = _bytes(value)
    # Browsers, Java and Python each leave other characters as they are.
    for safe in ("", "/", "!'()*", "!$&'()*+,;=", "*"):
        for encoded in (quote(raw, safe=safe), quote_plus(raw, safe=safe)):
            yield encoded
            yield re.sub("%..", lambda digits: digits[0].lower(), encoded)


def _escaped(value: str) -> Iterator[str]:
    for ascii_only in (True, False):
        escaped = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield escaped
        yield escaped.replace("/", "\\/")
        yield json.dumps(escaped, ensure_ascii=ascii_only)[1:-1]  # JSON as a text in JSON
        yield repr(escaped)[1:-1]  # and among the arguments of an exception
    yield repr(value)[1:-1]
    yield html.escape(value, quote=False)
    marked = html.escape(value)
    yield marked
    yield marked.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")  # as templates have it
    yield marked.replace("&#x27;", "&apos;")


def _in_base64(value: str) -> dict[str, str]:
    """At each alignment the characters that hold nothing but bits of the value; those beside them hold some bits too."""
    raw, found = _bytes(value), {}
    for before in range(3 if len(raw) >= ENCODED else 0):
        bits = (before + len(raw)) * 8
        core = base64.b64encode(bytes(before) + raw).decode()[(0, 2, 3)[before] : bits // 6]
        first, last = _DIGIT if before else "", _DIGIT if bits % 6 else ""
        for each in (core, core.translate(_URL_SAFE)):
            found[each] = f"{first}{re.escape(each)}{last}={{0,2}}"
    return found


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")
