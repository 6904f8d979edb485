"""`ppf doctor`: one check for each thing that a run needs, and what to do about those that are not there."""

from importlib import metadata
from pathlib import Path

import pytest

from ppf_core.verbs import machine
from ppf_core.verbs.machine import environment_checks


@pytest.fixture
def check(tmp_path):
    """The check of a name, with a state directory that does not exist yet."""
    return lambda name: {check.name: check for check in environment_checks(tmp_path / "new" / ".ppf")}[name]


def test_a_sound_machine_has_no_errors(ppf):
    answer = ppf("doctor")
    assert answer.code == 0
    assert answer.err.endswith("No errors.\n")


def test_the_document_has_the_keys_of_the_catalogue(ppf):
    checks = ppf("doctor", "--json").document["checks"]
    assert {tuple(check) for check in checks} == {("name", "status", "message", "hint")}
    assert {"ppf", "pyspark", "Java", "click", "state directory"} <= {check["name"] for check in checks}


def test_looking_changes_nothing(ppf, tmp_path):
    ppf("doctor", "--state-dir", tmp_path / ".ppf")
    assert list(tmp_path.iterdir()) == []


def test_missing_java_is_an_error_with_advice(ppf, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    answer = ppf("doctor", "--json")
    (java,) = [check for check in answer.document["checks"] if check["name"] == "Java"]
    assert answer.code == 1
    assert java["status"] == "error"
    assert "/nowhere" in java["message"]
    assert java["hint"]


def test_missing_pyspark_names_the_command_that_installs_it(check, monkeypatch):
    monkeypatch.setattr("ppf_core.jvm.requirements.installed_spark", lambda: None)
    assert check("pyspark").status == "error"
    assert check("pyspark").hint == "Run: pip install 'ppf-core[spark]'"


def test_a_library_that_is_too_old_is_an_error(check, monkeypatch):
    version = metadata.version
    monkeypatch.setattr(machine.metadata, "version", lambda name: "7.0" if name == "click" else version(name))
    assert (check("click").status, check("click").message) == ("error", "Wanted click>=8.1, found 7.0.")


def test_a_state_directory_that_cannot_be_written_is_an_error(ppf, tmp_path):
    (tmp_path / "file").touch()
    answer = ppf("doctor", "--state-dir", tmp_path / "file" / ".ppf")
    assert answer.code == 1
    assert "state directory: Use another --state-dir" in answer.err


def test_a_spark_home_without_spark_is_an_error(check, monkeypatch, tmp_path):
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    assert check("SPARK_HOME").status == "error"


@pytest.mark.parametrize(
    ("packaging", "status"), [("", "warning"), ("<packaging>jar</packaging>", "warning"), ("<packaging>pom</packaging>", "ok")]
)
def test_a_pom_without_its_jar_is_a_trap(check, monkeypatch, tmp_path, packaging, status):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    folder = tmp_path / ".m2" / "repository" / "org" / "acme" / "rows" / "1.0"
    folder.mkdir(parents=True)
    (folder / "rows-1.0.pom").write_text(f"<project>{packaging}</project>")
    found = check("Maven cache")
    assert found.status == status
    assert ("org/acme/rows/1.0" in found.message) == (status == "warning")


def test_a_broken_plugin_is_an_error_without_being_imported(ppf, install):
    install("acme-old", "rows = acme_old:Rows", "raise SystemExit", kernel=">=99")
    answer = ppf("doctor", "--json")
    (plugin,) = [check for check in answer.document["checks"] if check["name"] == "acme-old:sources.rows"]
    assert answer.code == 1
    assert plugin["message"].startswith("It is incompatible.")
