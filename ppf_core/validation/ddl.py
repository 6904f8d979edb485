"""Reads and writes a schema in DDL (`id bigint, tags array<string>`) without Spark: the grammar of StructType.fromDDL."""

import re
from dataclasses import dataclass
from functools import lru_cache

from ppf_core.errors import near_miss

_TOKEN = re.compile(
    r"""(?P<space>(?:\s|--[^\n]*|/\*.*?\*/)+)
      | (?P<quoted>`(?:[^`]|``)*`)
      | (?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
      | (?P<word>\w+)
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
_UNITS = ("year", "month", "day", "hour", "minute", "second")
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
            if name.lower() in fields:
                raise ValueError(f"Schema {self._ddl!r} has the field {name!r} twice.")
            self._skip(":")
            fields[name.lower()] = name, self._type()
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
        numbers = self._numbers()
        if name == "decimal":
            return SchemaType(f"decimal({(numbers or ['10'])[0]},{(numbers[1:] or ['0'])[0]})")
        if name == "time":
            return SchemaType(f"time({(numbers or ['6'])[0]})")
        # In a frame, char and varchar are strings: Spark checks lengths only while writing tables.
        return SchemaType("string" if name in ("char", "varchar") else name)

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
        if self._word not in _UNITS:
            return "interval"
        first = last = self._read()
        if self._word == "to":
            self._next()
            if self._word not in _UNITS:
                raise self._wrong("a unit such as 'second'")
            last = self._read()
        return f"interval {first}" if first == last else f"interval {first} to {last}"

    def _numbers(self) -> list[str]:
        if not self._skip("("):
            return []
        numbers = []
        while True:
            if not self._text.isdigit():
                raise self._wrong("a number")
            numbers.append(self._read())
            if not self._skip(","):
                self._take(")")
                return numbers

    def _remarks(self) -> None:
        """NOT NULL, COMMENT 'text' and COLLATE name: a contract is about names and types."""
        while self._kind == "word" and self._word in ("not", "comment", "collate"):
            wanted = {"not": "null", "comment": "", "collate": ""}[self._read()]
            if wanted and self._word != wanted:
                raise self._wrong(wanted.upper())
            self._next()

    def _name(self) -> str:
        if self._kind not in ("word", "quoted"):
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
