"""Files: what lies where, and how it changes in one step and for good.

Plugins ask `files_at` for the file system of a path: this machine's (`local_files`), or one that Hadoop knows and a session
reaches (`hadoop_files`). Both answer `Files`. What is one step there, `atomic_at` tells from the path alone.
The kernel's own small files, in the state directory, are reached through `state_files` alone, which a simulation replaces.
Each file that is replaced as a whole, here or there, goes through `durable`.
"""

from ppf_core.storage.atomicity import Atomic, atomic_at
from ppf_core.storage.durable import make_folder, remove_parts, replace_file, replacing
from ppf_core.storage.file_systems import files_at
from ppf_core.storage.files import Entry, Files, fingerprint, outline, rename_if_free
from ppf_core.storage.local_files import LocalFiles
from ppf_core.storage.paths import scheme

__all__ = [
    "Atomic",
    "Entry",
    "Files",
    "LocalFiles",
    "atomic_at",
    "files_at",
    "fingerprint",
    "make_folder",
    "outline",
    "remove_parts",
    "rename_if_free",
    "replace_file",
    "replacing",
    "scheme",
]
