"""What a record keeps of a plan: the whole graph, the settings as they took effect, and no secret."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ppf_core.planning.plan import make_plan
from ppf_core.state.recorded_plan import recorded_plan
from ppf_core.validation.validate import validate_pipeline

WritePipeline = Callable[[str], Path]

PIPELINE = """
name = test
description = "What is left of the day."
spark {
  master = "local[1]"
  remote = null
  conf {
    "spark.hadoop.fs.s3a.secret.key" = canary-1
    "spark.ui.enabled" = false
    "spark.app.url" = "https://me:canary-2@host/x?token=canary-3&page=4"
  }
}
runtime { parallelism = 2, timeout = 1 hour }
hooks { journal { path = heard } }
components {
  a { source = numbers, options { token = canary-4, url = "db://me:{{ secret://env/CANARY }}@host", rows = 7 } }
  b { source = numbers, after = [a], options { token = "secret://env/CANARY" } }
  late { transform = step, inputs = { left = a }, options { beside = b } }
  out { sink = folder, inputs = [late], options { path = out } }
}
"""


@pytest.fixture
def known(pipeline: WritePipeline) -> dict[str, Any]:
    """What is recorded of the pipeline when only `a` and `late` are asked for, as JSON gives it back."""
    validated = validate_pipeline(pipeline(PIPELINE))
    line: dict[str, Any] = json.loads(json.dumps(vars(recorded_plan(validated, make_plan(validated), ("a", "b", "late")))))
    return line


def components(known: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each for each in known["components"]}


def test_the_graph_is_whole(known: dict[str, Any]) -> None:
    found = components(known)
    assert [(name, each["kind"], each["stage"], each["needs"]) for name, each in found.items()] == [
        ("a", "source", 1, []),
        ("b", "source", 2, ["a"]),
        ("late", "transform", 3, ["a", "b"]),
        ("out", "sink", 4, ["late"]),
    ]
    assert found["late"]["inputs"] == {"left": "a"}
    assert (found["late"]["plugin"], found["late"]["distribution"], found["late"]["version"]) == ("step", "ppf-small", "1.0")


def test_what_was_not_asked_for_is_told_apart(known: dict[str, Any]) -> None:
    assert {name: each["selected"] for name, each in components(known).items()} == {
        "a": True,
        "b": True,
        "late": True,
        "out": False,
    }


def test_options_are_those_that_took_effect(known: dict[str, Any]) -> None:
    found = components(known)
    assert found["a"]["options"]["rows"] == 7
    assert found["b"]["options"]["rows"] == 3
    assert found["out"]["datasets"][0]["name"].endswith("/out")


def test_settings_are_those_that_took_effect(known: dict[str, Any]) -> None:
    settings = known["settings"]
    assert settings["description"] == "What is left of the day."
    assert settings["runtime"]["timeout"] == 3600
    assert settings["runtime"]["on_failure"] == "stop"
    assert settings["spark"]["conf"]["spark.ui.enabled"] == "false"
    assert settings["hooks"]["journal"]["plugin"] == "journal"
    assert settings["hooks"]["journal"]["required"] is False
    assert settings["secrets"]["env"]["distribution"] == "ppf-secrets-env"


def test_secrets_are_references_or_masked(known: dict[str, Any]) -> None:
    assert "canary" not in json.dumps(known)
    found = components(known)
    assert found["a"]["options"]["token"] == "****"
    assert found["a"]["options"]["url"] == "db://me:{{ secret://env/CANARY }}@host"
    assert found["b"]["options"]["token"] == "secret://env/CANARY"
    conf = known["settings"]["spark"]["conf"]
    assert conf["spark.app.url"] == "https://me:****@host/x?token=****&page=4"
