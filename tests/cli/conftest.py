"""The command line as a function, and small plugins that are really installed for one test."""

from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import ppf

__all__ = ["ppf"]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a distribution with one plugin into a folder of sys.path, and allows it alone."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    allowed: list[str] = []

    def put(name: str, entry_point: str, code: str, *, group: str = "sources", kernel: str = ">=0.1,<1") -> None:
        info = site / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nSummary: What {name} does.\n"
        (info / "METADATA").write_text(f"{head}Requires-Dist: ppf-core{kernel}\n")
        (info / "entry_points.txt").write_text(f"[ppf.{group}]\n{entry_point}\n")
        (site / f"{entry_point.partition('=')[2].partition(':')[0].strip()}.py").write_text(code)
        allowed.append(name)
        monkeypatch.setenv("PPF_PLUGINS", ",".join(allowed))

    return put
