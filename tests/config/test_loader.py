"""The loader: the kernel's blocks, every mistake of a file at once, overrides, and hostile files in bounded time."""

import gc
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pipeline_files import SOUND, load, options, places, refused

from ppf_core.config.binding import bind
from ppf_core.config.loader import file_of_values
from ppf_core.contracts.options import OptionsError
from ppf_core.errors import ConfigError, Problem


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


@pytest.mark.parametrize(
    ("text", "conf"),
    [
        ('"spark.a.b" = 4, spark.a.b = 5', {"spark.a.b": "5"}),
        ('spark.a.b = 5, "spark.a.b" = 4', {"spark.a.b": "4"}),
        ('spark { x = 1, a.b = 5 }, "spark.a.b" = 4, spark.c = 3', {"spark.x": "1", "spark.a.b": "4", "spark.c": "3"}),
        ("spark.lake = X, spark.lake.type = hadoop", {"spark.lake": "X", "spark.lake.type": "hadoop"}),
        ("spark.lake.type = hadoop, spark.lake = X", {"spark.lake": "X", "spark.lake.type": "hadoop"}),
        (
            "spark.lake { a = 1 }, spark.lake = X, spark.lake { b = 2 }",
            {"spark.lake": "X", "spark.lake.a": "1", "spark.lake.b": "2"},
        ),
        ("a.b = 1, a.c = 2, a = null", {}),
        ("a.b = 1, a.b = null", {}),
        ("a.b = x\na.b = ${spark.conf.a.b}y", {"a.b": "xy"}),
        ('a.b = x\n"a.b" = y\na = ${late}', {"a.b": "late"}),
        ("a = ${?NOPE}, a.b = [${name}]", {}),
    ],
)
def test_dotted_keys_of_a_flat_block_are_one_key_each_and_the_later_one_wins(
    text: str, conf: dict[str, str], tmp_path: Path
) -> None:
    file = load(tmp_path, f"{SOUND}late {{ b = late }}\nspark.conf {{ {text} }}\n")
    assert file.config.spark.conf == conf


def test_an_override_wins_over_each_way_to_write_a_dotted_key(tmp_path: Path) -> None:
    text = SOUND + 'spark.conf { "a.b" = 1, c.d = 2, e = 3 }'
    file = load(tmp_path, text, **{"spark.conf.a.b": "5", 'spark.conf."c.d"': "6", "spark.conf.e.f": "7"})
    assert file.config.spark.conf == {"a.b": "5", "c.d": "6", "e": "3", "e.f": "7"}


def test_of_two_files_the_statement_that_is_read_later_wins(tmp_path: Path) -> None:
    (tmp_path / "part.conf").write_text('\n\n\n"a.b" = 1\nc.d = 1')
    file = load(tmp_path, SOUND + 'spark.conf { a.b = 2, include "part.conf"\n"c.d" = 2 }')
    assert file.config.spark.conf == {"a.b": "1", "c.d": "2"}


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
    assert places(file.problems) == [
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
    assert places(file.problems) == [("wrong-type", 2, 55)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name = x\ncmoponents { a { source = csv } }", ("unknown-key", 2, 1)),
        ("name = x\ncomponents = []", ("wrong-type", 2, 14)),
        ("name =\nversion = 1\ncomponents { a { source = csv } }", ("syntax", 1, 1)),
        ("name = x\ncomponents { a { sorce = csv } }", ("unknown-key", 2, 18)),
        ("name = x\ncomponents { a = 5 }", ("wrong-type", 2, 18)),
        ("name = x\ncomponents { a { source = csv, quality = [{ chek = q }] } }", ("unknown-key", 2, 45)),
        ("name = x\ncomponents { a { source = csv, inputs { l = ${nope} } } }", ("substitution", 2, 45)),
        ("name = x\ncomponents { a { source = csv, after = [${nope}] } }", ("substitution", 2, 41)),
        ("name = x\ncomponents { a { source = csv, persist = no }, b = ${components.a} }", ("bad-value", 2, 42)),
        ("name = x\nplugins.require = [[]]\ncomponents { a { source = csv } }", ("wrong-type", 2, 20)),
    ],
)
def test_one_mistake_gives_one_problem(tmp_path: Path, text: str, place: tuple[str, int, int]) -> None:
    assert places(load(tmp_path, text).problems) == [place]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("inputs { x = [a], y = {}, z = a.b }", [("wrong-type", 45), ("wrong-type", 54), ("bad-value", 62)]),
        ("quality = [{ warn_if = 5, error_if = x }]", [("missing-key", 43), ("bad-value", 55), ("bad-value", 69)]),
        ("watermark { colum = x, dely = y }", [("unknown-key", 44), ("unknown-key", 55)]),
        ("retry { max_attempts = x, jitter = 7 }, timeout = 0", [("wrong-type", 55), ("bad-value", 67), ("bad-value", 82)]),
    ],
)
def test_a_faulty_value_hides_no_other_mistake(tmp_path: Path, text: str, wanted: list[tuple[str, int]]) -> None:
    problems = load(tmp_path, f"name = x\nmode = streaming\ncomponents {{ a {{ source = csv, {text} }} }}").problems
    assert [(problem.code, problem.column) for problem in problems] == wanted


