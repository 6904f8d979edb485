"""Reads and writes a schema in DDL (`id bigint, tags array<string>`) without Spark.

The grammar is that of StructType.fromDDL, and what `createDataFrame` takes beside it: `id: bigint`, and a whole `struct<…>`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from ppf_core.errors import near_miss

_TOKEN = re.compile(
    r"""(?P<space>(?:\s|--[^\n]*|/\*.*?\*/)+)
      | (?P<quoted>`(?:[^`]|``)*`)
      | (?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
      | (?P<word>[A-Za-z0-9_]+)
      | (?P<mark>[<>(),:])""",
    re.VERBOSE | re.DOTALL,
)
_OTHER_NAMES = {
    "byte": "tinyint",
    "short": "smallint",
    "integer": "int",
    "long": "bigint",
    "real": "float",
    "dec": "decimal",
    "numeric": "decimal",
    "character": "char",
    "timestamp_ltz": "timestamp",
}
_PLAIN = frozenset(
    {
        *(
            "binary",
            "boolean",
            "tinyint",
            "smallint",
            "int",
            "bigint",
            "float",
            "double",
            "decimal",
            "string",
            "char",
            "varchar",
        ),
        *("date", "time", "timestamp", "timestamp_ntz", "interval", "variant", "void"),
    }
)
# Each may go on to those after it.
_UNITS = {
    "year": ("month",),
    "month": (),
    "day": ("hour", "minute", "second"),
    "hour": ("minute", "second"),
    "minute": ("second",),
    "second": (),
}
_LITERAL = re.compile(r"[0-9]+(e[0-9]+)?(l|s|y|f|d|bd)?", re.IGNORECASE)  # to Spark a number, and no name
_MOST_DIGITS = 38
_FINEST_TIME = 6
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EXAMPLE = 'Write it like "id bigint, name string, tags array<string>".'


@dataclass(frozen=True)
class SchemaType:
    """A type as Spark names it. parts: the fields of a struct, the `element` of an array, the `key` and `value` of a map."""

    name: str
    parts: tuple[tuple[str, "SchemaType"], ...] = ()

    def __str__(self) -> str:
        if self.name == "struct":
            return f"struct<{','.join(f'{name}:{type_}' for name, type_ in self.parts)}>"
        return f"{self.name}<{','.join(str(type_) for _, type_ in self.parts)}>" if self.parts else self.name


@lru_cache(maxsize=256)
def parse_ddl(ddl: str) -> SchemaType:
    """The struct that a DDL text describes; ValueError says what is wrong with it, and where."""
    try:
        return _Reader(ddl).schema()
    except RecursionError:
        raise ValueError(f"Schema {ddl[:60]!r}… is nested too deeply.") from None


def write_ddl(schema: SchemaType) -> str:
    """The DDL text of a struct, which `parse_ddl` reads back: names stand in backticks where they are no plain words."""
    return ", ".join(f"{_written_name(name)} {_written_type(type_)}" for name, type_ in schema.parts)


def _written_type(type_: SchemaType) -> str:
    if type_.name == "struct":
        return f"struct<{', '.join(f'{_written_name(name)}: {_written_type(part)}' for name, part in type_.parts)}>"
    parts = ", ".join(_written_type(part) for _, part in type_.parts)
    return f"{type_.name}<{parts}>" if parts else type_.name


def _written_name(name: str) -> str:
    return name if _NAME.fullmatch(name) else f"`{name.replace('`', '``')}`"


class _Reader:
    """Reads tokens from left to right; one method for each rule of the grammar."""

    def __init__(self, ddl: str) -> None:
        self._ddl = ddl
        self._at = 0
        self._next()

    def schema(self) -> SchemaType:
        # Spark writes a whole schema as `struct<…>`, and reads that back.
        whole = self._word == "struct" and re.match(r"\s*struct\s*<", self._ddl, re.IGNORECASE)
        schema = self._type() if whole else SchemaType("struct", self._fields(end=""))
        if self._text:
            raise self._wrong("a comma or the end")
        return schema

    def _fields(self, end: str) -> tuple[tuple[str, SchemaType], ...]:
        fields: dict[str, tuple[str, SchemaType]] = {}
        while not (fields and self._text == end):
            if fields:
                self._take(",")
            name = self._name()
            if name in fields:
                raise ValueError(f"Schema {self._ddl!r} has the field {name!r} twice.")
            self._skip(":")
            fields[name] = name, self._type()
            self._remarks()
        return tuple(fields.values())

    def _type(self) -> SchemaType:
        if self._kind != "word":
            raise self._wrong("a type")
        written, name = self._text, _OTHER_NAMES.get(self._word, self._word)
        if name not in _PLAIN and name not in ("array", "map", "struct"):
            close = near_miss(name, [*_PLAIN, *_OTHER_NAMES, "array", "map", "struct"])
            raise self._wrong("a type", f" Did you mean {close!r}?" if close else "")
        self._next()
        if name in ("array", "map", "struct"):
            return self._nested(name, written)
        if name == "interval":
            return SchemaType(self._interval())
        if name == "timestamp" and written.lower() == "timestamp" and self._words("without", "time", "zone"):
            return SchemaType("timestamp_ntz")
        if name == "string":
            self._collation()
        return SchemaType(self._with_numbers(name))

    def _with_numbers(self, name: str) -> str:
        """The name of a type with its numbers, where it has some."""
        most = {"decimal": 2, "time": 1, "char": 1, "varchar": 1}.get(name, 0)
        numbers = self._numbers() if most else []
        if len(numbers) > most:
            raise self._wrong(f"{name} with at most {most} numbers")
        if name == "decimal":
            precision, scale = (numbers or [10])[0], (numbers[1:] or [0])[0]
            if not scale <= precision <= _MOST_DIGITS:
                wanted = f"up to {_MOST_DIGITS} digits, of which any number stand after the point"
                raise ValueError(f"Schema {self._ddl!r} has decimal({precision},{scale}); wanted {wanted}.")
            return f"decimal({precision},{scale})"
        if name == "time":
            precision = (numbers or [_FINEST_TIME])[0]
            if precision > _FINEST_TIME:
                raise ValueError(f"Schema {self._ddl!r} has time({precision}): {_FINEST_TIME} digits are the most.")
            return f"time({precision})"
        if name in ("char", "varchar") and not numbers:
            raise self._wrong(f"the length of {name}, such as {name}(10)")
        # In a frame, char and varchar are strings: Spark checks lengths only while writing tables.
        return "string" if name in ("char", "varchar") else name

    def _collation(self) -> None:
        if self._word == "collate":
            self._next()
            self._name()

    def _nested(self, name: str, written: str) -> SchemaType:
        if self._text != "<":
            raise self._wrong(f"'<' after {written!r}")
        self._next()
        if name == "struct":
            parts = () if self._text == ">" else self._fields(end=">")
        elif name == "array":
            parts = (("element", self._type()),)
        else:
            key = self._type()
            self._take(",")
            parts = (("key", key), ("value", self._type()))
        self._take(">")
        return SchemaType(name, parts)

    def _interval(self) -> str:
        if self._kind != "word" or self._word not in _UNITS:
            return "interval"
        first = last = self._read()
        if self._word == "to":
            self._next()
            if self._word not in _UNITS[first]:
                finer = " or ".join(map(repr, _UNITS[first])) or "no unit"
                raise self._wrong(f"{finer} after '{first} to'")
            last = self._read()
        return f"interval {first}" if first == last else f"interval {first} to {last}"

    def _words(self, *words: str) -> bool:
        """Takes these words, if the first of them is there."""
        if self._kind != "word" or self._word != words[0]:
            return False
        for word in words:
            if self._word != word:
                raise self._wrong(word.upper())
            self._next()
        return True

    def _numbers(self) -> list[int]:
        if not self._skip("("):
            return []
        numbers = []
        while True:
            if not self._text.isdigit():
                raise self._wrong("a number")
            numbers.append(int(self._read()))
            if not self._skip(","):
                self._take(")")
                return numbers

    def _remarks(self) -> None:
        """NOT NULL, then COMMENT 'text': a contract is about names and types."""
        self._words("not", "null")
        if self._words("comment"):
            if self._kind != "text":
                raise self._wrong("a text in quotes")
            while self._kind == "text":
                self._next()

    def _name(self) -> str:
        if self._kind not in ("word", "quoted") or _LITERAL.fullmatch(self._text):
            raise self._wrong("the name of a field")
        name = self._text[1:-1].replace("``", "`") if self._kind == "quoted" else self._text
        self._next()
        return name

    @property
    def _word(self) -> str:
        return self._text.lower()

    def _read(self) -> str:
        word = self._word
        self._next()
        return word

    def _skip(self, mark: str) -> bool:
        if self._text == mark:
            self._next()
            return True
        return False

    def _take(self, mark: str) -> None:
        if not self._skip(mark):
            raise self._wrong(repr(mark))

    def _next(self) -> None:
        self._text, self._kind = "", ""
        while self._at < len(self._ddl):
            found = _TOKEN.match(self._ddl, self._at)
            if found is None:
                self._text = self._ddl[self._at]
                raise self._wrong("a name, a type or a comma")
            self._at = found.end()
            if found.lastgroup != "space":
                self._text, self._kind = found[0], str(found.lastgroup)
                return

    def _wrong(self, wanted: str, hint: str = "") -> ValueError:
        found = f"{self._text!r} is" if self._text else "It ends"
        there = f"{found} where {wanted} should be."
        return ValueError(f"Schema {self._ddl!r} is no DDL: {there}{hint or ' ' + _EXAMPLE}")
