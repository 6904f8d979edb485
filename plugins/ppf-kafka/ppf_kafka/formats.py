"""What the bytes of keys and values mean, and the schemas that say so."""

import json
from typing import Any, Literal, TypeAlias

from ppf_core import PpfError, SchemaContract, local_path

Format: TypeAlias = Literal["json", "string", "binary", "avro"]
CORRUPT_VALUE, CORRUPT_KEY = "_corrupt_value", "_corrupt_key"


def schema_problems(part: str, format_name: Format, schema: str | None, schema_file: str | None) -> dict[str, str]:
    """What is wrong with the schema by which keys or values are understood. part: `key` or `value`."""
    named, needs = f"{part}_schema", "a DDL text" if format_name == "json" else "a schema of Avro"
    if schema is not None and schema_file is not None:
        return {f"{named}_file": f"says the same as {named}; leave one of them out."}
    given = schema is not None or schema_file is not None
    if format_name in ("string", "binary"):
        return {named if schema else f"{named}_file": f"has no meaning with {part}_format = {format_name}."} if given else {}
    if not given:
        text = f"is needed with {part}_format = {format_name}: {needs}. For the plain text use {part}_format = string."
        return {named: text}
    if schema_file is not None:
        return _file_problem(f"{named}_file", schema_file)
    wrong = wrong_ddl(schema or "") if format_name == "json" else wrong_avro(schema or "", part)
    return {named: wrong} if wrong else {}


def schema_of(option: str, schema: str | None, schema_file: str | None) -> str | None:
    """The text of a schema, however it was given."""
    if schema_file is None:
        return schema
    try:
        return local_path(schema_file).read_text()
    except FileNotFoundError:
        raise PpfError(f"There is no file {schema_file!r} with a schema.", hint=f"Check {option}_file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PpfError(f"The file {schema_file!r} cannot be read: {error}.", hint=f"Check {option}_file.") from error


def wrong_ddl(schema: str) -> str | None:
    """What is wrong with a DDL text."""
    try:
        SchemaContract.of(schema)
    except ValueError as error:
        return str(error)
    return None


def wrong_avro(schema: str, part: str) -> str | None:
    """What is wrong with a schema of Avro, as far as its JSON tells. Values are records, so that they have columns."""
    try:
        parsed = json.loads(schema)
    except ValueError as error:
        return f"is no JSON: {error}. A schema of Avro is wanted."
    is_record = isinstance(parsed, dict) and parsed.get("type") == "record" and isinstance(parsed.get("fields"), list)
    return None if is_record or part == "key" else 'must be a record: {"type": "record", "name": …, "fields": […]}.'


def required_avro(option: str, schema: str, part: str) -> Any:
    """A schema of Avro out of a file, parsed; an error says what is wrong with it."""
    wrong = wrong_avro(schema, part)
    if wrong is not None:
        raise PpfError(f"The schema of {option} {wrong}", hint=f"Correct the file that {option}_file names.")
    return json.loads(schema)


def _file_problem(name: str, path: str) -> dict[str, str]:
    try:
        local_path(path)
    except ValueError as error:
        return {name: str(error)}
    return {}