def test_a_missing_value_is_located_where_null_unsets_it(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, SOUND, name="null").problems
    assert (problem.code, problem.file, problem.path) == ("missing-key", "--set", "name")


def test_a_long_key_is_shortened_in_messages(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, SOUND + "x" * 100_000)
    assert len(problem.message) < 200


def test_an_override_wins_and_is_located_at_the_command_line(tmp_path: Path) -> None:
    overrides = {"components.a.options.path": "db:x", 'spark.conf."a.b"': "9", "runtime.parallelism": "none"}
    file = load(tmp_path, "name = x\ncomponents { a { source = csv, options { path = y } } }", **overrides)
    assert file.config.components["a"].options == {"path": "db:x"}
    assert file.config.spark.conf == {"a.b": "9"}
    (problem,) = file.problems
    assert (problem.file, problem.line) == ("--set", None)


@pytest.mark.parametrize("text", ["local[2]", "local[*, 3]", "jdbc:h2:x?y={z}", "a{b}", "{{ secret://env/A }}/b"])
def test_an_override_that_no_hocon_can_mean_is_a_text(tmp_path: Path, text: str) -> None:
    assert options(tmp_path, "", **{"components.a.options.x": text}) == {"x": text}


def test_an_override_may_be_a_value_of_python(tmp_path: Path) -> None:
    overrides = {"runtime.parallelism": 2, "runtime.timeout": None, "components.a.options": {"x": [1.5, True, "${name}"]}}
    config = load(tmp_path, SOUND + "runtime.timeout = 1 h", **overrides).config
    assert (config.runtime.parallelism, config.runtime.timeout) == (2, None)
    assert config.components["a"].options == {"x": [1.5, True, "${name}"]}


def test_an_override_of_a_list_replaces_it(tmp_path: Path) -> None:
    assert options(tmp_path, "x = [1, 2]", **{"components.a.options.x": "[3]"}) == {"x": [3]}


# ---- hostile files


def hostile() -> dict[str, str]:
    doubling = "a0 = [x, x]\n" + "".join(f"a{n + 1} = [${{a{n}}}, ${{a{n}}}]\n" for n in range(60))
    texts = 'b0 = "xxxxxxxxxx"\n' + "".join(f"b{n + 1} = ${{b{n}}}${{b{n}}}\n" for n in range(60))
    return {
        "a list that doubles": doubling,
        "a text that doubles": texts,
        "deep braces": "a {" * 5000,
        "deep brackets": "a = " + "[" * 5000,
        "10 MB": 'a = "' + "x" * (11 * 1024 * 1024) + '"',
        "a list of many": "a = [" + "1," * 300_000 + "]",
    }


@pytest.mark.parametrize("kind", hostile())
def test_a_hostile_file_ends_in_bounded_time_with_a_located_error(kind: str, tmp_path: Path) -> None:
    began = time.monotonic()
    (problem,) = refused(tmp_path, "name = x\n" + hostile()[kind])
    assert problem.code == "limit"
    assert problem.line is not None
    assert time.monotonic() - began < 20


def test_a_long_chain_of_substitutions_is_followed_in_bounded_time(tmp_path: Path) -> None:
    chain = "".join(f"c{n} = ${{c{n + 1}}}\n" for n in range(5000)) + "c5000 = done\n"
    began = time.monotonic()
    assert options(tmp_path, "x = ${c0}", head=chain) == {"x": "done"}
    assert time.monotonic() - began < 20


def test_many_substitutions_that_lead_nowhere_take_bounded_time(tmp_path: Path) -> None:
    began = time.monotonic()
    assert load(tmp_path, SOUND + "".join(f"d{n} = ${{?NOPE{n}}}\n" for n in range(20_000))).problems == ()
    assert time.monotonic() - began < 20


def measured(tmp_path: Path, text: str) -> tuple[float, int]:
    """Seconds of the processor that a load takes, and the problems that it finds."""
    began = time.process_time()
    problems = load(tmp_path, text).problems
    return time.process_time() - began, len(problems)


