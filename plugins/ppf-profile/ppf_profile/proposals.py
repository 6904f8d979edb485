"""From the numbers of a frame to a `quality` block that holds for the rows they come from."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ppf_core import PipelineRunner, SchemaContract
from ppf_profile.frame_profiles import ColumnProfile, FrameProfile, profile_frame
from ppf_profile.hocon_texts import write_fields
from ppf_profile.portable_values import FRACTIONS, WHOLE_NUMBERS, Value

Proposal = Mapping[str, Any]
"""One entry of a `quality` list, as the file would give it."""

_SCHEME = "secret://"  # ppf takes it for the reference of a secret
_MASK = "****"  # stands where a secret stood
_HANDFUL = 10
_ROWS_A_VALUE = 4
_SETS = WHOLE_NUMBERS | {"decimal", "string"}
_NO_KEYS = FRACTIONS | {"boolean"}
_UNREADABLE = "\ufffd"


def profile_component(runner: PipelineRunner, component: str, limit: int | None = None, **how: Any) -> FrameProfile:
    """The numbers of a component's rows, or of some of them, without secrets. how: as `PipelineRunner.frames` takes it."""
    with runner.frames([component], **how) as frames:
        return without_secrets(profile_frame(frames[component], limit), frames.redact)


def without_secrets(profile: FrameProfile, redact: Callable[[str], str]) -> FrameProfile:
    """The profile without what would tell a secret. Of a name, the rest stays; a value is no longer there."""
    columns = tuple(_without_secrets(column, redact) for column in profile.columns)
    is_told = profile.schema is None or _tells(profile.schema.simpleString(), redact)
    return replace(profile, columns=columns, schema=None if is_told else profile.schema)


def propose_checks(profile: FrameProfile) -> tuple[Proposal, ...]:
    """The checks that all rows of the profile pass: of the frame, then of each column, last the unique ones."""
    return tuple(_proposals(profile))


def write_block(profile: FrameProfile, proposals: Sequence[Proposal], *, ascii_only: bool = False) -> str:
    """The proposals as HOCON, one a line, below a line that says what they rest on."""
    entries = [f"  {{ {write_fields(proposal, ascii_only=ascii_only)} }}" for proposal in proposals]
    listed = "[\n" + ",\n".join(entries) + "\n]" if entries else "[]"
    return f"# {_basis(profile)}\nquality = {listed}"


def _basis(profile: FrameProfile) -> str:
    rows = f"{profile.rows:,} row{'' if profile.rows == 1 else 's'}"
    if not profile.is_sample:
        return f"Holds for all {rows} of the frame."
    return f"Holds for a sample of {rows}: add what is known of the number of rows, and which columns are unique."


def _proposals(profile: FrameProfile) -> Iterator[Proposal]:
    ddl = _schema(profile)
    if ddl is not None:
        yield _check("schema", schema=ddl, strict=True)
    if not profile.rows:  # nothing was seen that values could be held against
        return
    if not profile.is_sample:
        yield _check("row_count", min=1)
    columns = _nameable(profile.columns)
    filled = [column.name for column in columns if not column.nulls]
    if filled:
        yield _check("not_null", columns=filled)
    for column in columns:
        yield from _of_column(column, profile.rows)
    if not profile.is_sample and profile.rows >= _HANDFUL:
        yield from (_check("unique", columns=[each.name]) for each in columns if each.is_unique and each.kind not in _NO_KEYS)


def _of_column(column: ColumnProfile, rows: int) -> Iterator[Proposal]:
    # Thousandths, rounded down in whole numbers, so that the ratio itself is never below what is asked.
    thousandths = column.filled * 1000 // rows
    if column.nulls and thousandths:
        yield _check("completeness", column=column.name, min_ratio=thousandths / 1000)
    if _is_small_set(column):
        yield _check("in_set", column=column.name, values=list(column.values or ()))
        return
    bounds = {"min": column.min, "max": column.max}
    bounds = {name: bound for name, bound in bounds.items() if bound is not None and str(bound) not in ("inf", "-inf")}
    if bounds and not column.nans:
        yield _check("in_range", column=column.name, **bounds)
    if column.longest is not None:
        yield _check("length", column=column.name, min=column.shortest, max=column.longest)


def _is_small_set(column: ColumnProfile) -> bool:
    """Whether a column holds few values, each of them several times: codes, and no fractions, dates or keys."""
    if not column.values or column.kind not in _SETS or column.filled < _ROWS_A_VALUE * len(column.values):
        return False
    # Bytes that are no UTF-8 have become U+FFFD on the way here, so that the value itself cannot be written.
    return not any(isinstance(value, str) and (_UNREADABLE in value or _SCHEME in value) for value in column.values)


def _nameable(columns: Sequence[ColumnProfile]) -> list[ColumnProfile]:
    """The columns that an option can name: Spark takes `id` and `ID` for the same, ppf takes a reference for its secret."""
    times = Counter(column.name.casefold() for column in columns)
    named = [each for each in columns if each.name and times[each.name.casefold()] == 1]
    return [each for each in named if _SCHEME not in each.name and _MASK not in each.name]


def _schema(profile: FrameProfile) -> str | None:
    """The schema as DDL; None where DDL cannot say it (a field twice, a type that ppf does not know) or must not."""
    if profile.schema is None:
        return None
    ddl = SchemaContract.of(profile.schema).ddl
    return ddl if ddl is not None and _SCHEME not in ddl else None


def _without_secrets(column: ColumnProfile, redact: Callable[[str], str]) -> ColumnProfile:
    def untold(value: Value | None) -> Value | None:
        return None if _tells(str(value), redact) else value

    values = None if any(untold(value) is None for value in column.values or ()) else column.values
    name, type_ = redact(column.name), redact(column.type)
    return replace(column, name=name, type=type_, min=untold(column.min), max=untold(column.max), values=values)


def _tells(text: str, redact: Callable[[str], str]) -> bool:
    return redact(text) != text


def _check(check: str, **options: Any) -> Proposal:
    return {"check": check, "options": options}
