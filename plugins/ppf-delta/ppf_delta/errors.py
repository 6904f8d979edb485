"""What Delta refuses, told as ppf tells it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ppf_core import PpfError, TargetMoved

# Another writer was faster, and what was done does not go with what was written: by Delta's own rules.
_CONFLICTS = (
    *("ConcurrentAppendException", "ConcurrentDeleteReadException", "ConcurrentDeleteDeleteException"),
    *("ConcurrentTransactionException", "ConcurrentWriteException", "MetadataChangedException", "ProtocolChangedException"),
)
_HINTS = {
    "DELTA_UNSUPPORTED_FEATURES_FOR_READ": "Install a newer ppf-delta with the Delta that knows them.",
    "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE": "Install a newer ppf-delta with the Delta that knows them, or write another table.",
    "DELTA_INVALID_PROTOCOL_VERSION": "Install a newer ppf-delta with the Delta that knows it.",
    "DELTA_FAILED_TO_MERGE_FIELDS": "Cast the column, or give the table the other type first.",
    "DELTA_METADATA_MISMATCH": "Make the columns of the input those of the table, or set merge_schema = true.",
    "DELTA_MERGE_INCOMPATIBLE_DATATYPE": "Cast the column, or give the table the other type first.",
    "DELTA_CANNOT_CREATE_LOG_PATH": "Make the folder writable, and take away what is in its place.",
    "DELTA_VERSION_NOT_FOUND": "Read one of the versions that are there, or leave the option out.",
    "DELTA_UNSUPPORTED_TIME_TRAVEL_BEYOND": "Read a newer version, or leave the option out for the newest.",
    "DELTA_TRUNCATED_TRANSACTION_LOG": "Its log was cleaned up (delta.logRetentionDuration). Read a newer version.",
    "DELTA_CANNOT_RECREATE_TABLE_STATE": "Its log was cleaned up (delta.logRetentionDuration). Read a newer version.",
    "DELTA_MISSING_CHANGE_DATA": "Set delta.enableChangeDataFeed = true on the table; only later versions have changes.",
    "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION": "Read a later time.",
    "DELTA_TIMESTAMP_GREATER_THAN_COMMIT": "Read an earlier time, or leave the option out.",
}


def java_chain(error: BaseException) -> Iterator[Any]:
    """The exception of the JVM behind an error, and its causes."""
    java: Any = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    depth = 0
    while java is not None and depth < 20:
        yield java
        java, depth = java.getCause(), depth + 1


def is_conflict(error: BaseException) -> bool:
    """Whether another writer was faster."""
    return any(str(java.getClass().getSimpleName()) in _CONFLICTS for java in java_chain(error))


def condition(error: BaseException) -> str:
    """The name under which Delta lists the error; empty when it has none."""
    for java in java_chain(error):
        if "getCondition" in dir(java):
            found = java.getCondition()
            if found:
                return str(found)
    return ""


@contextmanager
def told(name: str) -> Iterator[None]:
    """What Delta says of the table `name` becomes an error of ppf, with what to do."""
    try:
        yield
    except PpfError:
        raise
    except Exception as error:
        hint = next((hint for key, hint in _HINTS.items() if condition(error).startswith(key)), None)
        if hint is None and _is_forbidden(error):
            hint = "Make the folder and its _delta_log writable. If the run was publishing, finish it with 'ppf runs recover'."
        if hint is None:
            raise
        raise PpfError(f"Table {name!r}: {words(error)}", hint=hint) from error


def _is_forbidden(error: BaseException) -> bool:
    return any(
        str(java.getClass().getSimpleName()) in ("AccessDeniedException", "AccessControlException")
        or "Permission denied" in str(java.getMessage())
        for java in java_chain(error)
    )


def moved(name: str, what: str) -> TargetMoved:
    """The error for a table that is no longer what it was at the stage."""
    return TargetMoved(
        f"The table {name!r} {what} while this run worked on it. Nothing was written. Look at it, then run again."
    )


def conflict(name: str, error: BaseException) -> TargetMoved:
    """The error for a commit that Delta's rules refuse."""
    return moved(name, f"was changed by another writer, which Delta does not let go together ({words(error)})")


def words(error: BaseException) -> str:
    """What the first and the last of the causes say."""
    told = [str(java.getMessage()).splitlines()[0].strip() for java in java_chain(error) if java.getMessage()]
    return " ".join(dict.fromkeys([told[0], told[-1]] if told else [str(error)]))[:500]
