"""Pipelines that are made in Python: dictionaries, and trees of pyhocon's own parser."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyhocon import ConfigFactory

from ppf_core import PipelineRunner
from ppf_core.config.loader import ConfigLoader
from ppf_core.errors import ConfigError

COMPONENTS = {"a": {"source": "range", "options": {"end": 3}}}


def test_a_dictionary_has_its_keys_as_they_are(tmp_path: Path) -> None:
    conf = {"spark.a.b": 4, '"q"': "x", "spark": {"c": True}}
    options = {"a.b": (1, 2), "path": Path("x/y")}
    file = ConfigLoader.from_config(
        {"name": "x", "spark": {"conf": conf}, "components": {"a": {"source": "csv", "options": options}}}, tmp_path
    )
    assert file.problems == ()
    assert file.config.spark.conf == {"spark.a.b": "4", '"q"': "x", "spark.c": "true"}
    assert file.config.components["a"].options == {"a.b": [1, 2], "path": "x/y"}
    assert file.folder == tmp_path


def test_a_tree_of_pyhocon_loses_the_quotes_around_its_keys() -> None:
    text = """
        name = x
        spark.conf { "spark.a.b" = 4, spark.c = null, spark.d = "5" }
        runtime.timeout = 5 m
        components { a { source = csv, options { "d.e" = [1, { "f g" = null }] } } }
    """
    file = ConfigLoader.from_config(ConfigFactory.parse_string(text))
    assert file.problems == ()
    assert file.config.spark.conf == {"spark.a.b": "4", "spark.d": "5"}
    assert file.config.runtime.timeout == timedelta(minutes=5)
    assert file.config.components["a"].options == {"d.e": [1, {"f g": None}]}


def test_the_values_of_a_file_make_the_same_pipeline(tmp_path: Path) -> None:
    (tmp_path / "p.conf").write_text(
        'name = x\nspark.conf { "a.b" = 1 }\ncomponents { a { source = csv, options { "c.d" = 2 } } }'
    )
    file = ConfigLoader(tmp_path / "p.conf").load()
    assert ConfigLoader.from_config(file.values, tmp_path).config == file.config


def test_each_mistake_comes_once_with_its_path_and_without_a_place() -> None:
    options: dict[Any, Any] = {"sets": {1, 2}, 3: 4, "self": {}}
    options["self"]["again"] = options
    config = {"name": "no spaces", "runtime": {"paralelism": 2}, "components": {"a": {"source": "csv", "options": options}}}
    problems = ConfigLoader.from_config(config).problems
    assert {(problem.path, problem.place) for problem in problems} == {
        ("name", ""),
        ("runtime.paralelism", ""),
        ("components.a.options.sets", ""),
        ("components.a.options.3", ""),
        ("components.a.options.self.again", ""),
    }
    assert len(problems) == 5
    assert "runtime.paralelism: Unknown key 'paralelism'. Did you mean 'parallelism'?" in "\n".join(map(str, problems))


def test_a_value_that_repeats_itself_too_often_is_refused() -> None:
    laughs: list[Any] = ["ha"]
    for _ in range(30):
        laughs = [laughs, laughs]
    with pytest.raises(ConfigError, match="200,000 keys and values"):
        ConfigLoader.from_config({"name": "x", "vars": laughs})


def test_a_runner_takes_a_dictionary(tmp_path: Path) -> None:
    runner = PipelineRunner.from_config({"name": "x", "components": COMPONENTS}, tmp_path)
    assert (runner.config.name, list(runner.validated.components)) == ("x", ["a"])
    assert runner.store.state_dir == tmp_path / ".ppf"


def test_a_runner_refuses_a_dictionary_with_mistakes() -> None:
    with pytest.raises(ConfigError) as caught:
        PipelineRunner.from_config({"name": "x", "components": {"a": {"source": "range", "options": {"ende": 3}}}})
    assert "components.a.options.ende" in [problem.path for problem in caught.value.problems]
