"""What the tests of several rooms share: small real plugins, and pipelines written in place."""

import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent

OFFERS = {
    "sources.numbers": "ppf_small:Numbers",
    "sources.growing": "ppf_small:Growing",
    "sources.stored": "ppf_small:Stored",
    "transforms.step": "ppf_small:Step",
    "sinks.folder": "ppf_small:Folder",
    "sinks.direct": "ppf_small:Direct",
    "checks.positive": "ppf_small:Positive",
    "checks.picky": "ppf_small:Picky",
    "checks.total": "ppf_small:Total",
    "checks.same": "ppf_small:Same",
    "hooks.journal": "ppf_small:Journal",
    "hooks.judge": "ppf_small:Judge",
}

WritePipeline = Callable[[str], Path]


@pytest.fixture(scope="session")
def small_plugins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The distribution `ppf-small`, installed in a folder of its own that is on sys.path."""
    wheels = _wheels()
    site = tmp_path_factory.mktemp("site")
    code = (HERE / "small" / "small_plugins.py").read_text()
    wheels.install(wheels.build_wheel(tmp_path_factory.mktemp("dist"), "ppf-small", offers=OFFERS, code=code), site)
    sys.path.insert(0, str(site))
    yield site
    sys.path.remove(str(site))


@pytest.fixture
def pipeline(tmp_path: Path, small_plugins: Path) -> WritePipeline:
    """Writes a pipeline file of these components, with everything else at its default."""

    def write(text: str) -> Path:
        path = tmp_path / "pipeline.conf"
        path.write_text(text if "name =" in text else f"name = test\ncomponents {{\n{text}\n}}\n")
        return path

    return write


@contextmanager
def without_the_rights_of_root() -> Iterator[None]:
    """Root may write everywhere; for a moment this process is somebody else."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.fixture
def forbidden() -> Iterator[Path]:
    """A folder in which nobody but root may read or write."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o000)
    with without_the_rights_of_root():
        yield folder
    folder.rmdir()


def _wheels() -> ModuleType:
    spec = importlib.util.spec_from_file_location("wheels", HERE / "plugins" / "wheels.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
