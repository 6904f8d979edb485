"""Looks for a secret in whatever form; written apart from the code that masks it."""

import base64
import gzip
import html
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import zstandard


def forms(secret: str) -> dict[str, bytes]:
    """What must be found nowhere, by the name of the form."""
    raw = secret.encode()
    found = {
        "plain": raw,
        "utf-16": secret.encode("utf-16-le"),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "url": quote(secret, safe="").encode(),
        "url+": quote_plus(secret).encode(),
        "html": html.escape(secret).encode(),
        "json": json.dumps(secret)[1:-1].encode(),
        "json in json": json.dumps(json.dumps(secret)[1:-1])[1:-1].encode(),
        "python": repr(secret)[1:-1].encode(),
        "json in python": repr(json.dumps(secret)[1:-1])[1:-1].encode(),
    }
    for shift in range(3):
        # Without the first and the last characters, which hold bits of what stands beside the secret.
        for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            found[f"{name} {shift}"] = encode(b"\0" * shift + raw)[4:-4]
    return {name: form for name, form in found.items() if form}


def hits(name: str, content: bytes, secret: str) -> list[str]:
    """Where the secret stands in some bytes, with what is around it."""
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    if content[:4] == b"\x28\xb5\x2f\xfd":
        content = zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True).read()
    return [f"{name}: {form}: …{_around(content, text)!r}…" for form, text in forms(secret).items() if text in content]


def in_folder(folder: Path, secret: str) -> Iterator[str]:
    """The same for every name and every byte below a folder."""
    for path in sorted(folder.rglob("*")):
        yield from hits(f"name of {path}", str(path.relative_to(folder)).encode(), secret)
        if path.is_file():
            yield from hits(str(path.relative_to(folder)), path.read_bytes(), secret)


def _around(content: bytes, text: bytes) -> bytes:
    at = content.index(text)
    return content[max(at - 60, 0) : at + len(text) + 20]
