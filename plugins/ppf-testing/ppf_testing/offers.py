"""What every entry point of a distribution promises, whatever stands behind it: no case is needed, and no Spark."""

import inspect
from pathlib import Path
from typing import ClassVar

import pytest

from ppf_core.errors import PpfError
from ppf_core.hocon.reading import read_file
from ppf_core.plugins.description import PluginDescription, describe
from ppf_core.plugins.doctor import plugin_checks
from ppf_core.plugins.installed import normalise, scan
from ppf_core.plugins.registry import PluginRegistry
from ppf_core.testing import build


class OfferConformance:
    """The whole suite."""

    distribution: ClassVar[str]
    group: ClassVar[str]
    entry: ClassVar[str]

    @property
    def registry(self) -> PluginRegistry:
        """Of this distribution alone: what others are called is not its fault."""
        owner = normalise(self.distribution)
        return PluginRegistry([each for each in scan() if normalise(each.name) == owner], {})

    @property
    def described(self) -> PluginDescription:
        """The plugin, as `ppf plugins show` has it."""
        (entry,) = (each for each in self.registry.entries if each.qualified == f"{self.group}.{self.entry}")
        return describe(self.registry, entry)

    def test_the_doctor_finds_nothing(self) -> None:
        """Neither in it, nor in its distribution."""
        others = tuple(f":{each.qualified}" for each in self.registry.entries if each.name != self.entry)
        found = [each for each in plugin_checks(self.registry, load=True) if not each.name.endswith(others)]
        bad = [f"{each.message} {each.hint or ''}" for each in found if each.status != "ok"]
        assert not bad, " ".join(bad)

    def test_it_says_what_it_is_and_what_its_options_are(self) -> None:
        """`ppf plugins show` has nothing else to show."""
        found = self.described
        assert found.doc, "It has no docstring. Say in one sentence what it does."
        named = [each for each in found.options if self.group != "commands" or each.name.startswith("-")]
        mute = [each.name for each in named if not each.help]
        assert not mute, f"The options {', '.join(mute)} have no help. Say in one sentence what they are for."

    def test_its_examples_are_right(self, tmp_path: Path) -> None:
        """Somebody will copy one."""
        found = self.described
        if not found.examples:
            pytest.skip("It has no example. Give it the attribute `examples`: a list of options blocks.")
        plugin = self.registry.load(found.entry)
        for example in found.examples:
            file = tmp_path / "example.conf"
            text = inspect.cleandoc(example)
            block = text if text.startswith("{") else f"{{\n{text}\n}}"
            file.write_text(f"options {block}\n", encoding="utf-8")
            try:
                build(plugin, tmp_path, **read_file(file, {}, {}).tree.get("options", {}))
            except PpfError as error:
                mistakes = " ".join(problem.message for problem in error.problems) or str(error)
                raise AssertionError(f"The example {example!r} is wrong: {mistakes}") from error
