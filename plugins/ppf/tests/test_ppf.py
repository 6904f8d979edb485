import tomllib
from pathlib import Path

from packaging.requirements import Requirement

PLUGINS = Path(__file__).parents[2]


def test_every_dependency_is_a_distribution_of_this_repository() -> None:
    project = tomllib.loads((PLUGINS / "ppf" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {Requirement(text).name for text in project["dependencies"]} - {"ppf-core"}
    assert wanted <= {folder.name for folder in PLUGINS.iterdir()}
