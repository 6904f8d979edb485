"""What a listing says of each plugin, without importing any."""

import sys
import tomllib
from pathlib import Path

import pytest

from ppf_core.plugins.entries import PluginEntry
from ppf_core.plugins.known import KNOWN, distribution_of
from ppf_core.plugins.refusals import missing
from ppf_core.plugins.registry import PluginRegistry
from ppf_core.plugins.summaries import summary_of

ROOT = Path(__file__).parents[2]


def entry(value: str) -> PluginEntry:
    return PluginEntry("sources", "rows", "acme", "1.0", "ready", None, "What acme does.", value)


@pytest.mark.parametrize(
    ("code", "summary"),
    [
        ('class Rows:\n    """Makes rows."""', "Makes rows."),
        ('class Rows(Source["Options"], Base[int]):\n    """Makes rows.\n\n    More."""', "Makes rows."),
        ('@final\nclass Rows(\n    Source[Options],\n):\n    """\n    Makes rows.\n    """', "Makes rows."),
        ("class Rows(Source):\n    'It''s rows.'", "It"),
        ('class RowsOptions:\n    """Options."""\nclass Rows(Source): r"Makes rows."', "Makes rows."),
        ('class Rows(Source):\n    limit = 3\n    """No docstring."""', "What acme does."),
        ('class Other:\n    """Other."""', "What acme does."),
        ("class Rows(", "What acme does."),
    ],
)
def test_the_first_line_of_the_docstring_is_read(
    code: str, summary: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"acme_{tmp_path.name}"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("raise SystemExit('it was imported')")
    (tmp_path / name / "rows.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    assert summary_of(entry(f"{name}.rows:Rows")) == summary
    assert name not in sys.modules


@pytest.mark.parametrize("value", ["nothing_like_it:Rows", "sys:Rows", "json.nothing:Rows", "", "no.module"])
def test_where_there_is_nothing_to_read_the_distribution_speaks(value: str) -> None:
    assert summary_of(entry(value)) == "What acme does."


def test_every_plugin_of_ours_has_a_summary_of_its_own() -> None:
    ours = [each for each in PluginRegistry.discover({}).entries if each.distribution in KNOWN]
    assert len(ours) > 40
    assert [each.qualified for each in ours if summary_of(each) == each.summary] == []


def test_the_table_of_known_plugins_is_what_the_distributions_declare() -> None:
    declared = {}
    for file in sorted(ROOT.glob("plugins/ppf-*/pyproject.toml")):
        project = tomllib.loads(file.read_text())["project"]
        groups = project["entry-points"].items()
        own = {group.removeprefix("ppf."): " ".join(sorted(names)) for group, names in groups if group.startswith("ppf.")}
        declared |= {project["name"]: own} if own else {}
    assert declared == KNOWN


def test_a_known_plugin_that_is_not_installed_says_what_to_install() -> None:
    assert distribution_of("sinks", "Parquet") == "ppf-files"
    assert missing("sinks", "parquet", ()).hint == "It comes with ppf-files. Run: pip install ppf-files"
    assert missing("sinks", "parquet", (entry("a:B"),)).hint == "It comes with ppf-files. Run: pip install ppf-files"
    assert "pip" not in (missing("sinks", "parqet", ()).hint or "")
