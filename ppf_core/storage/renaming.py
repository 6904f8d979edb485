"""Renames that Python does not offer: without replacing, and two names exchanged in one step (Linux, renameat2)."""

import errno
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

_NOREPLACE, _EXCHANGE = 1, 2
_AT_FDCWD = -100
# What a kernel or file system answers that does not know the flag.
_UNSUPPORTED = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


def rename_new(source: Path, target: Path) -> None:
    """Renames; FileExistsError when there is something under the new name already."""
    if _renameat2(source, target, _NOREPLACE):
        return
    if source.is_dir():
        # rename() itself replaces an empty folder only.
        if target.exists() or target.is_symlink():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
        source.rename(target)
    else:
        target.hardlink_to(source)
        source.unlink()


def exchange(one: Path, other: Path) -> bool:
    """Exchanges two names in one step; False, with nothing done, where the file system cannot."""
    return _renameat2(one, other, _EXCHANGE)


def _renameat2(source: Path, target: Path, flags: int) -> bool:
    import ctypes

    call = _system_call()
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(target), flags) == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(source), None, str(target))


@cache
def _system_call() -> Callable[[int, bytes, int, bytes, int], int] | None:
    import ctypes

    if sys.platform != "linux":
        return None
    found = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if found is not None:
        found.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return found
