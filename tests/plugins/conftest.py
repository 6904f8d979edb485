"""A folder on sys.path in which a test installs its wheels."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from wheels import Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    site = Site(tmp_path / "site")
    monkeypatch.syspath_prepend(str(site.folder))
    yield site
    site.forget()
