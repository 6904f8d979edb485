"""What `ppf_core`, its `storage` and `testing` offer is what the stubs here promise: names, signatures, fields, defaults."""

import ast
import dataclasses
import importlib
import inspect
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ppf_core
import ppf_core.storage
import ppf_core.testing

ROOT = Path(__file__).parents[2]
PROMISES = {ppf_core: "contracts.pyi", ppf_core.storage: "storage.pyi", ppf_core.testing: "testing.pyi"}
PROMISED = {home: ast.parse(Path(__file__).with_name(name).read_text()).body for home, name in PROMISES.items()}
DEFINITIONS = [node for body in PROMISED.values() for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
HOMES = {node.name: home for home, body in PROMISED.items() for node in body if node in DEFINITIONS}
CLASSES = [node for node in DEFINITIONS if isinstance(node, ast.ClassDef)]


def _public(name: str) -> Any:
    """A public name, from the module that plugins import it from."""
    return getattr(HOMES[name], name)


def _source(name: str) -> ast.Module:
    """The syntax tree of the module that defines a public name."""
    return ast.parse(inspect.getsource(sys.modules[_public(name).__module__]))


def _functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef]:
    return (node for node in body if isinstance(node, ast.FunctionDef))


def _is_overload(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "overload" for node in function.decorator_list)


def _parameters(function: ast.FunctionDef) -> dict[str, tuple[str, str]]:
    """Name → (kind, annotation) of each parameter; quotes around a type mean nothing."""
    arguments = function.args
    kinds = {
        "positional": arguments.posonlyargs + arguments.args,
        "keyword": arguments.kwonlyargs,
        "rest": [node for node in (arguments.vararg, arguments.kwarg) if node],
    }
    return {node.arg: (kind, _type(node.annotation)) for kind, nodes in kinds.items() for node in nodes}


def _type(annotation: ast.expr | None) -> str:
    return "" if annotation is None else ast.unparse(annotation).replace("'", "").replace('"', "")


def _defaults(function: ast.FunctionDef) -> dict[str, str]:
    """Name → source of the default, of the parameters that have one."""
    arguments = function.args
    positional = (arguments.posonlyargs + arguments.args)[::-1]
    keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    pairs = [*zip(positional, arguments.defaults[::-1], strict=False), *keywords]
    return {node.arg: ast.unparse(default) for node, default in pairs if default is not None}


def _method(owner: type, name: str) -> ast.FunctionDef:
    """The method's syntax tree, wherever in the class's bases it is written."""
    for cls in owner.__mro__:
        if name in vars(cls):
            tree = ast.parse(inspect.getsource(importlib.import_module(cls.__module__)))
            written = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == cls.__name__)
            return next(function for function in _functions(written.body) if function.name == name)
    raise AssertionError(f"{owner.__name__} has no {name!r}.")


def _assert_same(promised: ast.FunctionDef, found: ast.FunctionDef) -> None:
    assert _parameters(found) == _parameters(promised)
    assert _type(found.returns) == _type(promised.returns)
    defaults = {name: default for name, default in _defaults(promised).items() if default != "..."}
    assert defaults.items() <= _defaults(found).items()
    assert _defaults(promised).keys() == _defaults(found).keys()


@pytest.mark.parametrize("promised", DEFINITIONS, ids=lambda node: node.name)
def test_every_promised_name_is_public(promised: ast.ClassDef | ast.FunctionDef) -> None:
    assert promised.name in HOMES[promised.name].__all__
    assert _public(promised.name).__name__ == promised.name


@pytest.mark.parametrize("promised", list(_functions(DEFINITIONS)), ids=lambda node: f"{node.name}:{node.lineno}")
def test_a_promised_function_has_its_signature(promised: ast.FunctionDef) -> None:
    alternatives = [node for node in _functions(_source(promised.name).body) if node.name == promised.name]
    overloads = [node for node in alternatives if _is_overload(node)]
    if _is_overload(promised):
        assert any(ast.dump(node.args) == ast.dump(promised.args) for node in overloads)
    else:
        _assert_same(promised, alternatives[-1])


