"""Files that somebody is writing: the mistakes of texts that nobody has saved, and what is at a cursor. No Spark."""

import os
from pathlib import Path

import pytest

from ppf_core import DraftSpot, PipelineDrafts
from ppf_core.validation.validate import validate_pipeline

FLIGHTS = """\
name = flights            # héllo
include "hooks.conf"
components {
  flights { source = csv, options { path = "in.csv", head = true } }
  late {
    transform = filter
    inputs = [flights]
    quality = [{ check = not_null, options { columns = [carrier] }, action = warn }]
    options.where = "dep_delay > 15"
    retry { max_attempts = 3 }
  }
  out { sink = parquet, inputs { rows = late }, options { path = out, mode = overwrite } }
}
"""


class Editor:
    """A folder with a pipeline, and a cursor that stands where `|` is written."""

    def __init__(self, folder: Path) -> None:
        self.drafts = PipelineDrafts()
        self.path = folder / "flights.conf"
        self.hooks = folder / "hooks.conf"
        self.path.write_text(FLIGHTS)
        self.hooks.write_text("hooks { logging { level = debug } }\n")

    def at(self, old: str, new: str, file: Path | None = None) -> DraftSpot | None:
        """Replaces a part of the text, without saving it, and looks at the cursor in what replaces it."""
        target = file or self.path
        text = target.read_text().replace(old, new, 1)
        offset = text.index("|")
        text = text.replace("|", "", 1)
        self.drafts.texts[os.path.realpath(target)] = text
        line = text.count("\n", 0, offset) + 1
        return self.drafts.spot(self.path, line, offset - text.rfind("\n", 0, offset), str(target))

    def offers(self, old: str, new: str, file: Path | None = None) -> list[str]:
        """The texts that may stand there."""
        spot = self.at(old, new, file)
        assert spot is not None
        return [offer.text for offer in spot.offers]


@pytest.fixture
def editor(tmp_path: Path) -> Editor:
    return Editor(tmp_path)


def test_a_draft_has_the_problems_of_the_file(editor: Editor) -> None:
    draft, validated = editor.drafts.check(editor.path), validate_pipeline(editor.path)
    assert draft.problems == validated.problems
    assert [problem.code for problem in draft.problems] == ["unknown-option"]
    assert set(draft.files) == {os.path.realpath(editor.path), os.path.realpath(editor.hooks)}


def test_the_text_of_the_editor_counts_in_the_place_of_the_file(editor: Editor) -> None:
    editor.drafts.texts[os.path.realpath(editor.path)] = FLIGHTS.replace("head =", "header =")
    assert editor.drafts.check(editor.path).problems == ()


def test_an_included_text_counts_too_and_its_mistakes_stand_in_its_file(editor: Editor) -> None:
    editor.drafts.texts[os.path.realpath(editor.path)] = FLIGHTS.replace("head =", "header =")
    editor.drafts.texts[os.path.realpath(editor.hooks)] = "\nhooks { logging { leve = debug } }\n"
    (problem,) = editor.drafts.check(editor.path).problems
    assert (problem.file, problem.line, problem.column) == (str(editor.hooks), 2, 19)


def test_a_part_of_a_pipeline_is_judged_as_a_text(editor: Editor) -> None:
    draft = editor.drafts.check(editor.hooks)
    assert (draft.problems, draft.is_pipeline) == ((), False)
    editor.drafts.texts[os.path.realpath(editor.hooks)] = "hooks { logging { level } }"
    assert [problem.code for problem in editor.drafts.check(editor.hooks).problems] == ["syntax"]


def test_a_text_that_cannot_be_read_to_its_end_gives_its_mistake(editor: Editor) -> None:
    editor.drafts.texts[os.path.realpath(editor.path)] = "name = [flights"
    draft = editor.drafts.check(editor.path)
    assert [problem.code for problem in draft.problems] == ["syntax"]


