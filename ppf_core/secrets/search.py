"""Finds a few thousand texts in a log that has almost never one of them, as fast as Python can."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

_WORDS = (("Q", 8, 16), ("Q", 8, 8), ("I", 4, 8), ("I", 4, 4))
"""Code and size of words, and how far apart those stand that are looked at."""


class SecretSearch:
    """Masks texts by their patterns.

    Of a text of at least `step + size - 1` bytes that stands anywhere in another, one of the words of `size` bytes that begin
    at a multiple of `step` lies whole inside it. So these words of the searched text are compared with all words of the texts,
    in one operation on sets. Only what has a word in common is looked at closely, which is rare.

        offset   0       16      32      48
        searched [word]..[word]..[word]..[word]..
        text            ..[word]....                  at any offset: at least one word of the row above is whole in it
    """

    def __init__(self, patterns: Mapping[str, str]) -> None:
        self._patterns = patterns
        raws = {text: text.encode("utf-8", "surrogatepass") for text in patterns}
        self._code, self._size, step = _WORDS[-1]
        long = {text: raw for text, raw in raws.items() if len(raw) >= step + self._size - 1}
        shortest = min(map(len, long.values()), default=0)
        # The widest step that no text falls through.
        self._code, self._size, step = next((each for each in _WORDS if shortest >= each[1] + each[2] - 1), _WORDS[-1])
        self._stride = step // self._size
        self._index = _index(long, self._code, self._size, step)
        self._words = frozenset(self._index)
        self._short = tuple(raws.keys() - long.keys())

    def mask(self, text: str, by: str) -> str:
        """The text with everything masked that is found."""
        found = [each for each in self._candidates(text) if each in text]
        return _compiled(frozenset(self._patterns[each] for each in found)).sub(by, text) if found else text

    def _candidates(self, text: str) -> Iterable[str]:
        if not self._words:
            return self._short
        data = memoryview(text.encode("utf-8", "surrogatepass"))
        whole = data[: len(data) // self._size * self._size].cast(self._code)  # type: ignore[call-overload]
        common = self._words.intersection(whole[:: self._stride].tolist())
        return {each for word in common for each in self._index[word]}.union(self._short) if common else self._short


def _index(texts: Mapping[str, bytes], code: str, size: int, step: int) -> dict[int, list[str]]:
    """Each word of a text that may be the one that is met, with the texts that have it."""
    index: dict[int, list[str]] = {}
    for text, raw in texts.items():
        for offset in range(step):
            (word,) = memoryview(raw[offset : offset + size]).cast(code)  # type: ignore[call-overload]
            index.setdefault(word, []).append(text)
    return index


@lru_cache(maxsize=64)
def _compiled(patterns: frozenset[str]) -> re.Pattern[str]:
    # The longest first, so that no part of a longer text is left over.
    return re.compile("|".join(sorted(patterns, key=lambda each: (-len(each), each))))
