"""What every backend of secrets promises, as a suite of tests.

    class TestKeyring(SecretsConformance):
        plugin = KeyringBackend
        secrets = {"token": "s3cr3t-value"}

        def options(self, folder):
            return {"path": str(folder / "ring")}

        def prepare(self, folder):
            (folder / "ring").write_text("token=s3cr3t-value")

A backend passes when it gives what is there, the same from several threads at once; and when an error over what is not there is
a LookupError that names the key, and no value.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ppf_core import Fetched, SecretsBackend
from ppf_testing.plugins import PluginConformance


class SecretsConformance(PluginConformance):
    """The whole suite."""

    plugin: ClassVar[type[SecretsBackend[Any]]]
    secrets: ClassVar[Mapping[str | tuple[str, str], str]]
    """Keys, or keys with a field, that are there once it is prepared, and their values, which are no words of an error."""
    absent: ClassVar[str] = "no_such_key"
    """A key, and a field, that is not there."""

    def prepare(self, folder: Path) -> None:
        """Puts the secrets where the backend looks."""

    def test_it_gives_what_is_there_also_to_many_at_once(self, tmp_path: Path) -> None:
        """The kernel asks for all secrets of a pipeline in parallel."""
        self.prepare(tmp_path)
        backend = self.made(tmp_path)
        keys = [*self.secrets] * 8
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda key: backend.fetch(*_asked(key)), keys))
        assert [each.value if isinstance(each, Fetched) else each for each in found] == [self.secrets[key] for key in keys]
        backend.close()

    def test_what_is_not_there_is_named_without_any_value(self, tmp_path: Path) -> None:
        """The text of a LookupError is shown."""
        self.prepare(tmp_path)
        backend = self.made(tmp_path)
        for key, field in [(self.absent, None), *((_asked(each)[0], self.absent) for each in self.secrets)]:
            with pytest.raises(LookupError, match=self.absent) as caught:
                backend.fetch(key, field)
            assert not any(value in str(caught.value) for value in self.secrets.values())
        backend.close()

    def test_it_shows_no_value_when_it_is_shown(self, tmp_path: Path) -> None:
        """In a log, a debugger, a report."""
        self.prepare(tmp_path)
        backend = self.made(tmp_path)
        for key in self.secrets:
            backend.fetch(*_asked(key))
        shown = f"{backend!r} {backend.options!r} {vars(backend)}"
        assert not any(value in shown for value in self.secrets.values())
        backend.close()


def _asked(key: str | tuple[str, str]) -> tuple[str, str | None]:
    return (key, None) if isinstance(key, str) else key
