"""What goes away is told at the line that uses it, to plugins that do, and for as long as was promised."""

import inspect
import re
import sys
import warnings
from pathlib import Path

import pytest
from packaging.version import Version

import ppf_core
from ppf_core import Context, Hooks, NoOptions, Source, hookimpl
from ppf_core.contracts.deprecations import DEPRECATED, Deprecation, warn_of_plugin
from ppf_core.plugins.hookspecs import HOOKS
from ppf_core.plugins.verification import verify

OLD = Deprecation("0.2", "0.4", "Write something else.")


class Rows(Source[NoOptions]):
    """Reads rows."""

    def ping(self, context: Context) -> None:
        """It is there."""

    def read(self, context: Context):  # type: ignore[no-untyped-def, override]
        """Nothing."""


class Diary(Hooks[NoOptions]):
    """Hears things."""

    @hookimpl
    def ppf_component_end(self, result: object) -> None:
        """Hears of one argument."""


def told(key: str, plugin: type, group: str, monkeypatch: pytest.MonkeyPatch) -> list[warnings.WarningMessage]:
    monkeypatch.setitem(DEPRECATED, key, OLD)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        assert verify(plugin, group) is plugin
    return found


@pytest.mark.parametrize(
    ("key", "plugin", "group", "method"),
    [
        ("Source.ping", Rows, "sources", "ping"),
        ("ppf_component_end", Diary, "hooks", "ppf_component_end"),
        ("ppf_component_end(result)", Diary, "hooks", "ppf_component_end"),
    ],
)
def test_a_plugin_is_warned_at_its_own_line(
    key: str, plugin: type, group: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (warning,) = told(key, plugin, group, monkeypatch)
    assert warning.category is DeprecationWarning
    assert str(warning.message) == f"{key} is deprecated since ppf-core 0.2 and goes away with 0.4. Write something else."
    line = vars(plugin)[method].__code__.co_firstlineno
    assert (warning.filename, warning.lineno) == (__file__, line)


@pytest.mark.parametrize("key", ["Source.pin", "ppf_component_end(component)", "ppf_pipeline_end"])
def test_a_plugin_that_does_not_use_it_is_not_warned(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(key, Rows, "sources", monkeypatch) == []
    assert told(key, Diary, "hooks", monkeypatch) == []


def test_an_import_is_warned_at_its_own_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DEPRECATED, "json_field", OLD)
    monkeypatch.delitem(vars(ppf_core), "json_field", raising=False)
    (tmp_path / "acme_old.py").write_text('"""Old."""\n\nfrom ppf_core import json_field\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.warns(DeprecationWarning, match="json_field is deprecated") as found:
        __import__("acme_old")
    del sys.modules["acme_old"]
    assert [(Path(each.filename).name, each.lineno) for each in found] == [("acme_old.py", 3)]


def test_nothing_stays_longer_than_was_said_and_all_of_it_is_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "compatibility.md").read_text()
    for key, each in DEPRECATED.items():
        assert Version(each.since) < Version(each.until), key
        assert Version(ppf_core.__version__) < Version(each.until), f"{key}: remove it, and what it stands for."
        assert f"`{key}`" in page


def test_an_argument_that_joins_a_hook_has_a_default() -> None:
    """The arguments of the first release have none: every implementation may rely on them."""
    from ppf_core.plugins import hookspecs

    first = {
        "ppf_pipeline_start": {"run"},
        "ppf_component_start": {"run", "component"},
        "ppf_component_retry": {"run", "component", "attempt", "delay", "error"},
        "ppf_component_end": {"run", "component", "result"},
        "ppf_circuit_change": {"run", "component", "old", "new"},
        "ppf_quality_result": {"run", "component", "result"},
        "ppf_secret_accessed": {"run", "backend", "key"},
        "ppf_stream_progress": {"run", "component", "progress"},
        "ppf_pipeline_end": {"run", "result"},
        "ppf_checkpoint_load": {"run"},
        "ppf_checkpoint_save": {"run", "checkpoint"},
        "ppf_quality_evaluate": {"run", "component", "frame", "checks"},
    }
    assert set(first) <= set(HOOKS)
    for hook, arguments in first.items():
        now = inspect.signature(getattr(hookspecs, hook)).parameters
        assert arguments <= set(now), hook
        joined = [each.name for each in now.values() if each.name not in arguments and each.default is each.empty]
        assert joined == [], f"{hook}: give {joined} a default."


def test_the_page_of_compatibility_names_every_group_of_plugins() -> None:
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "compatibility.md").read_text()
    assert set(re.findall(r"`ppf\.([a-z_]+)`", page)) == {
        *("sources", "transforms", "sinks", "streaming_sources", "streaming_sinks", "checks", "secrets", "hooks", "commands")
    }


def test_classes_of_the_kernel_are_not_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DEPRECATED, "Source.read", OLD)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_plugin(Source)
