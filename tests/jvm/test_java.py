import os
import stat
from pathlib import Path

import pytest

from ppf_core.errors import RunError
from ppf_core.jvm import java
from ppf_core.jvm.java import require_java


def jdk(folder: Path, *, release: str | None = None, says: str = "exit 1") -> Path:
    """A folder that looks like a JDK; its `java` is a shell script."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{says}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    if release is not None:
        (folder / "release").write_text(release)
    return folder


@pytest.fixture(autouse=True)
def no_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """No JAVA_HOME, and a PATH without Java."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")


def test_the_release_file_of_java_home_is_read_and_no_java_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = jdk(tmp_path / "jdk", release='IMPLEMENTOR="x"\nJAVA_VERSION="21.0.4"\n')
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert require_java() == java.JavaInfo(21, str(home), "21.0.4")


def test_a_java_on_the_path_is_found_through_its_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = jdk(tmp_path / "jdk", release='JAVA_VERSION="17.0.1"\n')
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").symlink_to(home / "bin" / "java")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert require_java().home == str(home)


def test_a_java_without_a_release_file_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(jdk(tmp_path / "jdk", says="echo 'openjdk version \"19-ea\" 2022' >&2")))
    monkeypatch.setenv("PATH", os.defpath)
    assert require_java().version == 19


def test_no_java_is_one_line_that_says_what_to_do() -> None:
    with pytest.raises(RunError) as caught:
        require_java()
    assert str(caught.value).startswith(
        "There is no Java: JAVA_HOME is not set and there is no `java` on the PATH. Install a JDK"
    )
    assert "\n" not in str(caught.value)


def test_a_java_home_without_java_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(RunError, match=f"JAVA_HOME is '{tmp_path}', but there is no Java"):
        require_java()


def test_a_java_that_is_too_old_shows_wanted_and_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(jdk(tmp_path / "jdk", release='JAVA_VERSION="1.8.0_392"\n')))
    monkeypatch.setattr(java, "installed_spark", lambda: "4.1.1")
    with pytest.raises(RunError, match=r"'1\.8\.0_392'.* is too old: Spark 4\.1\.1 needs Java 17 or newer"):
        require_java()


def test_spark_3_runs_on_java_8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(jdk(tmp_path / "jdk", release='JAVA_VERSION="1.8.0_392"\n')))
    monkeypatch.setattr(java, "installed_spark", lambda: "3.5.6")
    assert require_java().version == 8


def test_a_java_that_does_not_run_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(jdk(tmp_path / "jdk", says="echo 'no memory' >&2; exit 3")))
    monkeypatch.setenv("PATH", os.defpath)
    with pytest.raises(RunError, match=r"ended with code 3 and said 'no memory'\."):
        require_java()