def test_large_files_take_seconds(tmp_path: Path) -> None:
    component = 'c%d { source = csv, options { path = ${base.p}"/%d.csv", header = true, columns = [a, b, c] } } # said\n'
    large = "name = x\nbase { p = /data }\ncomponents {\n" + "".join(component % (n, n) for n in range(11_000)) + "}"
    appended = "name = x\ncomponents { a { source = csv, options {\n" + "l += 1\n" * 60_000 + "} } }"
    unknown = SOUND + "".join(f"key{n} = 1\n" for n in range(150_000))
    texts = {"1 MB": (large, 0), "60,000 times +=": (appended, 0), "150,000 unknown keys": (unknown, 150_000)}
    found = {name: measured(tmp_path, text) for name, (text, _problems) in texts.items()}
    assert {name: problems for name, (_seconds, problems) in found.items()} == {name: each[1] for name, each in texts.items()}
    assert {name: seconds for name, (seconds, _problems) in found.items() if seconds > 10} == {}


def test_loading_leaves_the_garbage_collector_as_it_was(tmp_path: Path) -> None:
    load(tmp_path, SOUND)
    assert gc.isenabled()
    gc.disable()
    try:
        refused(tmp_path, "name = [")
        assert not gc.isenabled()
    finally:
        gc.enable()


@settings(max_examples=150)
@given(st.text(alphabet='ab ={}[]"$\n,.:#+\\1é', max_size=60))
def test_any_text_gives_a_file_or_a_located_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        load(tmp_path_factory.getbasetemp(), text)
    except ConfigError as error:
        problems = error.problems
    assert all(problem.file for problem in problems)


def test_a_secret_where_nothing_looks_it_up_is_located(tmp_path: Path) -> None:
    file = load(
        tmp_path,
        """name = x
version = "secret://env/VERSION", environment = "secret://env/STAGE"
tags { team = "{{ secret://env/TEAM }}", other = ops }
description = "Not like secret://env/HERE, which nobody takes for a value."
spark { master = "spark://{{ secret://vault/spark#host }}:7077", app_name = "secret://env/A", packages = [a, "secret://env/P"] }
runtime { state_dir = "secret://env/D", data_dir = "secret://env/D" }
components { a { source = csv, options { path = "secret://env/PATH" } } }
spark.conf { key = "secret://env/KEY" }
hooks { audit { path = "secret://env/AUDIT" } }
""",
    )
    assert places(file.problems) == [
        ("bad-value", 2, 11),
        ("bad-value", 2, 49),
        ("bad-value", 3, 15),
        ("bad-value", 5, 18),
        ("bad-value", 5, 77),
        ("bad-value", 5, 110),
        ("bad-value", 6, 23),
        ("bad-value", 6, 52),
    ]
    assert str(file.problems[2]).endswith(
        "Key 'tags.team' is '{{ secret://env/TEAM }}', but secrets are only looked up in spark.conf and plugin options. "
        "Write the value itself, or take it from the environment: ${?NAME}."
    )
    (remote,) = load(tmp_path, SOUND + '\nspark.remote = "secret://env/SERVER"').problems
    assert remote.path == "spark.remote"


def test_a_file_whose_components_are_all_disabled_has_nothing_to_run(tmp_path: Path) -> None:
    text = "name = x\ncomponents {{ a {{ source = csv, enabled = {one} }}, b {{ source = csv, enabled = false }} }}"
    problems = load(tmp_path, text.format(one="false")).problems
    assert places(problems) == [("missing-key", 2, 1)]
    assert problems[0].message == "The pipeline has nothing to run: every component is disabled."
    assert load(tmp_path, text.format(one="true")).problems == ()


def test_plain_values_make_the_file_that_their_hocon_makes(tmp_path: Path) -> None:
    file = load(tmp_path, SOUND)
    again = file_of_values(file.path, file.values)
    assert (again.config, again.values, again.problems) == (file.config, file.values, ())


def test_mistakes_in_plain_values_are_told_all_at_once(tmp_path: Path) -> None:
    file = file_of_values(tmp_path / "pipeline.json", {"name": "x", "components": {"a": {"sorce": "csv"}}, "runtime": 3})
    assert [problem.code for problem in file.problems] == ["wrong-type", "unknown-key"]


# ---- what is probably meant otherwise


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ('"s3a://${BUCKET}/x"', 19, "${BUCKET} stays as it stands"),
        ('"""\\d ${?a.b}"""', 18, "${?a.b} stays as it stands"),
        ('["x", "${x}"]', 19, "${x} stays as it stands"),
        ("'single'", 12, "The quote ' is part of the text"),
        ("“curly”", 12, "The quote “ is part of the text"),
    ],
)
def test_what_only_looks_like_a_substitution_or_a_quote_is_a_warning(
    text: str, column: int, words: str, tmp_path: Path
) -> None:
    file = load(tmp_path, f"{SOUND}vars {{ x = {text} }}")
    assert (file.problems, places(file.warnings)) == ((), [("syntax", 3, column)])
    assert words in file.warnings[0].message


