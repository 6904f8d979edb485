"""Columns whose values nobody is to read."""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal

from ppf_core import Columns, Context, OptionsError, PpfError, Secret, Transform, option, options
from ppf_transforms.columns import literal, require_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame

Way = Literal["hash", "tokenise", "partial", "redact", "null"]


@options
class MaskOptions:
    """Which columns, and how."""

    columns: dict[str, Way] = option(
        "How, by column. hash: a digest of 64 digits. tokenise: other letters and digits, the same for the same value. "
        'partial: only the end is left. redact: a fixed text. "null", in quotes: NULL.'
    )
    key: Secret | None = option(
        "What hash and tokenise depend on: without it a hash can be found by trying all values.", default=None
    )
    keep: int = option("With partial: how many characters at the end are left, at most half of them.", default=4)
    text: str = option("With redact: what stands in the place of a text; other types become NULL.", default="***")

    def __post_init__(self) -> None:
        """Tokens need a key."""
        problems = {} if self.columns else {"columns": "must name at least one column."}
        for name, way in self.columns.items():
            if way == "tokenise" and self.key is None:
                problems[f"columns.{name}"] = "is tokenise, which needs a key: a secret of which the tokens are made."
        if self.keep < 0:
            problems["keep"] = f"is {self.keep}, but is a number of characters."
        if problems:
            raise OptionsError(problems)


class MaskTransform(Transform[MaskOptions]):
    """Masks columns. NULL stays NULL, and what is equal stays equal, so that joins go on working. No plan shows the key."""

    supports: ClassVar = frozenset({"classic", "connect"})
    expects: ClassVar = 1
    examples: ClassVar = (
        "columns { email = hash, phone = partial, name = redact }",
        'columns { iban = tokenise }, key = "secret://env/MASK_KEY"',
    )

    def transform(self, context: Context, inputs: "Mapping[str, DataFrame]") -> "DataFrame":
        """The same columns in the same order; what is hashed, tokenised or cut is a text."""
        (frame,) = inputs.values()
        require_columns(frame, self.options.columns, "columns")
        return frame.withColumns({name: self._masked(frame, name, way) for name, way in self.options.columns.items()})

    def _masked(self, frame: "DataFrame", name: str, way: Way) -> "Column":
        from pyspark.sql import functions

        column, type_ = literal(frame, name), Columns(frame).type_of(name)
        if way == "null" or (way == "redact" and type_.typeName() != "string"):
            return functions.lit(None).cast(type_)
        if way == "redact":
            return functions.when(column.isNotNull(), functions.lit(self.options.text))
        if type_.typeName() in ("array", "map", "struct", "variant"):
            raise PpfError(
                f"columns.{name} is {way!r}, but the column is {type_.simpleString()}: no single value.",
                hint="Set it to null, or flatten it before.",
            )
        text = functions.hex(column) if type_.typeName() == "binary" else column.cast("string")
        if way == "partial":
            return _partial(text, self.options.keep)
        if self.options.key is None:
            return functions.sha2(text, 256)
        key = self.options.key.reveal().encode()
        return functions.udf(_digest(key) if way == "hash" else _token(key), "string")(text)


def _partial(text: "Column", keep: int) -> "Column":
    from pyspark.sql import functions

    length = functions.length(text)
    left = functions.least(functions.lit(keep), functions.floor(length / 2).cast("int"))
    return functions.concat(
        functions.repeat(functions.lit("*"), (length - left).cast("int")), functions.substring(text, length - left + 1, left)
    )


# The functions run in Python on the executors, pickled with their key, which an expression of Spark would show in plans. They
# stand inside others, so that they are pickled as a whole: this package need not be installed there.


def _digest(key: bytes) -> Callable[[str | None], str | None]:
    def digest(text: str | None) -> str | None:
        import hashlib
        import hmac

        return None if text is None else hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    return digest


def _token(key: bytes) -> Callable[[str | None], str | None]:
    def token(text: str | None) -> str | None:
        import hashlib
        import hmac
        from string import ascii_lowercase, ascii_uppercase, digits

        if text is None:
            return None
        seed = hmac.new(key, text.encode(), hashlib.sha256).digest()
        stream = hashlib.shake_256(seed).digest(4 * len(text))
        found = []
        for place, character in enumerate(text):
            kinds = (each for each in (digits, ascii_lowercase, ascii_uppercase) if character in each)
            # Letters beyond ASCII become some of ASCII; what is no letter and no digit, such as a dash, stays.
            letters = ascii_uppercase if character.isupper() else ascii_lowercase
            kind = next(kinds, letters if character.isalpha() else "")
            number = int.from_bytes(stream[4 * place : 4 * place + 4])
            found.append(kind[number % len(kind)] if kind else character)
        return "".join(found)

    return token
