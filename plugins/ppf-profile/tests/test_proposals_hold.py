"""Whatever a frame holds: the proposed block, pasted into the file, passes on the rows that it was made from."""

from pathlib import Path

import pyspark
import pytest
from ppf_profile.frame_profiles import FrameProfile
from ppf_profile.hocon_texts import write_fields
from ppf_profile.proposals import profile_component, propose_checks, write_block
from pyspark.sql import SparkSession

from ppf_core import PipelineRunner

ROWS = 48

# Name → the columns of a query over the numbers 0 to 47, and the checks that are proposed beside those of any frame.
FRAMES = {
    "whole numbers": (
        "id, cast(id as tinyint) - 20Y b, cast(id % 3 as smallint) few, 9223372036854775807 - id big, -id low",
        {"in_range", "in_set", "unique"},
    ),
    "fractions": (
        "id / 7 d, cast(id / 7 as float) f, cast(0.1 as float) one, if(id = 0, -0.0D, 0.0D) zero, 1e300 * id huge, "
        "id * 1e-300 tiny",
        {"in_range"},
    ),
    "nan": ("if(id % 5 = 0, double('NaN'), id) d, if(id = 1, float('NaN'), id) f, double('NaN') all_nan", set()),
    "infinite": (
        "if(id = 3, double('-Infinity'), id) low, if(id = 3, float('Infinity'), id) high, double('Infinity') only",
        {"in_range"},
    ),
    "decimals": (
        "cast(id / 3 as decimal(10, 4)) d, cast(id % 2 as decimal(3, 1)) few, cast(-id as decimal(38, 18)) wide, "
        "99999999999999999999999999999999999999BD - id top, 0.000000000000000001BD tiny",
        {"in_range", "in_set", "unique"},
    ),
    "dates": (
        "date_add(date'2024-02-20', cast(id as int)) d, date'0001-01-01' first, date'-0044-03-15' ancient, "
        "date_add(date'9999-12-20', cast(id as int)) late",
        {"in_range", "unique"},
    ),
    "times": (
        "timestamp'2024-03-31 00:59:59.123456' + make_dt_interval(0, cast(id as int)) t, timestamp'0001-01-02 00:00:00' first, "
        "timestamp'2024-10-27 00:30:00Z' + make_dt_interval(0, 0, cast(id as int) * 10) twice, "
        "timestamp'+12345-01-01 00:00:00' late",
        {"in_range", "unique"},
    ),
    "times without a zone": (
        "timestamp_ntz'2024-03-31 02:30:00.5' + make_dt_interval(0, cast(id as int)) t, "
        "timestamp_ntz'0001-01-01 00:00:00' first",
        {"in_range", "unique"},
    ),
    "texts": (
        r"""concat('x', id) name, '' empty, array('1', '01', '1.10', 'true')[id % 4] numbers,
        array('a"b', 'a\nb', '${x}', '# no', '// no', 'null', '日本', '😀', '\\', ' a ', '{{ x }}', '\u0000')[id % 12] nasty,
        repeat('long', 500) long, if(id % 2 = 0, 'it''s', null) half""",
        {"length", "in_set", "unique", "completeness"},
    ),
    # In two pieces, for the query itself must not refer to a secret.
    "secrets": (
        "concat('secret:', if(id % 2 = 0, '//env/HOME', '//x')) s, concat('{{ secret:', '//env/HOME }}') t",
        {"length"},
    ),
    "bytes that are no text": ("cast(if(id % 2 = 0, X'FF', X'FE') as string) s", {"length"}),
    "booleans": ("id % 2 = 0 b, true yes, if(id = 0, null, false) some", {"completeness"}),
    "nulls": (
        "cast(null as int) i, null v, if(id = 0, 'a', null) once, if(id < 47, id, null) most",
        {"completeness", "in_range", "length"},
    ),
    "nested": (
        "array(id, null) a, named_struct('x y', id, 'z', array('a')) s, map('k', id) m, X'00FF' b, array(map(1, 2)) am, "
        "named_struct('a.b', null) n, cast(id as string) || 'x' `s.x y`",
        {"length", "unique"},
    ),
    "intervals": (
        "make_dt_interval(cast(id as int)) d, interval '1' year y, interval '1-2' year to month ym",
        set(),
    ),
    "hostile names": (
        "id `a.b`, id `a``b`, id `a b`, id `a\"b`, id `a'b`, id `${x}`, id `# no`, id `日本`, id `select`, id `from`, id `c0`, "
        "id `v1`, id `rows`, id `*`, id `a.*`, id `\\\\`, id `x\ny`, id `-`, id `1`, id `true`, id `null`, id `include`, "
        "id `this`, id `each`, id `key`",
        {"in_range", "unique"},
    ),
    "names twice": ("id a, id A, id b", {"in_range", "unique"}),
}
if pyspark.__version__ >= "4":
    FRAMES["intervals of the calendar"] = ("make_interval(cast(id as int)) i", set())  # pyspark 3.5 cannot name their type
    FRAMES["variants"] = ("parse_json(concat('{\"a\":', id, '}')) v, if(id = 0, null, parse_json('1')) w", {"completeness"})
    FRAMES["collations"] = (
        "if(id % 2 = 0, 'a', 'A') collate UTF8_LCASE c, concat('x', id) collate UNICODE_CI u, array('a' collate UNICODE) a",
        set(),
    )