@pytest.mark.parametrize("text", ['"costs $5"', '"""^x${2}$"""', '"${hiveconf:x}"', '"it\'s"', "it's", '"x"${name}"y"'])
def test_dollars_and_quotes_that_mean_themselves_are_no_warning(text: str, tmp_path: Path) -> None:
    assert load(tmp_path, f"{SOUND}vars {{ x = {text} }}").warnings == ()


def test_a_key_in_other_quotes_gets_a_hint(tmp_path: Path) -> None:
    file = load(tmp_path, SOUND + "'version' = 1")
    assert (places(file.problems), places(file.warnings)) == ([("unknown-key", 3, 1)], [("syntax", 3, 1)])


def test_values_for_substitutions_have_a_home_and_the_hint_of_an_unknown_key_names_it(tmp_path: Path) -> None:
    file = load(tmp_path, SOUND + "vars { bucket = b, unused = 1 }\nversion = ${vars.bucket}\nbuckett = c")
    (problem,) = file.problems
    assert (file.config.version, problem.code) == ("b", "unknown-key")
    assert "Values for substitutions stand in vars { … }." in (problem.hint or "")


def test_a_key_whose_only_use_is_overridden_is_no_unknown_key(tmp_path: Path) -> None:
    text = SOUND + "base = x\nversion = ${base}\n"
    assert load(tmp_path, text, version="y").problems == ()
    assert load(tmp_path, SOUND + "base = x", version="${base}").config.version == "x"


def test_a_chain_to_a_variable_that_is_not_set_names_it(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, SOUND + "vars { dir = ${?mid}, path = ${vars.dir}/x }\nmid = ${?PPF_UNSET}").problems
    assert (problem.line, problem.column) == (3, 30)
    wanted = "${vars.dir} has no value: 'vars.dir' is ${?mid}, and 'mid' is ${?PPF_UNSET}, and PPF_UNSET is not set."
    assert wanted in problem.message


def test_inputs_without_a_comma_between_them_get_a_hint(tmp_path: Path) -> None:
    text = "name = x\ncomponents { a { source = csv }, b { source = csv }, c { transform = t, inputs = [a b] } }"
    (problem,) = load(tmp_path, text).problems
    assert (problem.line, problem.column, problem.hint) == (2, 83, "Put a comma between two names: [a, b].")


def test_a_component_that_stands_twice_in_a_block_is_a_warning(tmp_path: Path) -> None:
    block = "components {\n a { source = csv }\n a { options { x = 1 } }\n}"
    text = f"name = x\n{block}\ncomponents.a.options.y = 2\ncomponents {{ a {{}} }}"
    file = load(tmp_path, text)
    assert (file.problems, places(file.warnings)) == ((), [("bad-value", 4, 2)])
    assert "line 3" in file.warnings[0].message


def test_a_secret_of_the_environment_is_not_in_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Options:
        password: int
        tokens: list[int]
        port: int
        user: str

        def __post_init__(self) -> None:
            raise OptionsError({"user": f"{self.user} is unknown."})

    for name in ("PGPASSWORD", "PPF_PLAIN", "PPF_TOKEN", "PPF_LIST_TOKEN"):
        monkeypatch.setenv(name, f"canary-{name}")
    wrong = "password = ${PPF_PLAIN}, tokens = [${PPF_PLAIN}], port = ${PGPASSWORD}, user = ${PPF_PLAIN}"
    file = load(tmp_path, f"{SOUND}runtime.parallelism = ${{PPF_TOKEN}}\ncomponents.a.options {{ {wrong} }}")
    place = ("components", "a", "options")
    values = file.config.components["a"].options
    bound = bind(Options, values, folder=tmp_path, hidden=file.hidden_below(place))
    assert [fault.path for fault in bound.faults] == [("password",), ("tokens", 0), ("port",)]
    assert "canary" not in str([*file.problems, *bound.faults])
    sound = {"password": 1, "tokens": [], "port": 1, "user": "canary"}
    (fault,) = bind(Options, sound, folder=tmp_path, hidden=[("user",)]).faults
    assert (fault.path, "canary" in fault.message) == (("user",), False)


def test_another_value_of_the_environment_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PPF_PLAIN", "five")
    (problem,) = load(tmp_path, f"{SOUND}runtime.parallelism = ${{PPF_PLAIN}}").problems
    assert "'five'" in problem.message
