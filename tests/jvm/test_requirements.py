import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from ppf_core import Requirements
from ppf_core.errors import PluginError
from ppf_core.jvm.requirements import MergedRequirements, installed_scala, installed_spark, merge_requirements


def merge(*asked: Requirements, packages: Sequence[str] = (), **conf: str) -> MergedRequirements:
    named = [(name, wants) for name, wants in zip(("delta", "iceberg", "kafka"), asked, strict=False)]
    dotted = {key.replace("__", "."): value for key, value in conf.items()}
    return merge_requirements(named, conf=dotted, packages=packages, spark_version="4.1.1")


def test_without_plugins_the_file_is_what_counts() -> None:
    merged = merge(packages=["g:a:1"], spark__x="1")
    assert merged == MergedRequirements({"spark.x": "1", "spark.jars.packages": "g:a:1"})


def test_packages_of_file_and_plugins_are_united_in_order_each_once() -> None:
    merged = merge(
        Requirements(packages=["g:b:1", "g:a:1"]),
        Requirements(packages=["g:c:1", "g:b:1"]),
        packages=["g:z:1"],
        spark__jars__packages="g:y:1, g:z:1",
    )
    assert merged.conf["spark.jars.packages"] == "g:z:1,g:y:1,g:b:1,g:a:1,g:c:1"


def test_jars_and_repositories_are_united_with_those_of_the_file() -> None:
    merged = merge(Requirements(jars=["/b.jar"], repositories=["https://r"]), spark__jars="/a.jar")
    assert merged.conf == {"spark.jars": "/a.jar,/b.jar", "spark.jars.repositories": "https://r"}


def test_versions_of_the_installed_spark_are_filled_in() -> None:
    wants = Requirements(packages=["g:a_{spark_minor}_{scala}:{spark}"], conf={"spark.k": '{"json": "{spark}"}'})
    conf = merge(wants).conf
    assert conf == {"spark.jars.packages": f"g:a_4.1_{installed_scala()}:4.1.1", "spark.k": '{"json": "4.1.1"}'}


def test_extended_lists_are_united_with_the_file_and_sorted() -> None:
    key = "spark.sql.extensions"
    merged = merge(
        Requirements(extend={key: ["z.Z", "b.B"]}), Requirements(extend={key: ["a.A"]}), spark__sql__extensions="m.M"
    )
    assert merged.conf[key] == "a.A,b.B,m.M,z.Z"


def test_a_plain_setting_joins_the_list_that_another_plugin_extends() -> None:
    key = "spark.sql.extensions"
    merged = merge(Requirements(conf={key: "z.Z"}), Requirements(extend={key: ["a.A"]}), Requirements(conf={key: "b.B"}))
    assert merged.conf[key] == "a.A,b.B,z.Z"


def test_settings_that_two_plugins_want_differently_name_both_with_their_values() -> None:
    with pytest.raises(PluginError, match=r"'delta' and 'iceberg' differ on the Spark setting 'spark\.k': 'x' and 'y'"):
        merge(Requirements(conf={"spark.k": "x"}), Requirements(conf={"spark.k": "y"}))


def test_the_file_settles_what_plugins_want_differently() -> None:
    merged = merge(Requirements(conf={"spark.k": "x"}), Requirements(conf={"spark.k": "y"}), spark__k="z")
    assert merged.conf == merged.required == {"spark.k": "z"}


def test_two_versions_of_one_package_name_both_plugins() -> None:
    with pytest.raises(PluginError, match="package 'g:a': '1' and '2'"):
        merge(Requirements(packages=["g:a:1"]), Requirements(packages=["g:a:2"]))


def test_the_files_version_of_a_package_replaces_that_of_a_plugin() -> None:
    merged = merge(Requirements(packages=["g:a:1"]), Requirements(packages=["g:a:2"]), packages=["g:a:3"])
    assert merged.conf["spark.jars.packages"] == merged.required["spark.jars.packages"] == "g:a:3"


def test_a_spark_that_a_plugin_does_not_support_shows_wanted_and_found() -> None:
    with pytest.raises(PluginError, match=r"'delta' needs Spark >=3.5,<4; installed is 4.1.1"):
        merge(Requirements(spark=">=3.5,<4"))


def test_a_specifier_that_is_none_is_the_plugins_fault() -> None:
    with pytest.raises(PluginError, match="'latest', which is no version specifier"):
        merge(Requirements(spark="latest"))


def test_all_contradictions_are_reported_together() -> None:
    with pytest.raises(PluginError) as caught:
        merge(Requirements(conf={"spark.a": "1", "spark.b": "1"}), Requirements(conf={"spark.a": "2", "spark.b": "2"}))
    assert [problem.code for problem in caught.value.problems] == ["plugin-conflict", "plugin-conflict"]


def test_required_holds_what_plugins_ask_and_not_what_only_the_file_sets() -> None:
    merged = merge(Requirements(packages=["g:a:1"]), packages=["g:b:1"], spark__x="1")
    assert merged.required == {"spark.jars.packages": "g:a:1"}


def test_executor_distributions_are_united() -> None:
    assert merge(Requirements(executors=["ppf-a"]), Requirements(executors=["ppf-a", "ppf-b"])).executors == ("ppf-a", "ppf-b")


def test_the_installed_spark_is_known_without_importing_it() -> None:
    before = "pyspark" in sys.modules
    assert (installed_spark() or "").count(".") >= 2
    assert ("pyspark" in sys.modules) is before


def test_scala_is_read_from_the_jars_of_spark_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "spark-core_2.99-9.9.9.jar").touch()
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    assert installed_scala() == "2.99"


def test_a_pyspark_that_no_package_manager_installed_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ppf_core.jvm import requirements

    (tmp_path / "pyspark").mkdir()
    (tmp_path / "pyspark" / "__init__.py").touch()
    (tmp_path / "pyspark" / "version.py").write_text('__version__: str = "3.5.9"\n')
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "pyspark", raising=False)
    assert requirements._unpackaged_spark() == "3.5.9"