@pytest.mark.parametrize(
    ("old", "new", "some", "none"),
    [
        ("name = flights", "na|", ["name", "mode", "runtime"], ["components", "source"]),
        ("transform = filter", "transform = filter\n    per|", ["persist", "checkpoint"], ["inputs", "transform", "mode"]),
        ("head = true", "head|", ["header", "delimiter", "infer_schema"], ["path", "source"]),
        ("head = true", "|", ["header", "delimiter"], ["path"]),
        ("source = csv", "source = |", ["csv", "parquet", "inline"], ["filter", "rate", "console"]),
        ("transform = filter", "transform = fil|", ["filter", "sql"], ["csv"]),
        ("sink = parquet", "sink = par|quet", ["parquet", "console"], ["range", "memory"]),
        ("[flights]", "[fl|]", ["flights", "late", "out"], ["csv"]),
        ("[flights]", "[|]", ["flights", "late"], []),
        ("rows = late", "rows = la|", ["flights", "late"], []),
        ("check = not_null", "check = |", ["not_null", "unique"], ["csv"]),
        ("action = warn", "action = |", ["fail", "warn", "drop", "quarantine"], ["true"]),
        ("action = warn", "|", ["action", "where", "warn_if"], ["check", "options"]),
        ("action = warn", "quarantine_to = |", ["out"], ["fail"]),
        ("mode = overwrite", "mode = over|", ["error", "overwrite", "append"], []),
        ("retry { max_attempts = 3 }", "checkpoint = |", ["true", "false"], []),
        ("retry { max_attempts = 3 }", "retry.|", ["max_attempts", "initial_delay"], ["source"]),
        ("max_attempts = 3", "max_attempts = 3, |", ["jitter", "retry_on"], ["max_attempts"]),
        ("components {", "spark { ma| }\ncomponents {", ["master", "conf"], ["name"]),
        ("components {", "hooks { | }\ncomponents {", ["audit", "prometheus"], ["csv"]),
        ("components {", "secrets { fi| }\ncomponents {", ["file", "env"], ["audit"]),
        ("components {", "hooks { mine { plugin = | } }\ncomponents {", ["audit"], ["csv"]),
        ("components {", "hooks { audit { | } }\ncomponents {", ["path", "fsync", "plugin", "required"], ["options"]),
        ("components {", "runtime { on_failure = | }\ncomponents {", ["stop", "continue"], []),
    ],
)
def test_what_may_be_written_there(editor: Editor, old: str, new: str, some: list[str], none: list[str]) -> None:
    found = editor.offers(old, new)
    assert set(some) <= set(found)
    assert not set(none) & set(found)


def test_in_a_stream_other_plugins_may_be_sources(editor: Editor) -> None:
    editor.path.write_text(f"mode = streaming\n{FLIGHTS}")
    found = editor.offers("source = csv", "source = |")
    assert {"rate", "files"} <= set(found)
    assert "csv" not in found


def test_keys_of_options_come_with_their_type_and_help(editor: Editor) -> None:
    spot = editor.at("head = true", "head|")
    assert spot is not None
    (header,) = [offer for offer in spot.offers if offer.text == "header"]
    assert (header.kind, header.type, header.required) == ("key", "boolean", False)
    assert header.help == "The first line of each file holds the column names. Default: True."


def test_an_included_file_is_completed_as_a_part_of_its_pipeline(editor: Editor) -> None:
    assert "level" in editor.offers("level = debug", "|", editor.hooks)
    assert editor.offers("debug", "|", editor.hooks) == ["debug", "info", "warning", "error"]


def test_the_word_and_its_column_are_those_that_are_replaced(editor: Editor) -> None:
    spot = editor.at("source = csv", 'é = "ü", source = c|sv')
    assert spot is not None
    assert (spot.path, spot.word, spot.column) == (("components", "flights", "source"), "csv", 31)


@pytest.mark.parametrize(
    "new", ["# name = |", "name = flights # so|", 'components { a { source = csv, options { path = "| } } }']
)
def test_nothing_is_said_where_nothing_can_be_written(editor: Editor, new: str) -> None:
    assert editor.at("name = flights", new) is None


def test_help_of_keys_values_and_plugins(editor: Editor) -> None:
    told = {
        "source = cs|v": "sources.csv of ppf-files",
        "sou|rce = csv": "source: string\n\nThe source plugin",
    }
    for new, wanted in told.items():
        spot = editor.at("source = csv", new)
        assert spot is not None
        assert spot.help.startswith(wanted)
    spot = editor.at("mode = overwrite", "mo|de = overwrite")
    assert spot is not None
    assert "What to do with a target that exists. Default: error." in spot.help


def test_a_component_is_defined_where_its_key_stands(editor: Editor) -> None:
    spot = editor.at("rows = late", "rows = la|te")
    assert spot is not None
    assert spot.definition == (str(editor.path), 5)


@pytest.mark.parametrize(
    ("old", "new", "stands"),
    [
        ("source = csv", "source = c|sv", "class CsvSource"),
        ("check = not_null", "check = not_n|ull", "class NotNull"),
        ("components {", "hooks { aud|it { path = a } }\ncomponents {", "class Audit"),
    ],
)
def test_a_plugin_is_defined_where_its_class_stands(editor: Editor, old: str, new: str, stands: str) -> None:
    spot = editor.at(old, new)
    assert spot is not None
    assert spot.definition is not None
    file, line = spot.definition
    assert Path(file).read_text().splitlines()[line - 1].startswith(stands)
