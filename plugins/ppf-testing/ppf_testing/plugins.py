"""What every plugin promises, whatever its kind."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ppf_core import Plugin, PpfError
from ppf_core.testing import build


def named(error: PpfError) -> set[str]:
    """The options that its problems stand at."""
    return {re.split(r"[.\[]", str(problem.path))[0] for problem in error.problems}


class Suite:
    """A plugin, and the options with which it works."""

    plugin: ClassVar[type[Plugin[Any]]]
    kit: ClassVar[int] = 1
    """The version of the kit whose checks are asked; those of later ones are skipped, and named."""

    def options(self, folder: Path) -> Mapping[str, Any]:
        """The options; what they name lies in or below `folder`."""
        raise NotImplementedError

    def made(self, folder: Path, /, **more: Any) -> Any:
        """A new instance, as another process would have. more: options that are put over the others."""
        return build(self.plugin, folder, **{**self.options(folder), **more})


class PluginConformance(Suite):
    """Options that are right, and some that are not."""

    refused: ClassVar[Sequence[Mapping[str, Any]]] = ()
    """Options, each set with a mistake in it, that are put over the right ones."""

    def test_options_with_a_mistake_are_refused(self, tmp_path: Path) -> None:
        """When the file is read, and with the name of the option."""
        if not self.refused:
            pytest.skip("Say with `refused` which options are mistakes.")
        for options in self.refused:
            with pytest.raises(PpfError) as caught:
                self.made(tmp_path, **options)
            assert named(caught.value) & set(options)

    def test_it_can_be_closed_before_its_first_use(self, tmp_path: Path) -> None:
        """And again; another instance is not touched by it."""
        other, instance = self.made(tmp_path), self.made(tmp_path)
        instance.close()
        instance.close()
        assert other.options == instance.options
        other.close()


class WritingConformance(PluginConformance):
    """A sink, and what is around its writes."""

    @contextmanager
    def writing(self, folder: Path) -> Iterator[None]:
        """Around all that writes; what goes to the terminal, for example, can be caught here."""
        yield
