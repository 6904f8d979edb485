"""What Linux tells about the file system below a path."""

import os
import re
from pathlib import Path

# Two names are exchanged in one step here …
_EXCHANGING = {"ext4", "xfs", "btrfs", "tmpfs", "f2fs", "overlay", "bcachefs"}
# … and here they are not.
_RENAMING = {"nfs", "nfs4", "cifs", "smb3", "exfat", "ntfs3", "ceph", "fuse.sshfs", "fuse.s3fs", "fuse.gcsfuse"}


def is_mount_point(path: Path) -> bool:
    """Whether a file system begins here; also for a folder of the same file system that is bound to a second place."""
    return path.is_mount() or str(path) in _mounts()


def mount_points_in(folder: Path) -> list[str]:
    """Where below a folder other file systems begin."""
    return sorted(place for place in _mounts() if place.startswith(f"{folder}/"))


def exchanges(path: Path) -> bool | None:
    """Whether two folders beside `path` can be exchanged in one step; None where only trying tells."""
    mounts = _mounts()
    below = next((str(folder) for folder in (path, *path.parents) if str(folder) in mounts), None)
    kind = mounts.get(below) if below is not None else None
    return True if kind in _EXCHANGING else False if kind in _RENAMING else None


def _mounts() -> dict[str, str]:
    """The type of the file system that is seen at each mount point; empty where Linux does not tell."""
    try:
        lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        before, _, after = line.partition(b" - ")
        # Later lines hide earlier ones at the same place.
        found[_unescaped(before.split()[4])] = after.split()[0].decode()
    return found


def _unescaped(name: bytes) -> str:
    return os.fsdecode(re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found.group(1), 8)]), name))