@pytest.fixture(params=["true", "false"], ids=["ansi", "lenient"])
def session(request: pytest.FixtureRequest, spark: SparkSession) -> SparkSession:
    """A session of its own, in a zone that has hours twice."""
    session = spark.newSession()
    session.conf.set("spark.sql.ansi.enabled", request.param)
    session.conf.set("spark.sql.session.timeZone", "Europe/Berlin")
    return session


def selecting(columns: str, condition: str = "true") -> str:
    return f"select {columns} from numbers where {condition}"  # noqa: S608 -- the texts stand above


def write(folder: Path, query: str, block: str = "") -> Path:
    path = folder / "pipeline.conf"
    options = write_fields({"options": {"query": query}})
    path.write_text(
        f"name = test\ncomponents {{\n  numbers {{ source = range, options {{ end = {ROWS} }} }}\n"
        f"  seen {{ transform = sql, inputs = [numbers], {options}\n{block}\n  }}\n}}\n"
    )
    return path


def pasted(folder: Path, query: str, session: SparkSession, limit: int | None = None) -> tuple[FrameProfile, list[str]]:
    """Profiles the query, pastes the block, runs it; the checks that were run, all of which passed."""
    profile = profile_component(PipelineRunner.from_file(write(folder, query)), "seen", limit, spark=session)
    proposals = propose_checks(profile)
    result = PipelineRunner.from_file(write(folder, query, write_block(profile, proposals))).run(spark=session)
    quality = result["seen"].quality
    assert [(each.check, each.message) for each in quality if each.status != "passed"] == []
    assert result.status == "success"
    assert [each.check for each in quality] == [proposal["check"] for proposal in proposals]
    return profile, [each.check for each in quality]


@pytest.mark.parametrize("kind", FRAMES)
def test_a_pasted_proposal_passes_on_the_data_it_saw(tmp_path: Path, session: SparkSession, kind: str) -> None:
    columns, expected = FRAMES[kind]
    _, checks = pasted(tmp_path, selecting(columns), session)
    assert set(checks) - {"schema", "row_count", "not_null"} == expected


@pytest.mark.parametrize("kind", FRAMES)
def test_a_proposal_for_no_rows_passes_on_no_rows(tmp_path: Path, spark: SparkSession, kind: str) -> None:
    _, checks = pasted(tmp_path, selecting(FRAMES[kind][0], "id < 0"), spark)
    assert checks in (["schema"], [])


def test_a_single_row_is_no_reason_for_sets_and_keys(tmp_path: Path, spark: SparkSession) -> None:
    _, checks = pasted(tmp_path, "select id, 'a' name from numbers where id = 0", spark)
    assert checks == ["schema", "row_count", "not_null", "in_range", "length"]


def test_a_proposal_from_rows_that_change_holds_for_both_looks(tmp_path: Path, spark: SparkSession) -> None:
    path = write(tmp_path, "select id from numbers where rand() < 0.5")
    profile = profile_component(PipelineRunner.from_file(path), "seen", spark=spark)
    assert profile.columns[0].distinct == profile.rows
    assert profile.columns[0].is_unique


def test_a_sample_says_nothing_of_all_rows(tmp_path: Path, spark: SparkSession) -> None:
    path = write(tmp_path, "select id, id % 2 parity from numbers")
    profile = profile_component(PipelineRunner.from_file(path), "seen", 20, spark=spark)
    proposals = propose_checks(profile)
    assert profile.is_sample
    assert {proposal["check"] for proposal in proposals} == {"schema", "not_null", "in_range", "in_set"}
    assert write_block(profile, proposals).startswith("# Holds for a sample of 20 rows")


def test_a_limit_above_the_rows_sees_them_all(tmp_path: Path, spark: SparkSession) -> None:
    profile, checks = pasted(tmp_path, "select id from numbers", spark, limit=ROWS + 1)
    assert not profile.is_sample
    assert checks == ["schema", "row_count", "not_null", "in_range", "unique"]
