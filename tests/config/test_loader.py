"""The loader: every trap of HOCON's libraries closed, every mistake located, all at once, in bounded time."""

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppf_core.config.loader import ConfigLoader, PipelineFile
from ppf_core.errors import ConfigError, Problem

COMPONENTS = "components { a { source = csv } }\n"


def load(folder: Path, text: str | bytes, **overrides: str) -> PipelineFile:
    path = folder / "pipeline.conf"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return ConfigLoader(path, overrides).load()


def options(folder: Path, text: str, **overrides: str) -> dict[str, object]:
    """The options that come out of `options { text }`."""
    file = load(folder, f"name = x\ncomponents {{ a {{ source = csv, options {{\n{text}\n}} }} }}", **overrides)
    assert file.problems == ()
    return file.config.components["a"].options


def refused(folder: Path, text: str | bytes) -> Problem:
    """The one problem of a file that cannot be parsed."""
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


def found(file: PipelineFile) -> list[tuple[str, int | None, int | None]]:
    return [(problem.code, problem.line, problem.column) for problem in file.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x = 1d", "1d"),
        ("x = 5 m", "5 m"),
        ("x = 5 days later", "5 days later"),
        ("x = 01234", "01234"),
        ("x = 12", 12),
        ("x = 1.5e3", 1500.0),
        ("x = true", True),
        ('x = "true"', "true"),
        ("x = null", None),
        ("x = a b  c  # said", "a b  c"),
        ("x = a//b", "a"),
        ('x = "a//b"', "a//b"),
        ('x = "jdbc:postgresql://h/db?x=1"', "jdbc:postgresql://h/db?x=1"),
        ('x = "caf\\u00e9 \\n \\"q\\""', 'café \n "q"'),
        ('x = """one\n"two" """', 'one\n"two" '),
        ("x = [1, 2\n3]", [1, 2, 3]),
        ("x = [1]\nx += 2", [1, 2]),
        ("x += 1", [1]),
        ("x = [{ a = 1 }, { b = 2 }]", [{"a": 1}, {"b": 2}]),
        ("x { a = 1 }\nx { b = 2 }", {"a": 1, "b": 2}),
        ("x = { a = 1 } { b = 2 }", {"a": 1, "b": 2}),
        ('x { "a.b" = 1, c.d = 2 }', {"a.b": 1, "c": {"d": 2}}),
        ('x { "with \\"quotes\\"" = 1 }', {'with "quotes"': 1}),
        ('y = 5\nx = ${components.a.options.y}"%"', "5%"),
        ("x = ${?NOT_SET_ANYWHERE}", None),
        ("x = \\\\".replace("\\\\", '"\\\\"'), "\\"),
        ('x = ""', ""),
    ],
)
def test_a_value_arrives_as_it_was_written(text: str, value: object, tmp_path: Path) -> None:
    assert options(tmp_path, text).get("x") == value


def test_environment_variables_are_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PPF_TEST_WORD", "5")
    file = load(tmp_path, "name = x\nenvironment = ${?PPF_TEST_WORD}\nruntime.parallelism = ${PPF_TEST_WORD}\n" + COMPONENTS)
    assert (file.config.environment, file.config.runtime.parallelism) == ("5", 5)


def test_the_blocks_of_the_kernel_are_bound(tmp_path: Path) -> None:
    file = load(
        tmp_path,
        """
        name = x
        tags { year = 2026 }
        spark.conf { "spark.a.b" = true, spark.c.d = 4 }
        plugins.prefer { "sources.csv" = ppf-files }
        hooks { ops { plugin = slack, required = true, channel = "#ops" } }
        runtime { timeout = 2 hours }
        components { a { source = csv }
          b { transform = t, inputs { left = a }, timeout = PT5M, retry { initial_delay = 0.5 } } }
        """,
    )
    config = file.config
    assert file.problems == ()
    assert config.tags == {"year": "2026"}
    assert config.spark.conf == {"spark.a.b": "true", "spark.c.d": "4"}
    assert config.plugins.prefer == {"sources.csv": "ppf-files"}
    assert config.hooks["ops"].plugin == "slack"
    assert config.hooks["ops"].required
    assert config.hooks["ops"].options == {"channel": "#ops"}
    assert config.runtime.timeout == timedelta(hours=2)
    assert config.components["b"].timeout == timedelta(minutes=5)
    assert config.components["b"].inputs == {"left": "a"}
    assert config.components["b"].retry is not None
    assert config.components["b"].retry.initial_delay == timedelta(seconds=0.5)