@pytest.mark.parametrize("promised", CLASSES, ids=lambda node: node.name)
def test_a_promised_class_has_its_bases_and_methods(promised: ast.ClassDef) -> None:
    cls = _public(promised.name)
    bases = {_type(base).split("[")[0] for base in promised.bases} - {"Generic"}
    assert bases <= {base.__name__ for base in cls.__mro__}
    for method in _functions(promised.body):
        found = _method(cls, method.name)
        _assert_same(method, found)
        kinds = {ast.unparse(node) for node in method.decorator_list}
        assert kinds == {ast.unparse(node) for node in found.decorator_list}, method.name


@pytest.mark.parametrize("promised", CLASSES, ids=lambda node: node.name)
def test_a_promised_class_has_its_fields(promised: ast.ClassDef) -> None:
    cls = _public(promised.name)
    annotations = {name: text for base in reversed(cls.__mro__) for name, text in _written_annotations(base).items()}
    for field in promised.body:
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            assert annotations[field.target.id] == _type(field.annotation), field.target.id
            if field.value is not None and ast.unparse(field.value) != "...":
                assert getattr(cls, field.target.id) == ast.literal_eval(field.value), field.target.id


def _written_annotations(cls: type) -> dict[str, str]:
    if not cls.__module__.startswith("ppf_core"):
        return {}
    tree = ast.parse(inspect.getsource(sys.modules[cls.__module__]))
    written = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == cls.__name__)
    fields = [node for node in written.body if isinstance(node, ast.AnnAssign)]
    return {node.target.id: _type(node.annotation) for node in fields if isinstance(node.target, ast.Name)}


@pytest.mark.parametrize(
    "promised",
    [node for node in CLASSES if any("frozen=True" in ast.unparse(mark) for mark in node.decorator_list)],
    ids=lambda node: node.name,
)
def test_what_the_kernel_hands_over_is_frozen(promised: ast.ClassDef) -> None:
    cls: Any = _public(promised.name)
    assert dataclasses.is_dataclass(cls)
    assert vars(cls)["__dataclass_params__"].frozen


def test_all_is_sorted_and_complete() -> None:
    assert ppf_core.__all__ == sorted(ppf_core.__all__)
    assert {name for names in ppf_core._HOMES.values() for name in names} | {"__version__"} == set(ppf_core.__all__)
    assert all(hasattr(ppf_core, name) for name in ppf_core.__all__)
    for home in (ppf_core.storage, ppf_core.testing):
        assert set(home.__all__) == {name for name, other in HOMES.items() if other is home}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Sauce'"):
        _ = ppf_core.Sauce


CONTRACTS_ALONE = """
import sys
sys.path.insert(0, sys.argv[1])
import ppf_core
from ppf_core import (
    AggregateCheck, Context, FrameCheck, Hooks, OptionsError, RowCheck, Secret, SecretsBackend, Sink, Source, StagedSink,
    StreamingSink, StreamingSource, Transform, hookimpl, json_field, option, options,
)
foreign = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names) - {"ppf_core", "__main__"}
print(*sorted(name for name in foreign if not name.startswith("__")))
"""


def test_the_contracts_need_only_the_standard_library(tmp_path: Path) -> None:
    (tmp_path / "ppf_core").symlink_to(ROOT / "ppf_core")
    command = [sys.executable, "-I", "-S", "-c", CONTRACTS_ALONE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_mypy_strict_accepts_a_plugin_that_uses_all_of_it(pytestconfig: pytest.Config) -> None:
    example = Path(__file__).with_name("third_party_plugin.py")
    mentioned = {node.id for node in ast.walk(ast.parse(example.read_text())) if isinstance(node, ast.Name)}
    assert {node.name for node in DEFINITIONS} - mentioned == set()

    cache = pytestconfig.cache.mkdir("mypy") if pytestconfig.cache else Path(".mypy_cache")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), str(example)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_kernel_says_which_pythons_and_sparks_it_supports() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"
    assert project["optional-dependencies"]["spark"] == ["pyspark>=3.5,<5"]
