"""Every rule of the graph and of plugins' options, each a located mistake, all of them at once."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from wheels import build_wheel, install

from ppf_core.errors import ConfigError, PluginError, Problem
from ppf_core.validation.validate import check_writes, validate_pipeline, written_values
from ppf_core.validation.validated import ValidatedPipeline

WritePipeline = Callable[[str], Path]


def problems(path: Path, **overrides: str) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in validate_pipeline(path, overrides).problems]


def only(validated: ValidatedPipeline) -> Problem:
    (problem,) = validated.problems
    return problem


@pytest.mark.parametrize(
    ("components", "code", "line", "words"),
    [
        ("a { source = numbers }\nb { transform = step, inputs = [aa] }", "unknown-component", 4, "Did you mean 'a'?"),
        ("a { source = numbers, after = [b] }", "unknown-component", 3, "'b'"),
        ("a { source = numbers, enabled = false }\nb { transform = step, inputs = [a] }", "disabled-component", 4, "'a'"),
        ("a { source = numbers }\nb { source = numbers, inputs = [a] }", "source-with-inputs", 4, "'b'"),
        ("a { sink = direct }", "sink-without-inputs", 3, "'a'"),
        (
            "a { source = numbers }\nb { sink = direct, inputs = [a] }\nc { transform = step, inputs = [b] }",
            "sink-as-input",
            5,
            "'b'",
        ),
        ("a { source = numbers }\nb { source = numbers }\nc { sink = direct, inputs = [a, b] }", "too-many-inputs", 5, "2"),
        ("a { source = numbers }\nb { transform = step, inputs { x = a, y = a } }", "wrong-inputs", 4, "wants 1 input"),
        ("a { transform = step, inputs = [b] }\nb { transform = step, inputs = [a] }", "cycle", 3, "a → b → a"),
        ("a { source = numbers, options { rows = many } }", "wrong-type", 3, "'many'"),
        ("a { source = numbers, options { rowz = 3 } }", "unknown-option", 3, "Did you mean 'rows'?"),
        ("a { source = numbers }\nb { sink = folder, inputs = [a], options {} }", "missing-option", 4, "path"),
        (
            "a { source = numbers }\nb { transform = step, inputs = [a], options { beside = c } }",
            "unknown-component",
            4,
            "'c'",
        ),
        (
            'a { source = numbers, options { schema = "id BIGINT" } }\n'
            'b { transform = step, inputs = [a], options { wants = "id STRING" } }',
            "schema-mismatch",
            4,
            "'id'",
        ),
    ],
)
def test_a_mistake_is_one_located_problem(components: str, code: str, line: int, words: str, pipeline: WritePipeline) -> None:
    validated = validate_pipeline(pipeline(components))
    problem = only(validated)
    assert (problem.code, problem.line) == (code, line)
    assert words in str(problem)
    assert problem.column is not None
    assert validated.exit_code == 2


@pytest.mark.parametrize(
    ("components", "place"),
    [
        ("a { source = numbers }\nb { sink = folder, inputs = [a], optoins { path = x } }", ("unknown-key", 4)),
        ("a { source = numbers }\nb { transform = step, inptus = [a] }", ("unknown-key", 4)),
        ("a { source = numbers }\nb { sink = folder, inputs = [a], options { path = ${nope} } }", ("substitution", 4)),
        ("a { source = numbers }\nb { sink = folder, inputs = [a], options = folder }", ("wrong-type", 4)),
        ("a { source = numbers }\nb { sink = folder, inputs = [a], options {\npath =\nfails = 1 } }", ("syntax", 5)),
        ("a { source = numbers }\nb { sink = direct, inputs { a = ${nope} } }", ("substitution", 4)),
        ("a = numbers\nb { sink = direct, inputs = [a] }", ("wrong-type", 3)),
        ("a { source = numbers, options { rowz = 3 } }\nb = ${components.a}", ("unknown-option", 3)),
        ("a { source = numbers }\nb { transform = step, inputs = [a.bad] }", ("bad-value", 4)),
    ],
)
def test_what_a_mistake_brings_about_is_no_second_mistake(
    components: str, place: tuple[str, int], pipeline: WritePipeline
) -> None:
    assert problems(pipeline(components)) == [place]


@pytest.mark.parametrize(
    ("components", "codes"),
    [
        ("a { sink = direct, persist = maybe }", {"bad-value", "sink-without-inputs"}),
        (
            "a { source = numbers }\nb { sink = folder, inputs = [a], options { fails = ${no} } }",
            {"substitution", "missing-option"},
        ),
    ],
)
def test_a_mistake_hides_no_other_beside_it(components: str, codes: set[str], pipeline: WritePipeline) -> None:
    assert {code for code, _ in problems(pipeline(components))} == codes


def test_an_unfit_preference_is_one_mistake_where_it_stands(pipeline: WritePipeline) -> None:
    text = (
        "name = test\nplugins.prefer {\nsources.numbers = nope\nnumbers = ppf-small\nsinks.numbers = ppf-small }\ncomponents {"
    )
    path = pipeline(f"{text}\na {{ source = numbers, options {{ rowz = 1 }} }}\nb {{ source = numbers }}\n}}")
    assert problems(path) == [("plugin-missing", 3), ("bad-value", 4), ("plugin-missing", 5), ("unknown-option", 7)]


def test_a_malformed_requirement_is_one_mistake_of_the_file(pipeline: WritePipeline) -> None:
    validated = validate_pipeline(pipeline('name = test\nplugins.require = ["a b"]\ncomponents { a { source = numbers } }'))
    assert (only(validated).code, only(validated).line, validated.exit_code) == ("bad-value", 2, 2)


def test_a_malformed_reference_in_the_settings_of_spark_is_a_mistake(pipeline: WritePipeline) -> None:
    path = pipeline(
        'name = test\nspark.conf { a = "secret://env", b = "x{{ secret:// }}" }\ncomponents { a { source = numbers } }'
    )
    assert problems(path) == [("bad-value", 2), ("bad-value", 2)]


RUDE = """
import sys
from ppf_core import NoOptions, Source, option, options

