"""Each check of the kit finds what it is for: there is a plugin that is wrong in that one thing, and the page shows which."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ppf_testing
import pytest
import right_cases as right
import wrong_components as wrong
import wrong_sinks as sinks
import wrong_splits as splits
import wrong_streams as streams
from ppf_testing.offers import OfferConformance
from ppf_testing.samples import SAMPLES, Sample

from ppf_core import Plugin

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "conformance.md"
BY_NAME = {sample.name: sample for sample in SAMPLES}


@dataclass(frozen=True)
class Find:
    """A plugin that is wrong, and the check that finds it. error, told: how. given: further arguments of the check.

    also: another check that cannot but find it.
    """

    case: type[Any]
    plugin: type[Plugin[Any]]
    check: str
    error: Any = AssertionError
    told: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    also: str | None = None

    def __str__(self) -> str:
        return f"{self.plugin.__name__}-{self.check}"

    @property
    def suite(self) -> type[Any]:
        """The suite that has the check."""
        return next(base for base in self.case.__mro__ if self.check in vars(base))


EXACT = "test_what_is_staged_is_exactly_what_was_given_or_none"
REFUSES, CLOSES = "test_options_with_a_mistake_are_refused", "test_it_can_be_closed_before_its_first_use"
SAME, PINNED = "test_the_rows_are_the_same_however_they_come", "test_what_is_pinned_is_read_as_it_was_or_refused"
LEFT, APART = "test_discard_removes_what_a_failed_stage_left", "test_each_row_lies_in_one_place_exactly_as_it_was_given"
SHOWN, AGAIN = (
    "test_every_batch_is_shown_also_after_another_start",
    "test_a_batch_that_is_tried_again_is_there_as_often_as_is_said",
)
CUT = "test_a_staged_batch_is_there_once_wherever_it_was_cut_short"
SPEAKS, PLANS = "test_it_says_what_it_is_and_what_its_options_are", "test_no_job_runs_while_it_plans"
STREAM = "test_it_gives_a_stream_of_the_schema_that_it_tells_and_runs_no_job"
FINDS = [
    Find(right.OfOffers, wrong.Mute, SPEAKS, told="no docstring"),
    Find(right.OfOffers, wrong.Mistyped, "test_its_examples_are_right", told="Unknown option 'pat'"),
    Find(right.OfOffers, wrong.Unbound, "test_the_doctor_finds_nothing", told="which is called as read", also=SPEAKS),
    Find(right.OfLines, wrong.CarelessSource, REFUSES, pytest.fail.Exception, "DID NOT RAISE"),
    Find(right.OfText, streams.CarelessSource, REFUSES, pytest.fail.Exception, "DID NOT RAISE"),
    Find(right.OfStagedBatches, streams.CarelessSink, REFUSES, pytest.fail.Exception, "DID NOT RAISE"),
    Find(right.OfLines, wrong.ClosingOnce, CLOSES, RuntimeError, "It is closed"),
    Find(right.OfLines, wrong.Renaming, "test_it_gives_a_frame_of_the_schema_that_it_tells"),
    Find(right.OfLines, wrong.Counting, "test_it_gives_a_frame_of_the_schema_that_it_tells", told="nobody asked"),
    Find(right.OfLines, wrong.Rolling, "test_a_second_read_has_the_same_rows"),
    Find(right.OfLines, wrong.Boasting, "test_a_second_read_has_the_same_rows", told="not repeatable"),
    Find(right.OfLines, wrong.Drifting, PINNED),
    Find(right.OfLines, wrong.Unpinned, PINNED, told="it can pin"),
    Find(right.OfLines, wrong.Speechless, "test_what_is_not_there_is_named", told="It went wrong"),
    Find(right.OfNewLines, wrong.Standing, "test_a_run_reads_what_came_since_the_last_one"),
    Find(right.OfNewLines, wrong.Minding, "test_what_was_not_published_comes_again"),
    Find(right.OfNewLines, wrong.Running, "test_another_attempt_reads_no_more_than_the_first"),
    Find(right.OfNumbers, wrong.Eager, PLANS),
    Find(right.OfNumbers, wrong.ByPartition, SAME),
    Find(right.OfNumbers, wrong.Hasty, SAME),
    Find(right.OfNumbers, wrong.Dropping, SAME, told="It gave no rows"),
    Find(right.OfNumbers, wrong.Named, "test_without_rows_the_columns_are_the_same", also=PLANS),
    Find(right.OfNumbers, wrong.Promising, "test_a_schema_that_it_tells_is_the_one_that_comes"),
    Find(right.OfFolders, wrong.Once, "test_all_rows_arrive"),
    Find(right.OfFolders, wrong.Forgiving, "test_what_is_wrong_with_a_row_fails_the_write", pytest.fail.Exception),
    Find(right.OfFolders, wrong.First, "test_another_write_is_another_one"),
    Find(right.OfFolders, wrong.Hungry, "test_no_rows_are_no_error", ValueError, "no rows"),
    Find(right.OfFolders, wrong.Appending, "test_it_is_idempotent_if_it_says_so_and_only_then", told="shows a write twice"),
    Find(right.OfFolders, wrong.Modest, "test_it_is_idempotent_if_it_says_so_and_only_then", told="shows a row once"),
    Find(right.OfRows, wrong.Blind, "test_it_finds_the_rows_that_plain_python_finds"),
    Find(right.OfRows, wrong.Strict, "test_it_finds_the_rows_that_plain_python_finds"),
    Find(right.OfRows, wrong.Looking, "test_it_runs_no_job"),
    Find(right.OfTotals, wrong.Surprised, "test_it_judges_as_plain_python_does", told="0 rows"),
    Find(right.OfFrames, wrong.Overlooking, "test_it_judges_as_plain_python_does", told=r"\d+ rows"),
    Find(right.OfFrames, wrong.Wordless, "test_it_judges_as_plain_python_does", told="does not say what is bad"),
    Find(right.OfFrames, wrong.Nameless, "test_those_with_one_identity_judge_alike"),
    Find(right.OfFiles, wrong.Unsafe, "test_it_gives_what_is_there_also_to_many_at_once"),
    Find(right.OfFiles, wrong.Chatty, "test_what_is_not_there_is_named_without_any_value"),
    Find(right.OfFiles, wrong.Vague, "test_what_is_not_there_is_named_without_any_value", RuntimeError, "no_such_key"),
    Find(right.OfFiles, wrong.Keeping, "test_it_shows_no_value_when_it_is_shown"),
    Find(right.OfRuns, wrong.Raising, "test_a_run_ends_as_it_does_without_it", given={"kind": "goes_well"}),
    Find(right.OfRuns, wrong.Deaf, "test_a_run_ends_as_it_does_without_it", told="hears of nothing", given={"kind": "fails"}),
    Find(right.OfStages, sinks.Trimming, EXACT, given={"sample": BY_NAME["texts"]}),
    Find(right.OfStages, sinks.Renaming, EXACT, given={"sample": BY_NAME["booleans"]}),
    Find(right.OfStages, sinks.Once, EXACT, given={"sample": Sample("twice", {"c": "1, 1"})}),
    Find(
        right.OfStages,
        sinks.Right,
        EXACT,
        Exception,
        "INTERVAL",
        {"sample": Sample("s", BY_NAME["spans of a calendar"].columns)},
    ),
    Find(right.OfStages, sinks.Visible, "test_no_reader_sees_a_stage", told="unseen"),
    Find(right.OfAddedStages, sinks.Adding, "test_publishing_again_changes_nothing", told="one"),
    Find(right.OfStages, sinks.Forgetful, "test_discard_removes_all_that_was_staged", told=r"\.out", given={"is_lost": True}),
    Find(right.OfStages, sinks.Forgetful, LEFT, told=r"\.out"),
    Find(right.OfStages, sinks.Eager, LEFT),
    Find(right.OfStages, sinks.Sweeping, "test_discard_leaves_what_others_have_staged"),
    Find(right.OfStages, sinks.Mixing, "test_two_runs_at_once_leave_the_rows_of_whole_runs"),
    Find(right.OfStages, sinks.Holding, "test_what_a_killed_process_has_staged_is_published_by_another", told="old"),
    Find(right.OfAddedStages, sinks.Recalling, "test_what_a_killed_process_has_published_is_there_once", told="one"),
    Find(right.OfStages, sinks.Leaving, "test_what_a_killed_process_has_staged_is_discarded_by_another", told=r"\.out"),
    Find(right.OfSplits, splits.Flagged, APART, given={"sample": BY_NAME["booleans"]}),
    Find(right.OfSplits, splits.Hasty, APART, given={"sample": BY_NAME["booleans"]}),
    Find(
        right.OfSplits,
        splits.Unprepared,
        "test_any_part_may_be_empty",
        FileNotFoundError,
        given={"is_bad": "false", "values": "a"},
    ),
    Find(right.OfSplits, splits.Twice, "test_all_rows_are_computed_once_and_counted"),
    Find(right.OfSplits, splits.Miscounting, "test_all_rows_are_computed_once_and_counted"),
    Find(right.OfSplits, splits.Leaking, "test_readers_see_good_rows_once_they_are_published"),
    Find(right.OfSplits, splits.Littering, "test_nothing_of_the_bad_rows_stays_once_it_is_published"),
    Find(right.OfSplits, splits.Littering, "test_discard_removes_good_and_bad_rows", given={"is_lost": False}),
    Find(right.OfSplits, splits.Littering, "test_discard_removes_what_a_failed_split_left"),
    Find(right.OfUnsplit, splits.Blocking, "test_where_it_does_not_split_it_can_still_stage", FileExistsError),
    Find(right.OfText, streams.Static, STREAM),
    Find(right.OfText, streams.Lying, STREAM),
    Find(right.OfText, streams.Eager, STREAM),
    Find(right.OfText, streams.Doubling, "test_each_row_comes_once_however_often_it_starts_again", told="row 0"),
    Find(right.OfText, streams.Unsteady, "test_a_batch_that_failed_comes_again_as_it_was", told="second"),
    Find(right.OfText, streams.Counting, "test_it_recognises_what_it_reads"),
    Find(right.OfText, streams.Taking, "test_two_streams_read_all_of_it_each"),
    Find(right.OfText, streams.ClosingOnce, "test_it_can_be_closed_after_its_use", RuntimeError, "It is closed"),
    Find(right.OfBatches, streams.ByScope, SHOWN),
    Find(right.OfBatches, streams.Tidying, SHOWN),
    Find(right.OfSparksOwn, streams.Elsewhere, SHOWN),
    Find(right.OfBatches, streams.Emptying, "test_a_batch_without_rows_takes_none_away"),
    Find(right.OfBatches, streams.Appending, AGAIN),
    Find(right.OfBatches, streams.Remembering, AGAIN),
    Find(right.OfStagedBatches, streams.AddingStaged, AGAIN),
    Find(right.OfBatches, streams.HonestlyAppending, "test_it_says_whether_writing_twice_is_writing_once"),
    Find(right.OfBatches, streams.ByNumber, "test_streams_of_their_own_do_not_take_each_others_batches"),
    Find(right.OfStagedBatches, streams.AddingStaged, CUT, given={"cut": "published"}),
    Find(right.OfStagedBatches, streams.StuckStaged, CUT, Exception, "(?i)exists", {"cut": "staged"}),
]

Asked = Callable[[type[Any], type[Any], str, Mapping[str, Any]], None]


@pytest.fixture
def asked(request: pytest.FixtureRequest, tmp_plugin: Callable[..., Path], tmp_path: Path) -> Asked:
    """Asks a check of a plugin in the place of the right one of its case."""

    def ask(case: type[Any], plugin: type[Any], check: str, given: Mapping[str, Any]) -> None:
        asking = case()
        asking.plugin = plugin
        folder = tmp_path / check
        folder.mkdir()
        known = {"tmp_path": lambda: folder, **dict.fromkeys(("spark", "session"), lambda: request.getfixturevalue("spark"))}
        wanted = inspect.signature(getattr(asking, check)).parameters
        getattr(asking, check)(**{name: known[name]() for name in wanted if name not in given}, **given)

    return ask


@pytest.mark.parametrize("find", FINDS, ids=str)
def test_what_is_wrong_is_found_by_the_check_that_looks_for_it(
    find: Find, asked: Asked, tmp_plugin: Callable[..., Path]
) -> None:
    offer(find.case, find.plugin, tmp_plugin)
    with pytest.raises(find.error, match=find.told or None):
        asked(find.case, find.plugin, find.check, find.given)


QUICK = (right.OfOffers, right.OfLines, right.OfNumbers, right.OfFolders, right.OfRows, right.OfFiles)
"""Cases whose checks take little time; sinks that stage and streams would take minutes."""


@pytest.mark.parametrize("find", {find.plugin: find for find in FINDS if find.case in QUICK}.values(), ids=str)
def test_no_other_check_finds_it(find: Find, asked: Asked, tmp_plugin: Callable[..., Path]) -> None:
    offer(find.case, find.plugin, tmp_plugin)
    looking = {each.check for each in FINDS if each.plugin is find.plugin} | {find.also}
    finding = set()
    for check in (name for name in dir(find.case) if name.startswith("test_") and name not in looking):
        try:
            asked(find.case, find.plugin, check, {})
        except pytest.skip.Exception:
            continue
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 -- whatever a check raises is a finding
            finding.add(f"{check}: {error!r:.200}")
    assert finding == set()


def offer(case: type[Any], plugin: type[Any], tmp_plugin: Callable[..., Path]) -> None:
    """Makes an entry point of a plugin, for the suites that want one."""
    if issubclass(case, right.OfRuns):
        tmp_plugin({"hooks.acme_hooks": f"wrong_components:{plugin.__name__}"}, {}, name="acme-hooks")
    if issubclass(case, OfferConformance):
        tmp_plugin({"sources.acme_offer": f"wrong_components:{plugin.__name__}"}, {})


@pytest.fixture(autouse=True)
def offered(request: pytest.FixtureRequest, tmp_plugin: Callable[..., Path]) -> None:
    """The entry point of the right plugin of a case."""
    if request.cls is not None:
        offer(request.cls, request.cls.plugin, tmp_plugin)


def passed_by_what_is_right(case: type[Any]) -> type[Any]:
    """The checks that find something in a case, asked of its right plugin: so it is the mistake that they find."""
    finding = {find.check for find in FINDS if find.case is case}
    others = {name: None for name in dir(case) if name.startswith("test_") and name not in finding}
    return type(f"Test{case.__name__}", (case,), {"__module__": __name__, **others})


for case in dict.fromkeys(find.case for find in FINDS):
    globals()[f"Test{case.__name__}"] = passed_by_what_is_right(case)


def checks() -> Iterator[tuple[type[Any], str]]:
    """All checks of the kit, each with the suite that has it."""
    suites = [OfferConformance, *(getattr(ppf_testing, name) for name in ppf_testing.__all__ if name[0].isupper())]
    for base in dict.fromkeys(base for suite in suites for base in reversed(suite.__mro__)):
        yield from ((base, name) for name in vars(base) if name.startswith("test_"))


def table() -> str:
    """A row for each check: what it is, and who is found by it."""
    rows = ["| suite | check | finds a plugin that |", "|---|---|---|"]
    for suite, name in checks():
        found = [find.plugin for find in FINDS if (find.suite, find.check) == (suite, name)]
        wrongs = "; ".join(dict.fromkeys(f"*{(each.__doc__ or 'Says nothing of itself.').splitlines()[0]}*" for each in found))
        rows.append(f"| `{suite.__name__}` | {name.removeprefix('test_').replace('_', ' ')} | {wrongs} |")
    return "\n".join(rows)


def test_each_check_finds_something_that_is_wrong() -> None:
    assert [check for check in checks() if check not in {(find.suite, find.check) for find in FINDS}] == []


def test_the_page_shows_what_each_check_finds() -> None:
    assert table() in PAGE.read_text(), f"Put this table on the page:\n{table()}"
