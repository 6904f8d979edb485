import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ppf_python.python import PythonTransform
from pyspark.sql import DataFrame, SparkSession

from ppf_core import PpfError
from ppf_core.errors import ConfigError
from ppf_core.testing import build, context


def write(folder: Path, **modules: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, code in modules.items():
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
    return folder


def call(
    spark: SparkSession, folder: Path, function: str, inputs: Mapping[str, DataFrame] | None = None, **args: Any
) -> DataFrame:
    return build(PythonTransform, folder, function=function, args=args).transform(context(spark, component="py"), inputs or {})


def failure(spark: SparkSession, folder: Path, function: str, **args: Any) -> str:
    with pytest.raises(PpfError) as caught:
        call(spark, folder, function, **args)
    return str(caught.value)


def test_the_function_gets_context_inputs_and_args(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path, delays="def late(context, inputs, least, name='x'):\n    return inputs['f'].filter(f'id >= {least}')\n")
    assert call(spark, tmp_path, "delays:late", {"f": spark.range(5)}, least=3).collect() == [(3,), (4,)]


def test_equal_names_in_two_folders_are_two_modules(spark: SparkSession, tmp_path: Path) -> None:
    code = "import helpers\ndef rows(context, inputs):\n    return context.spark.range(helpers.COUNT)\n"
    first = write(tmp_path / "first", job=code, helpers="COUNT = 1\n")
    second = write(tmp_path / "second", job=code, helpers="COUNT = 2\n")
    counts = [call(spark, folder, "job:rows").count() for folder in (first, second, first)]
    assert counts == [1, 2, 1]


def test_nothing_stays_behind(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path, job_here="import json, wave\ndef rows(context, inputs):\n    return context.spark.range(1)\n")
    path = list(sys.path)
    call(spark, tmp_path, "job_here:rows")
    assert (sys.path, "job_here" in sys.modules, "wave" in sys.modules) == (path, False, True)


def test_a_module_of_the_caller_comes_back(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = type(sys)("helpers")
    monkeypatch.setitem(sys.modules, "helpers", theirs)
    write(tmp_path, helpers="def rows(context, inputs):\n    return context.spark.range(3)\n")
    assert call(spark, tmp_path, "helpers:rows").count() == 3
    assert sys.modules["helpers"] is theirs


def test_the_module_is_imported_once_for_all_attempts(spark: SparkSession, tmp_path: Path) -> None:
    write(
        tmp_path,
        counted="calls = []\ndef rows(context, inputs):\n    calls.append(1)\n    return context.spark.range(len(calls))\n",
    )
    transform = build(PythonTransform, tmp_path, function="counted:rows")
    assert [transform.transform(context(spark), {}).count() for _ in range(2)] == [1, 2]


def test_a_module_may_import_later_and_lie_in_a_package(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path, later="COUNT = 4\n")
    write(tmp_path / "jobs", job="def rows(context, inputs):\n    import later\n    return context.spark.range(later.COUNT)\n")
    assert call(spark, tmp_path, "jobs.job:rows").count() == 4
    assert not {"jobs", "jobs.job", "later"} & set(sys.modules)


def test_a_udf_and_what_it_imports_reach_the_workers(spark: SparkSession, tmp_path: Path) -> None:
    code = """
from pyspark.sql.functions import udf
import shifting

def shift(value):
    return shifting.by_ten(value)

def shifted(context, inputs):
    return context.spark.range(2).select(udf(shift, "long")("id").alias("id"))
"""
    write(tmp_path, job=code, shifting="def by_ten(value):\n    return value + 10\n")
    assert call(spark, tmp_path, "job:shifted").collect() == [(10,), (11,)]


def test_another_folder_can_be_given(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path / "code", job="def rows(context, inputs):\n    return context.spark.range(1)\n")
    transform = build(PythonTransform, tmp_path, function="job:rows", folder="code")
    assert transform.transform(context(spark), {}).count() == 1


@pytest.mark.parametrize("function", ["job", "job:", ":rows", "job:a:b", "job.py:rows()", "/etc/job:rows"])
def test_a_text_that_names_no_function_is_a_mistake_of_the_file(function: str) -> None:
    with pytest.raises(ConfigError, match="module:function"):
        build(PythonTransform, function=function)


def test_checking_the_options_imports_nothing(tmp_path: Path) -> None:
    write(tmp_path, bomb="raise SystemExit(3)\n")
    build(PythonTransform, tmp_path, function="bomb:rows")


def test_a_missing_module_gets_the_near_miss(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path, delays="")
    assert "There is no module 'delay' in" in (text := failure(spark, tmp_path, "delay:late"))
    assert "Did you mean 'delays'?" in text


@pytest.mark.parametrize("code", ["{}", "import shifting\ndef rows(context, inputs):\n    shifting.do()\n"])
def test_an_error_tells_where_in_the_code_it_was_raised(code: str, spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path, job=code.format("def rows(context, inputs):\n    {}['x']\n"), shifting="def do():\n    return {}['x']\n")
    with pytest.raises(KeyError) as caught:
        call(spark, tmp_path, "job:rows")
    place = f"{tmp_path}/shifting.py:2, in do" if "shifting" in code else f"{tmp_path}/job.py:2, in rows"
    assert caught.value.__notes__ == [place]


def test_a_module_that_misses_another_says_which(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path, job="import not_installed_anywhere\n")
    with pytest.raises(ModuleNotFoundError, match="not_installed_anywhere"):
        call(spark, tmp_path, "job:rows")


def test_a_missing_function_gets_the_near_miss(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path, job="def late(context, inputs): ...\n")
    assert "has no function 'lat'. Did you mean 'late'?" in failure(spark, tmp_path, "job:lat")


def test_wrong_arguments_are_told_with_the_signature(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path, job="def late(context, inputs, least): ...\n")
    text = failure(spark, tmp_path, "job:late", most=1)
    assert "got an unexpected keyword argument 'most'" in text or "missing a required argument: 'least'" in text
    assert "late(context, inputs, least)" in text


def test_a_result_that_is_no_frame_is_told(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path, job="def late(context, inputs): pass\n")
    assert "'job:late' returned NoneType, not a DataFrame" in failure(spark, tmp_path, "job:late")


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "def late(context, inputs):\n    raise SystemExit(3)"])
def test_ending_the_program_is_a_failure(spark: SparkSession, tmp_path: Path, code: str) -> None:
    write(tmp_path, job=code)
    assert "ended with SystemExit(3)" in failure(spark, tmp_path, "job:late")


def test_an_exception_of_the_function_comes_as_it_is(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path, job="def late(context, inputs):\n    raise KeyError('carrier')\n")
    with pytest.raises(KeyError, match="carrier"):
        call(spark, tmp_path, "job:late")
    assert str(tmp_path) not in sys.path
