"""What happens in one step at a path: for whoever reads meanwhile, and for whoever comes after a kill."""

import os
import sys
from dataclasses import dataclass

from ppf_core.contracts.paths import local_path
from ppf_core.storage.mounts import exchanges
from ppf_core.storage.paths import is_in_object_store, scheme


@dataclass(frozen=True)
class Atomic:
    """What is one step there; None where only trying tells. A file that is written through `Files` is whole everywhere.

    rename: a file or folder gets another name. exchange: two folders change places.
    """

    rename: bool | None
    exchange: bool | None


def atomic_at(path: str) -> Atomic:
    """What is one step at a path, told by the path and the mounts of this machine; no file system is asked.

    atomic_at("s3a://bucket/out") == Atomic(rename=False, exchange=False)
    """
    if is_in_object_store(path):
        return Atomic(rename=False, exchange=False)
    if scheme(path) not in ("", "file"):
        return Atomic(rename=True, exchange=False)
    # Without a scheme the path lies where Hadoop's configuration says, if there is any.
    if not scheme(path) and "HADOOP_CONF_DIR" in os.environ:
        return Atomic(rename=None, exchange=None)
    return Atomic(rename=True, exchange=exchanges(local_path(path).resolve()) if sys.platform == "linux" else False)
