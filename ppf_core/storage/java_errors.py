"""What Java's side refuses, as the errors that Python has for it."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_ERRORS: dict[str, tuple[type[OSError], int]] = {
    "AccessControlException": (PermissionError, errno.EACCES),
    "AclException": (OSError, errno.EOPNOTSUPP),
    "ConnectException": (ConnectionRefusedError, errno.ECONNREFUSED),
    "DSQuotaExceededException": (OSError, errno.EDQUOT),
    "FileAlreadyExistsException": (FileExistsError, errno.EEXIST),
    "FileNotFoundException": (FileNotFoundError, errno.ENOENT),
    "NSQuotaExceededException": (OSError, errno.EDQUOT),
    "ParentNotDirectoryException": (NotADirectoryError, errno.ENOTDIR),
    "RemoteFileChangedException": (OSError, errno.ESTALE),
    "UnknownHostException": (OSError, errno.EHOSTUNREACH),
    "UnsupportedFileSystemException": (OSError, errno.EPROTONOSUPPORT),
}


@contextmanager
def as_os_errors(path: str) -> Iterator[None]:
    """Every exception of Java, and of talking to it, becomes an OSError that names the path and says what was said."""
    try:
        yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("py4j", "pyspark"):
            raise
        kind, number, told = _explained(error)
        raise kind(number, told, path) from error


def _explained(error: Exception) -> tuple[type[OSError], int, str]:
    """Py4J has the exception of Java as it is, and pyspark keeps that of a few as the origin of its own."""
    java: Any = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    told, name = str(error), ""
    if java is not None:
        name = str(java.getClass().getSimpleName())
        told = str(java.getMessage() or java.getClass().getName())
    told = (told.splitlines() or [type(error).__name__])[0]
    if told.endswith("(is not a directory)"):  # HDFS, which may not look into it
        return NotADirectoryError, errno.ENOTDIR, told
    return *_ERRORS.get(name, (OSError, errno.EIO)), told
