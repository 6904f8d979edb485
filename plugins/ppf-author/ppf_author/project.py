"""The files of a distribution that is begun."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from string import Template

from ppf_author.kinds import KINDS


@dataclass(frozen=True)
class Project:
    """A distribution of some kinds of plugins. name: as it is typed, with dashes; the distribution may say `ppf-` before it."""

    name: str
    kinds: Sequence[str]

    @property
    def distribution(self) -> str:
        """What pip installs."""
        return f"ppf-{self.name}"

    @property
    def package(self) -> str:
        """What Python imports."""
        return self.distribution.replace("-", "_")

    @property
    def plugin(self) -> str:
        """What a pipeline file names."""
        return self.name.replace("-", "_")

    @property
    def entries(self) -> Mapping[str, tuple[str, str]]:
        """Kind → group and name of its entry point."""
        return {kind: (KINDS[kind].group, KINDS[kind].entry.format(plugin=self.plugin)) for kind in self.kinds}

    @property
    def files(self) -> Mapping[str, str]:
        """Path below the folder of the distribution → text."""
        examples = {
            f"examples/{KINDS[kind].template}.conf": self._filled(f"{KINDS[kind].template}.conf")
            for kind in self.kinds
            if KINDS[kind].has_example
        }
        return {
            "pyproject.toml": self._filled("pyproject.toml", entry_points=self._entry_points()),
            "README.md": self._filled("README.md", brings=self._brings(), examples=self._shown(examples)),
            "LICENSE": _template("LICENSE"),
            ".github/workflows/test.yml": _template("test.yml"),
            f"{self.package}/__init__.py": self._filled("__init__.py"),
            f"{self.package}/py.typed": "",
            **{f"{self.package}/{KINDS[kind].template}.py": self._filled(f"{KINDS[kind].template}.py") for kind in self.kinds},
            **self._cases,
            "tests/test_conformance.py": self._filled("test_conformance.py"),
            **({"tests/test_command.py": self._filled("test_command.py")} if "command" in self.kinds else {}),
            **examples,
            **({"tests/test_examples.py": _template("test_examples.py")} if examples else {}),
        }

    # ---- inside

    @property
    def _cases(self) -> Mapping[str, str]:
        """The package `conformance`, which is shipped: whoever has installed the distribution can ask it."""
        templates = [KINDS[kind].template for kind in self.kinds if KINDS[kind].has_case]
        modules = {name: self._filled(f"case_{name}.py") for name in templates}
        modules |= {"__init__": self._filled("conformance.py")} if modules else {}
        return {f"{self.package}/conformance/{name}.py": text for name, text in modules.items()}

    @property
    def _camel(self) -> str:
        return "".join(part.title() for part in self.plugin.split("_"))

    def _entry_points(self) -> str:
        lines = []
        for kind, (group, name) in self.entries.items():
            attribute = KINDS[kind].attribute.format(camel=self._camel)
            key = f'"{name}"' if "." in name else name
            lines.append(f'[project.entry-points."{group}"]\n{key} = "{self.package}.{KINDS[kind].template}:{attribute}"\n')
        return "\n".join(lines)

    def _brings(self) -> str:
        return "\n".join(f"- the {KINDS[kind].brings} `{name}`" for kind, (_, name) in self.entries.items())

    @staticmethod
    def _shown(examples: Mapping[str, str]) -> str:
        return "\n".join(f"`{path}`:\n\n```hocon\n{text}```\n" for path, text in examples.items())

    def _filled(self, template: str, **more: str) -> str:
        known = {"distribution": self.distribution, "package": self.package, "plugin": self.plugin, "camel": self._camel}
        return Template(_template(template)).substitute(known | more)


def _template(name: str) -> str:
    return (resources.files("ppf_author") / "templates" / f"{name}.tmpl").read_text(encoding="utf-8")
