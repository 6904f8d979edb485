"""Sizes such as "128 MB", as HOCON has them: kB, MB, GB count in thousands; k, M, G and KiB, MiB, GiB in 1,024s."""

import re

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")
_UNITS = {
    **dict.fromkeys(("", "B", "b"), 1),
    **{f"{letter}B": 1000**power for power, letter in enumerate("kMGT", start=1)},
    **{
        name: 1024**power
        for power, each in enumerate("KMGT", start=1)
        for name in (each, each.lower(), f"{each}i", f"{each}iB")
    },
}


def size_of(text: str) -> int:
    """The number of bytes. ValueError for what is no size."""
    found = _SIZE.fullmatch(text)
    if found is None or found[2] not in _UNITS or float(found[1]) * _UNITS[found[2]] < 1:
        raise ValueError(f'is {text!r}, but must be a size such as "128 MB"')
    return int(float(found[1]) * _UNITS[found[2]])