def test_all_mistakes_come_at_once_each_at_its_place(tmp_path: Path) -> None:
    file = load(
        tmp_path,
        """name = "no spaces"
mode = bath
components {
  a { source = csv, enabeld = true }
  b { source = csv, sink = csv, retry { max_attempts = five } }
  "c d" { sourc = csv }
  e { }
}
runtime { parallelism = 0, timeout = "-1 s" }
nmae = y
""",
    )
    assert found(file) == [
        ("bad-value", 1, 8),
        ("bad-value", 2, 8),
        ("unknown-key", 4, 21),
        ("bad-value", 5, 21),
        ("wrong-type", 5, 56),
        ("bad-value", 6, 3),
        ("unknown-key", 6, 11),
        ("missing-key", 7, 3),
        ("bad-value", 9, 25),
        ("bad-value", 9, 38),
        ("unknown-key", 10, 1),
    ]
    texts = "\n".join(map(str, file.problems))
    assert "Unknown key 'enabeld'. Did you mean 'enabled'?" in texts
    assert "'five'" in texts
    assert "Did you mean 'name'?" in texts


def test_a_wrong_type_in_an_optional_block_is_a_mistake_not_no_block(tmp_path: Path) -> None:
    file = load(tmp_path, "name = x\ncomponents { a { source = csv, retry { max_attempts = five } } }")
    assert found(file) == [("wrong-type", 2, 55)]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("name = x\ncomponents {\n", 2, 12),
        ("name = x }", 1, 10),
        ("name = x\na = [1, 2", 2, 5),
        ('name = x\na = "open\n', 2, 5),
        ("name = x\nb\n", 2, 1),
        ("name = x\na = ${=}", 2, 5),
        ("name = x\na = jdbc:db", 2, 5),
        ("name = x\na = {} text", 2, 5),
        ('name = x\na = "\\q"', 2, 5),
        ("name = x\na =\n", 2, 1),
    ],
)
def test_a_syntax_mistake_is_located(text: str, line: int, column: int, tmp_path: Path) -> None:
    problem = refused(tmp_path, text)
    assert (problem.code, problem.line, problem.column) == ("syntax", line, column)


def test_an_unknown_substitution_is_located(tmp_path: Path) -> None:
    problem = refused(tmp_path, "name = x\nversion = ${nope.it}\n")
    assert (problem.code, problem.line, problem.column) == ("substitution", 2, 11)


def test_a_byte_order_mark_is_accepted_and_other_bytes_are_located(tmp_path: Path) -> None:
    assert load(tmp_path, b"\xef\xbb\xbfname = x\n" + COMPONENTS.encode()).problems == ()
    problem = refused(tmp_path, b"name = x\nversion = \xff\n")
    assert (problem.code, problem.line, problem.column) == ("encoding", 2, 11)


@pytest.mark.parametrize("name", ["none.conf", "."])
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        ConfigLoader(tmp_path / name).load()


def test_an_override_wins_and_is_located_at_the_command_line(tmp_path: Path) -> None:
    overrides = {"components.a.options.path": "db:x", 'spark.conf."a.b"': "9", "runtime.parallelism": "none"}
    file = load(tmp_path, "name = x\ncomponents { a { source = csv, options { path = y } } }", **overrides)
    assert file.config.components["a"].options == {"path": "db:x"}
    assert file.config.spark.conf == {"a.b": "9"}
    (problem,) = file.problems
    assert (problem.file, problem.line) == ("--set", None)


def test_an_override_of_a_list_replaces_it(tmp_path: Path) -> None:
    assert options(tmp_path, "x = [1, 2]", **{"components.a.options.x": "[3]"}) == {"x": [3]}


# ---- includes


