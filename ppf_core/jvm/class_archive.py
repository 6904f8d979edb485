"""An archive of Spark's classes: a JVM that has one maps them into memory, instead of loading 20,000 of them anew.

Java calls this class-data sharing. The archive fits one Java, one Spark and one class path; it lies in the user's cache folder.
A JVM that ppf starts uses it if it is there and sound. Else a process in the background makes it, for the runs that follow.
"""

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ppf_core.errors import RunError
from ppf_core.jvm.java import JavaInfo, require_java
from ppf_core.jvm.java_options import chosen_options, setting, spark_home

OFF = "PPF_ARCHIVE"
"""The environment variable that turns archives off."""
QUIET = ("-Xlog:cds=off", "-Xlog:cds+dynamic=off")
"""A JVM that cannot use its archive says nothing."""
_OLDEST_JAVA = 13
_SECONDS_TO_TRY_AGAIN = 24 * 3600
_CONF_FOLDERS = ("SPARK_CONF_DIR", "HADOOP_CONF_DIR", "YARN_CONF_DIR")
_WIDE = 32
"""From so many GB on, the pointers of a JVM have another size."""


@dataclass(frozen=True)
class ClassArchive:
    """The archive for the JVMs of some settings. Its file may not be there.

    obstacle: why there can be none here, as a sentence; None when there can.
    """

    file: Path
    obstacle: str | None = None

    @property
    def seal(self) -> Path:
        """What the archive looked like when it was made. When it was changed since, it is not used: a JVM would crash."""
        return self.file.with_suffix(".seal")

    @property
    def failure(self) -> Path:
        """Why it could not be made."""
        return self.file.with_suffix(".failed")

    @property
    def why_failed(self) -> str | None:
        """Why the last attempt made none, as a sentence; None when there was none in the last day."""
        try:
            is_recent = time.time() - self.failure.stat().st_mtime < _SECONDS_TO_TRY_AGAIN
            return self.failure.read_text(encoding="utf-8") if is_recent else None
        except OSError:
            return None

    @property
    def is_sound(self) -> bool:
        """Whether it is there, ours, and as it was made."""
        try:
            return bool(json.loads(self.seal.read_text(encoding="utf-8")) == look_of(self.file))
        except (OSError, ValueError):
            return False

    @property
    def is_worth_making(self) -> bool:
        """Whether there can be one, there is none, and no attempt failed lately."""
        return self.obstacle is None and self.why_failed is None and not self.is_sound

    def mark_used(self) -> None:
        """Archives that nobody uses make room for others."""
        try:
            os.utime(self.seal)
        except OSError:
            return  # another process has just removed it

    def forget(self) -> None:
        """Nobody uses it from here on."""
        self.seal.unlink(missing_ok=True)


def class_archive(conf: Mapping[str, str]) -> ClassArchive:
    """The archive for a JVM that is started with these settings of Spark."""
    home, obstacle = spark_home(), None
    try:
        java = require_java()
    except RunError as error:
        return ClassArchive(cache_folder() / "none", error.message)
    if os.environ.get(OFF, "").lower() == "off":
        obstacle = f"{OFF} is off."
    elif java.version < _OLDEST_JAVA:
        obstacle = f"Java {java.version} makes none; Java {_OLDEST_JAVA} and later do."
    elif any(option in chosen_options(conf) for option in ("-Xshare:", "SharedArchiveFile", "ArchiveClassesAtExit")):
        obstacle = "The options of the JVM name an archive, or forbid it."
    else:
        folder = next((each for each in _class_path_folders(home, conf) if _has_files(each)), None)
        if folder is not None:
            obstacle = f"The folder {str(folder)!r} is on the class path and holds files; Java makes no archive then."
    return ClassArchive(cache_folder() / f"{_key(java, home, conf)}.jsa", obstacle)


def archive_options(archive: ClassArchive) -> tuple[str, ...]:
    """What a JVM is started with that uses the archive; nothing where that is missing, foreign or damaged."""
    if archive.obstacle is not None or not archive.is_sound:
        return ()
    archive.mark_used()
    return (f"-XX:SharedArchiveFile={archive.file}", *QUIET)


def cache_folder() -> Path:
    """Where archives lie."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "ppf", "classes")


def look_of(file: Path) -> dict[str, int]:
    """What changes when somebody touches a file. OSError when there is none, PermissionError when others may write it."""
    found = file.stat()
    if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(f"{file} belongs to somebody else, or others may write it.")
    return {"size": found.st_size, "modified": found.st_mtime_ns, "changed": found.st_ctime_ns, "number": found.st_ino}


def _key(java: JavaInfo, home: Path | None, conf: Mapping[str, str]) -> str:
    """What an archive fits: another Java, Spark, class path, collector or size of pointers needs another one."""
    class_path = (list(_jars(home)), setting("spark.driver.extraClassPath", conf), os.environ.get("SPARK_DIST_CLASSPATH"))
    fitted = (java.home, java.text, str(home), class_path, chosen_options(conf), _is_wide(conf))
    return hashlib.sha256(repr(fitted).encode()).hexdigest()[:16]


def _jars(home: Path | None) -> Iterator[tuple[str, int, int]]:
    try:
        found = sorted(os.scandir(home / "jars"), key=lambda each: each.name) if home is not None else []
    except OSError:
        return
    yield from ((each.name, (look := each.stat()).st_size, look.st_mtime_ns) for each in found)


def _is_wide(conf: Mapping[str, str]) -> bool:
    text = setting("spark.driver.memory", conf) or os.environ.get("SPARK_DRIVER_MEMORY", "")
    number, unit = text.rstrip("bB")[:-1], text.rstrip("bB")[-1:].lower()
    return number.isdecimal() and int(number) * {"g": 1, "t": 1024}.get(unit, 0) >= _WIDE


def _class_path_folders(home: Path | None, conf: Mapping[str, str]) -> Iterator[Path]:
    own = (setting("spark.driver.extraClassPath", conf), os.environ.get("SPARK_DIST_CLASSPATH", ""))
    yield from (Path(part) for text in own for part in text.split(os.pathsep) if part and not part.endswith(("*", ".jar")))
    yield from (Path(os.environ[name]) for name in _CONF_FOLDERS if os.environ.get(name))
    if home is not None and not os.environ.get("SPARK_CONF_DIR"):
        yield home / "conf"


def _has_files(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError:
        return False
