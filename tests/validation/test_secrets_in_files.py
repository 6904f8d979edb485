"""What a file says of secrets: mistakes, warnings, and what of it a record keeps."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ppf_core.config.loader import ConfigLoader
from ppf_core.errors import ConfigError, Problem
from ppf_core.state.recorded_plan import journaled_values
from ppf_core.validation.environment_values import with_names, with_values
from ppf_core.validation.validate import validate_pipeline

CANARY = "hunter2-canary"

WritePipeline = Callable[[str], Path]

COMPONENTS = "components { a { source = numbers }, out { sink = noop, inputs = [a] } }"


def problems(path: Path) -> list[tuple[str, str | None]]:
    return [(each.code, each.path) for each in validate_pipeline(path).problems]


def warnings(path: Path) -> list[Problem]:
    return [each for each in validate_pipeline(path).warnings if each.code == "plain-secret"]


@pytest.mark.parametrize(
    "component",
    [
        "transform = sql, inputs = [a], options { query = \"select '{{ secret://env/A }}'\" }",
        "transform = sql, inputs = [a], options { query = \"select 'secret://env/A'\" }",
        'transform = filter, inputs = [a], options { where = "secret://env/A" }',
        "transform = select, inputs = [a], options { columns = [id, \"'{{ secret://env/A }}' AS x\"] }",
        'transform = add_columns, inputs = [a], options { columns { x = "secret://env/A" } }',
        "transform = aggregate, inputs = [a], options { group_by = [], metrics { x = \"max('{{ secret://env/A }}')\" } }",
    ],
)
def test_a_secret_in_sql_is_a_mistake_in_its_place(pipeline: WritePipeline, component: str) -> None:
    (problem,) = validate_pipeline(pipeline(f"a {{ source = numbers }}\nb {{ {component} }}\n")).problems
    assert problem.code == "secret-in-sql"
    assert problem.line == 4
    assert problem.path is not None
    assert problem.path.startswith("components.b.options.")


def test_a_secret_in_the_sql_of_a_check_is_a_mistake(pipeline: WritePipeline) -> None:
    check = "[{ check = expression, options { sql = \"x = '{{ secret://env/A }}'\" } }]"
    found = problems(pipeline(f"a {{ source = numbers, quality = {check} }}"))
    assert found == [("secret-in-sql", "components.a.quality[0].options.sql")]


def test_backends_that_need_each_others_secrets_are_named(pipeline: WritePipeline) -> None:
    path = pipeline(f"""name = test, {COMPONENTS}
    secrets {{ env {{ prefix = "secret://other/A" }}, other {{ plugin = env, prefix = "secret://env/B" }} }}""")
    (problem,) = validate_pipeline(path).problems
    assert (problem.code, problem.line, problem.path) == ("secret-cycle", 2, "secrets.env.prefix")
    assert "env → other → env" in problem.message


def test_a_backend_that_needs_a_secret_of_its_own_is_named(pipeline: WritePipeline) -> None:
    path = pipeline(f'name = test, {COMPONENTS}, secrets {{ env {{ prefix = "secret://env/A" }} }}')
    assert problems(path) == [("secret-cycle", "secrets.env.prefix")]


@pytest.mark.parametrize(("name", "told"), [("vualt", "Did you mean"), ("jdbc", "no secrets backend 'jdbc'")])
def test_an_unknown_backend_is_told(pipeline: WritePipeline, name: str, told: str) -> None:
    path = pipeline(f'name = test, {COMPONENTS}, spark {{ conf {{ "spark.x" = "secret://{name}/A" }} }}')
    (problem,) = validate_pipeline(path).problems
    assert told in f"{problem.message} {problem.hint}"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('spark { conf { "spark.hadoop.fs.s3a.secret.key" = hunter2-canary } }', 'spark.conf."spark.hadoop.fs.s3a.secret.key"'),
        ("secrets { file { directory = x, api_token = hunter2-canary } }", "secrets.file.api_token"),
    ],
)
def test_a_secret_in_plain_text_is_a_warning_with_the_form_to_use(pipeline: WritePipeline, text: str, place: str) -> None:
    (warning,) = warnings(pipeline(f"name = test, {COMPONENTS}\n{text}"))
    assert (warning.path, warning.line) == (place, 2)
    assert "secret://env/" in str(warning.hint)
    assert CANARY not in f"{warning.message} {warning.hint}"


@pytest.mark.parametrize(
    "text",
    [
        'spark { conf { "spark.hadoop.fs.s3a.secret.key" = "secret://env/KEY" } }',
        'spark { conf { "spark.hadoop.fs.s3a.secret.key" = ${?HOME} } }',
        'spark { conf { "spark.token.url" = "http://host" } }',
    ],
)
def test_references_variables_and_what_only_sounds_like_a_secret_are_none(pipeline: WritePipeline, text: str) -> None:
    assert warnings(pipeline(f"name = test, {COMPONENTS}\n{text}")) == []


def test_a_value_of_a_secret_key_is_in_no_message_about_its_type(pipeline: WritePipeline) -> None:
    path = pipeline("a { source = range, options { end = 1, password = hunter2-canary } }")
    assert CANARY not in str(validate_pipeline(path).problems)


def kept(path: Path) -> dict[str, Any]:
    checked = validate_pipeline(path)
    checked.require_sound()
    return journaled_values(checked)


def test_a_record_keeps_the_name_of_a_variable_that_looks_like_a_secret(
    pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_PASSWORD", CANARY)
    monkeypatch.setenv("DB_HOST", "db.example.com")
    path = pipeline(
        f'name = test, {COMPONENTS}, spark {{ conf {{ a = "jdbc:"${{DB_PASSWORD}}"@"${{DB_HOST}}, b = ${{DB_HOST}} }} }}'
    )
    values = kept(path)
    assert CANARY not in json.dumps(values)
    assert values["spark"]["conf"]["b"] == "db.example.com"
    again = with_values(json.loads(json.dumps(values)))
    assert again["spark"]["conf"]["a"] == f"jdbc:{CANARY}@db.example.com"


@pytest.mark.parametrize("now", [None, "other"])
def test_a_variable_that_changed_since_is_named(
    pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch, now: str | None
) -> None:
    monkeypatch.setenv("DB_PASSWORD", CANARY)
    values = kept(pipeline(f'name = test, {COMPONENTS}, spark {{ conf {{ "spark.a" = ${{DB_PASSWORD}} }} }}'))
    monkeypatch.delenv("DB_PASSWORD")
    if now is not None:
        monkeypatch.setenv("DB_PASSWORD", now)
    with pytest.raises(ConfigError, match="DB_PASSWORD, of which") as caught:
        with_values(values)
    assert CANARY not in str(caught.value)


def test_two_records_of_one_value_do_not_tell_that_it_is_one(pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", CANARY)
    path = pipeline(f'name = test, {COMPONENTS}, spark {{ conf {{ "spark.a" = ${{DB_PASSWORD}} }} }}')
    assert kept(path)["from_environment"] != kept(path)["from_environment"]


def test_what_a_file_has_read_stays_as_it_was(pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", CANARY)
    file = ConfigLoader(pipeline(f'name = test, {COMPONENTS}, spark {{ conf {{ "spark.a" = ${{DB_PASSWORD}} }} }}')).load()
    with_names({"spark": file.values["spark"]}, file)
    assert file.values["spark"]["conf"]["spark.a"] == CANARY


def test_what_a_backend_without_an_entry_lacks_is_told_where_it_is_used(pipeline: WritePipeline) -> None:
    text = COMPONENTS.replace("sink = noop", 'sink = folder, options { path = p, token = "secret://vault/db#token" }')
    (problem,) = validate_pipeline(pipeline(f"name = test\n{text}")).problems
    assert (problem.code, problem.line, problem.path) == ("missing-option", 2, "components.out.options.token")
    assert problem.message.startswith(
        "The secrets backend 'vault' needs an entry in the block 'secrets': Option 'url' is missing."
    )
    assert (problem.hint or "").startswith("Write secrets { vault { … } }.")