def test_an_include_is_read_where_it_stands_and_keeps_its_places(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a.conf").write_text("a { source = csv,\n enabeld = true }")
    file = load(tmp_path, 'name = x\ncomponents { include "parts/a.conf" }')
    (problem,) = file.problems
    assert file.config.components["a"].source == "csv"
    assert (Path(problem.file or "").name, problem.line, problem.column) == ("a.conf", 2, 2)


def test_a_missing_include_is_a_warning_and_a_required_one_a_mistake(tmp_path: Path) -> None:
    file = load(tmp_path, 'include "none"\nname = x\n' + COMPONENTS)
    assert [(warning.code, warning.line) for warning in file.warnings] == [("include", 1)]
    assert found(load(tmp_path, 'name = x\ninclude required("none")\n' + COMPONENTS)) == [("include", 2, 9)]


@pytest.mark.parametrize(
    "include",
    ['url("http://127.0.0.1:1/x")', '"http://127.0.0.1:1/x"', '"/etc/hostname"', '"../x.conf"', 'package("os:x")', '"leaves"'],
)
def test_an_include_of_anything_outside_the_folder_is_refused(include: str, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("name = y")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "leaves").symlink_to(tmp_path / "outside")
    assert found(load(inner, f"name = x\ninclude {include}\n{COMPONENTS}")) == [("include", 2, 9)]


def test_a_cycle_of_includes_is_one_mistake_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text('include "pipeline.conf"')
    file = load(tmp_path, 'name = x\ninclude "a.conf"\n' + COMPONENTS)
    (problem,) = file.problems
    assert "pipeline.conf → a.conf → pipeline.conf" in problem.message


def test_includes_are_at_most_100_deep(tmp_path: Path) -> None:
    for index in range(120):
        (tmp_path / f"i{index}.conf").write_text(f'include "i{index + 1}.conf"\n')
    problem = refused(tmp_path, 'name = x\ninclude "i0.conf"')
    assert problem.code == "limit"


# ---- hostile files


def hostile() -> dict[str, str]:
    doubling = "a0 = [x, x]\n" + "".join(f"a{n + 1} = [${{a{n}}}, ${{a{n}}}]\n" for n in range(60))
    texts = 'b0 = "xxxxxxxxxx"\n' + "".join(f"b{n + 1} = ${{b{n}}}${{b{n}}}\n" for n in range(60))
    chain = "".join(f"c{n} = ${{c{n + 1}}}\n" for n in range(800)) + "c800 = 1\n"
    return {
        "a list that doubles": doubling,
        "a text that doubles": texts,
        "a long chain": chain,
        "deep braces": "a {" * 5000,
        "deep brackets": "a = " + "[" * 5000,
        "10 MB": 'a = "' + "x" * (11 * 1024 * 1024) + '"',
        "many substitutions": "".join(f"d{n} = ${{?NOPE{n}}}\n" for n in range(20_000)),
    }


@pytest.mark.parametrize("kind", hostile())
def test_a_hostile_file_ends_in_bounded_time_with_a_located_error(kind: str, tmp_path: Path) -> None:
    began = time.monotonic()
    problem = refused(tmp_path, "name = x\n" + hostile()[kind])
    assert problem.code == "limit"
    assert problem.line is not None
    assert time.monotonic() - began < 20


def test_a_failed_parse_leaves_pyparsing_as_it_was(tmp_path: Path) -> None:
    from pyparsing import ParserElement

    before = ParserElement.DEFAULT_WHITE_CHARS
    with pytest.raises(ConfigError):
        load(tmp_path, "name = x\na { b = true }\na.b += 1\nc = ${a} [1]\n")
    assert before == ParserElement.DEFAULT_WHITE_CHARS


def test_files_can_be_loaded_from_several_threads(tmp_path: Path) -> None:
    names: list[str] = []

    def one(index: int) -> None:
        folder = tmp_path / str(index)
        folder.mkdir()
        names.append(load(folder, f"name = n{index}\n{COMPONENTS}").config.name)

    threads = [threading.Thread(target=one, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names) == [f"n{index}" for index in range(8)]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet='ab ={}[]"$\n,.:#+\\1é', max_size=60))
def test_any_text_gives_a_file_or_a_located_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        load(tmp_path_factory.getbasetemp(), text)
    except ConfigError as error:
        problems = error.problems
    assert all(problem.file for problem in problems)
