from pathlib import Path

import pytest
from pyspark.sql import DataFrame

from ppf_core import Context, NoOptions, Secret, Source, option, options
from ppf_core.errors import ConfigError
from ppf_core.testing import build


@options
class FileOptions:
    path: str = option("Where it is.", path=True)
    header: bool = option("Whether there is a header.", default=True)
    password: Secret | None = option("A password.", default=None)


class FileSource(Source[FileOptions]):
    def read(self, context: Context) -> DataFrame:
        return context.spark.read.csv(self.options.path, header=self.options.header)


class Nothing(Source[NoOptions]):
    def read(self, context: Context) -> DataFrame:
        return context.spark.range(0)


def test_options_are_converted_as_in_a_pipeline_file(tmp_path: Path) -> None:
    source = build(FileSource, tmp_path, path="a b.csv", header="false")
    assert source.options == FileOptions(path=f"file:{tmp_path}/a b.csv", header=False)


def test_the_folder_is_the_current_one_unless_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert build(FileSource, path="x").options.path == f"file:{tmp_path}/x"


def test_a_secret_is_given_as_its_value() -> None:
    assert build(FileSource, path="x", password="s3cret").options.password == Secret("s3cret")


def test_a_plugin_without_options_needs_none() -> None:
    assert isinstance(build(Nothing), Nothing)


def test_all_mistakes_are_raised_together_with_their_paths() -> None:
    with pytest.raises(ConfigError) as caught:
        build(FileSource, heder=True, header="maybe")
    assert {problem.path for problem in caught.value.problems} == {"path", "heder", "header"}
