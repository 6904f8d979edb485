"""What Java's side refuses, as the errors that Python has for it."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

_ERRORS: dict[str, tuple[type[OSError], int]] = {
    "AccessControlException": (PermissionError, errno.EACCES),
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
    """Every exception of Java becomes an OSError that names the path and says what Java said."""
    from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped] # it carries no types

    try:
        yield
    except Py4JJavaError as error:
        found = error.java_exception
        told = str(found.getMessage() or found.getClass().getName()).splitlines()[0]
        kind, number = _ERRORS.get(found.getClass().getSimpleName(), (OSError, errno.EIO))
        if told.endswith("(is not a directory)"):  # HDFS, which may not look into it
            kind, number = NotADirectoryError, errno.ENOTDIR
        raise kind(number, told, path) from error