@options
class RudeOptions:
    where: str = option("Where it is rude.")

    def __post_init__(self):
        self.where == "options" and sys.exit(0)

class Rude(Source[RudeOptions]):
    def read(self, context): ...

    def datasets(self):
        return sys.exit(0) if self.options.where == "datasets" else ()

    @property
    def output_schema(self):
        raise RuntimeError("schema")

class Meta(type(Source)):
    def __getattribute__(cls, name):
        return 1 / 0 if name == "supports" else super().__getattribute__(name)

class Odd(Source[NoOptions], metaclass=Meta):
    def read(self, context): ...
"""


def test_what_a_plugin_does_when_it_is_asked_is_a_located_problem(
    pipeline: WritePipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers = {"sources.rude": "rude:Rude", "sources.odd": "rude:Odd"}
    install(build_wheel(tmp_path, "rude", offers=offers, code=RUDE), tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    rude = "\n".join(f"{where} {{ source = rude, options.where = {where} }}" for where in ("options", "datasets", "schema"))
    path = pipeline(f"{rude}\nb {{ transform = step, inputs = [schema] }}\nodd {{ source = odd }}")
    assert problems(path) == [("options", 3), ("plugin-broken", 4), ("plugin-broken", 5), ("plugin-broken", 7)]


def test_many_unknown_components_take_bounded_time(pipeline: WritePipeline) -> None:
    began = time.monotonic()
    validated = validate_pipeline(pipeline("\n".join(f"a{n} {{ source = numbers, after = [b{n}] }}" for n in range(2000))))
    assert len(validated.problems) == 2000
    assert time.monotonic() - began < 20


def test_all_mistakes_come_at_once_in_the_order_of_the_file(pipeline: WritePipeline) -> None:
    path = pipeline(
        """
        a { source = numberz }
        b { source = numbers, options { rows = x } }
        c { transform = step, inputs = [d] }
        e { sink = direct, inputz = [b] }
        """
    )
    found = problems(path)
    assert [line for _, line in found] == sorted(line or 0 for _, line in found)
    assert {code for code, _ in found} >= {"plugin-missing", "wrong-type", "unknown-component", "unknown-key"}


def test_an_unknown_plugin_alone_is_exit_3_and_with_other_mistakes_2(pipeline: WritePipeline) -> None:
    path = pipeline("a { source = numberz }")
    validated = validate_pipeline(path)
    assert validated.exit_code == 3
    assert "Did you mean 'numbers'?" in str(only(validated))
    with pytest.raises(PluginError):
        validated.require_sound()
    both = validate_pipeline(pipeline("a { source = numberz }\nb { sink = direct }"))
    assert both.exit_code == 2
    with pytest.raises(ConfigError):
        both.require_sound()


def test_a_plugin_of_the_other_kind_is_named(pipeline: WritePipeline) -> None:
    problem = only(validate_pipeline(pipeline("a { source = step }")))
    assert problem.code == "plugin-missing"
    assert "transform" in str(problem)


def test_a_source_ordered_after_the_sink_that_writes_its_data_is_a_mistake(pipeline: WritePipeline) -> None:
    path = pipeline(
        """
        a { source = numbers }
        b { sink = folder, inputs = [a], options { path = x } }
        c { source = stored, after = [b], options { path = x/y } }
        """
    )
    problem = only(validate_pipeline(path))
    assert (problem.code, problem.line) == ("read-after-write", 6)
    assert "'b'" in str(problem)


def test_a_batch_plugin_in_a_stream_is_a_located_mistake_that_names_the_mode(pipeline: WritePipeline) -> None:
    path = pipeline("name = test\nmode = streaming\ncomponents { a { source = numbers } }")
    problem = only(validate_pipeline(path))
    assert (problem.code, problem.line) == ("wrong-mode", 3)
    assert "streaming" in problem.message


def test_an_unknown_secrets_backend_is_located(pipeline: WritePipeline) -> None:
    problem = only(validate_pipeline(pipeline('a { source = numbers, options { url = "secret://valt/x" } }')))
    assert (problem.code, problem.line) == ("plugin-missing", 3)
    assert "'valt'" in problem.message


def test_a_demanded_distribution_that_is_missing_is_exit_3(pipeline: WritePipeline) -> None:
    path = pipeline('name = test\nplugins { require = ["ppf-small>=2"] }\ncomponents { a { source = numbers } }')
    validated = validate_pipeline(path)
    assert validated.exit_code == 3
    assert "1.0" in only(validated).message


def test_validation_neither_reads_secrets_nor_touches_the_disk(
    pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    path = pipeline('a { source = numbers, options { token = "secret://env/NOT_SET", rows = 1, log = log } }')
    assert validate_pipeline(path).problems == ()
    assert [each.name for each in path.parent.iterdir()] == ["pipeline.conf"]


def test_a_disabled_component_is_removed_so_its_plugin_need_not_be_there(pipeline: WritePipeline) -> None:
    validated = validate_pipeline(
        pipeline("a { source = numbers }\nb { source = not_installed, enabled = false, options { nothing = true } }")
    )
    assert (validated.problems, validated.warnings, list(validated.components)) == ((), (), ["a"])


def test_what_spark_connect_cannot_do_is_refused_and_located(pipeline: WritePipeline) -> None:
    path = pipeline('name = test\nspark { remote = "sc://127.0.0.1" }\ncomponents {\na { source = numbers }\n}')
    problem = only(validate_pipeline(path))
    assert (problem.code, problem.line) == ("no-connect", 4)
    assert "'numbers'" in problem.message


JOIN = """a { source = numbers }
b { source = numbers }
c { transform = join, inputs = [%s], options { left = %s, right = b, on = [id] } }"""


def test_an_input_that_a_transform_names_and_does_not_have_is_located_at_the_name(pipeline: WritePipeline) -> None:
    problem = only(validate_pipeline(pipeline(JOIN % ("a, b", "aa"))))
    assert (problem.code, problem.line, problem.path) == ("wrong-inputs", 5, "components.c.options.left")
    assert problem.message == "The transform 'join' of 'c' reads the input 'aa', which it does not have."
    assert problem.hint == "Did you mean 'a'? There is: a, b."


@pytest.mark.parametrize(
    ("inputs", "left", "code"),
    [("a", "a", "wrong-inputs"), ("aa, b", "a", "unknown-component"), ("a, b", "[]", "wrong-type")],
)
def test_inputs_that_are_wrong_anyway_are_told_once(inputs: str, left: str, code: str, pipeline: WritePipeline) -> None:
    assert only(validate_pipeline(pipeline(JOIN % (inputs, left)))).code == code


def test_a_mistake_in_the_syntax_does_not_hide_what_is_wrong_with_plugins(tmp_path: Path) -> None:
    (tmp_path / "pipeline.conf").write_text(
        "name = x\n"
        "components {\n"
        "  lost ? { source = numbers }\n"
        "  a { source = cvs }\n"
        "  out { sink = parquet, inputs = [lost], options { pth = y } }\n"
        "}\n"
        "c\n"
    )
    found = validate_pipeline(tmp_path / "pipeline.conf").problems
    assert [(problem.code, problem.line) for problem in found] == [
        ("syntax", 3),
        ("plugin-missing", 4),
        ("unknown-option", 5),
        ("syntax", 7),
    ]


@pytest.mark.parametrize("text", [None, "{", "torn"])
def test_the_file_of_an_earlier_run_that_cannot_be_read_is_named(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "pipeline.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match=r"The file .*pipeline.json cannot be read"):
        check_writes(written_values(path), path, tmp_path, ["out"])


def test_names_without_a_comma_between_them_are_told_apart(pipeline: WritePipeline) -> None:
    problem = only(
        validate_pipeline(pipeline("a { source = numbers }\nb { source = numbers }\nc { source = numbers, after = [a b] }"))
    )
    assert (problem.code, problem.hint) == ("unknown-component", "Put a comma between two names: [a, b].")


def test_what_is_only_known_by_its_path_finds_its_place(pipeline: WritePipeline) -> None:
    path = pipeline(
        'name = a\nspark.conf {\n  "spark.eventLog.dir" = "hdfs://n/logs"\n}\ncomponents { a { source = numbers } }'
    )
    warning = Problem(code="event-log", message="It is elsewhere.", path='spark.conf."spark.eventLog.dir"')
    assert validate_pipeline(path).located(warning).place == f"{path}:3:3"
    assert validate_pipeline(path).located(Problem(code="x", message="Anywhere.")).place == ""
