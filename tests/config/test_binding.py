"""What binding says of a block as a whole: keys, groups, paths, components, and the class's own checks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from option_classes import Every, Located, Plain, Query, Window

from ppf_core import NoOptions, OptionsError, option, options
from ppf_core.config.binding import Bound, bind, option_specs
from ppf_core.hocon.tree import WrittenNumber

FOLDER = Path("/work")


def bound(cls: type[Any], **values: Any) -> Bound:
    return bind(cls, values, folder=FOLDER)


def test_all_mistakes_come_at_once() -> None:
    found = bound(Every, whole="x", flag="x", nope=1, plain={"nmae": "n"}, texts=[[], {}])

    assert [fault.path for fault in found.faults] == [
        ("nope",), ("whole",), ("flag",), ("texts", 0), ("texts", 1), ("plain", "nmae"),
    ]  # fmt: skip


def test_an_unknown_option_gets_the_near_miss_and_its_help() -> None:
    (fault,) = bound(Every, txet="a").faults

    assert (fault.code, fault.at) == ("unknown-option", "key")
    assert fault.hint is not None
    assert fault.hint.startswith("Did you mean 'text'?")
    assert fault.hint.endswith("text: A text.")


def test_a_plugin_without_options_says_so() -> None:
    (fault,) = bound(NoOptions, a=1).faults

    assert fault.hint == "There is none."


def test_a_mistyped_required_option_is_one_mistake() -> None:
    assert [fault.code for fault in bound(Window, colunms=["a"]).faults] == ["unknown-option"]


def test_a_missing_option_carries_its_help() -> None:
    (fault,) = bound(Located).faults

    assert (fault.path, fault.at, fault.code, fault.hint) == (("path",), "key", "missing-option", "Where.")


def test_null_for_a_required_option_is_a_mistake() -> None:
    assert [fault.code for fault in bound(Window, columns=None).faults] == ["missing-option"]


def test_a_mistaken_choice_gets_a_near_miss() -> None:
    (fault,) = bound(Every, mode="overwite").faults

    assert fault.hint == "Did you mean 'overwrite'? What happens to old rows."


def test_exactly_one_of_a_group_is_fine() -> None:
    assert bound(Query, query="SELECT 1", query_file=None).options == Query(query="SELECT 1")


def test_none_of_a_group_is_one_mistake_at_the_block() -> None:
    (fault,) = bound(Query).faults

    assert (fault.code, fault.path, fault.at) == ("one-of", (), "key")
    assert fault.message == "Exactly one of 'query', 'query_file' must be set, but none is."


def test_two_of_a_group_is_a_mistake_at_the_second() -> None:
    (fault,) = bound(Query, query="a", query_file="b").faults

    assert (fault.code, fault.path) == ("one-of", ("query_file",))


def test_a_group_may_do_without_defaults() -> None:
    @options
    class Either:
        left: str | None = option("Left.", one_of="side")
        right: str | None = option("Right.", one_of="side")

    assert bound(Either, right="r").options == Either(left=None, right="r")


def test_an_old_name_is_accepted_with_a_warning() -> None:
    found = bound(Window, cols=["a"])

    assert found.options == Window(columns=["a"])
    (warning,) = found.warnings
    assert (warning.path, warning.at, warning.code) == (("cols",), "key", "renamed-option")
    assert warning.message == "Option 'cols' is called 'columns' now."


def test_an_old_name_besides_the_new_one_is_a_mistake() -> None:
    assert [fault.path for fault in bound(Window, cols=["a"], columns=["b"]).faults] == [("cols",)]


def test_a_fault_below_an_old_name_keeps_the_name_of_the_file() -> None:
    assert [fault.path for fault in bound(Window, cols=[[]]).faults] == [("cols", 0)]


def test_what_the_class_refuses_is_located() -> None:
    first, second = bound(Window, cols=["a"], low=10).faults

    assert (first.path, first.message) == (("low",), "Option 'low': must not be above high.")
    assert first.hint == "The lower bound."
    assert (second.path, second.code) == (("cols", 0), "options")


def test_a_nested_class_refuses_below_its_own_path() -> None:
    @options
    class Outer:
        window: Window = option("A window.")

    assert bound(Outer, window={"columns": ["a"], "low": 10}).faults[0].path == ("window", "low")


@pytest.mark.parametrize("error", [ValueError("too much"), TypeError("too much"), ZeroDivisionError("too much")])
def test_any_other_error_of_the_class_is_one_mistake(error: Exception) -> None:
    @options
    class Moody:
        def __post_init__(self) -> None:
            raise error

    (fault,) = bound(Moody).faults
    assert (fault.code, fault.message) == ("options", "The options do not fit: too much.")


def test_a_refusal_of_the_whole_block_needs_no_path() -> None:
    @options
    class Strict:
        def __post_init__(self) -> None:
            raise OptionsError({"": "These options never fit."})

    (fault,) = bound(Strict).faults
    assert (fault.path, fault.message) == ((), "These options never fit.")


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("data/in.csv", "file:/work/data/in.csv"),
        ("../in", "file:/in"),
        ("a b/*.csv", "file:/work/a b/*.csv"),
        ("/data/in.csv", "/data/in.csv"),
        ("s3a://bucket/key", "s3a://bucket/key"),
        ("file:/x", "file:/x"),
        ("file:x/y", "file:/work/x/y"),
        ("file:///x", "file:///x"),
        ("~/x", "file:/home/ada/x"),
        ("~nobody-here/x", "file:/work/~nobody-here/x"),
    ],
)
def test_a_relative_path_is_relative_to_the_file(path: str, wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert bound(Located, path=path).options.path == wanted


def test_paths_work_at_any_depth() -> None:
    options = bound(Located, path=["a", "/b"], named={"x": "c"}, inner={"at": "d"}).options

    assert (options.path, options.named, options.inner.at) == (["file:/work/a", "/b"], {"x": "file:/work/c"}, "file:/work/d")


def test_a_relative_default_is_relative_to_the_file() -> None:
    @options
    class Placed:
        path: str = option("Where.", default="out", path=True)
        other: str = option("Or nowhere.", default="", path=True)

    assert bound(Placed).options == Placed(path="file:/work/out", other="")


def test_an_empty_path_is_a_mistake() -> None:
    assert [fault.code for fault in bound(Located, path="").faults] == ["bad-value"]


def test_components_are_found_at_any_depth() -> None:
    found = bound(Located, path="p", left="a", others=["b"], inner={"at": "x", "of": {"k": ["c"]}})

    assert found.components == ((("inner", "of", "k", 0), "c"), (("left",), "a"), (("others", 0), "b"))


def test_a_plain_dataclass_is_an_options_class() -> None:
    assert bound(Plain, name="n").options == Plain(name="n")


def test_inherited_options_come_first() -> None:
    @options
    class Wider(Window):
        more: str = option("More.", default="")

    assert [spec.name for spec in option_specs(Wider)] == ["columns", "low", "high", "more"]


def test_fields_that_a_file_cannot_set_are_no_options() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Derived:
        name: str

        def __post_init__(self) -> None:
            object.__setattr__(self, "length", len(self.name))

    assert bound(Derived, name="abc").options.length == 3


def test_a_value_that_could_not_be_had_is_no_second_mistake() -> None:
    found = bind(Window, {"columns": None, "low": "x"}, folder=FOLDER, broken={("columns",)})

    assert found.options is None
    assert [fault.path for fault in found.faults] == [("low",)]


def test_specs_are_what_people_read() -> None:
    specs = {spec.name: spec for spec in option_specs(Every)}

    assert {name: spec.type for name, spec in specs.items()} == {
        "text": "string",
        "whole": "whole number",
        "real": "number",
        "flag": "boolean",
        "exact": "decimal number",
        "wait": "duration",
        "secret": "secret",
        "free": "any value",
        "literal": "one of a, b, 1",
        "mode": "one of append, overwrite",
        "maybe": "whole number",
        "texts": "list of strings",
        "pair": "list of whole numbers",
        "table": "map of numbers",
        "plain": "object",
        "one_or_many": "string or list of strings",
        "login": "object",
        "logins": "list of objects",
    }
    assert [name for name, spec in specs.items() if spec.secret] == ["secret", "login", "logins"]
    assert (specs["mode"].default, specs["wait"].default, specs["exact"].default) == ("append", 90, "0.0")


TEXTS = st.text() | st.sampled_from(["secret://env/A", "{{ secret://x", "1", "basic"])
KEYS = st.text() | st.sampled_from(["kind", "name", "user"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from([spec.name for spec in option_specs(Every)])


@given(st.dictionaries(NAMES | st.text(), JSON, max_size=5))
def test_no_value_makes_binding_fail(values: dict[str, Any]) -> None:
    found = bind(Every, values, folder=FOLDER)

    assert (found.options is None) == bool(found.faults or found.pending)


@given(st.dictionaries(NAMES | st.text(), JSON, max_size=5))
def test_what_is_bound_binds_to_itself(values: dict[str, Any]) -> None:
    options = bind(Every, values, folder=FOLDER).options
    if options is not None:
        again = bind(Every, vars(options), folder=FOLDER)
        assert again.faults == ()
        assert again.options == options


@options
class Passed:
    further: dict[str, Any] = option("Passed on.", default_factory=dict, path_keys=("basepath",), as_written=True)
    rounded: Any = option("A number.", default=None)

    def warnings(self) -> dict[str, str]:
        return {f"further.{name}": "does nothing" for name in self.further if name == "odd"}


def test_keys_of_a_map_may_be_paths_in_any_case() -> None:
    found = bound(Passed, further={"basePath": "data", "BASEPATH": "s3://b/data", "path": "data"}).options

    assert found.further == {"basePath": "file:/work/data", "BASEPATH": "s3://b/data", "path": "data"}


def test_a_number_keeps_its_text_only_where_that_is_asked_for() -> None:
    found = bound(Passed, further={"a": WrittenNumber("1.10")}, rounded=WrittenNumber("1.10")).options

    assert (str(found.further["a"]), found.further["a"]) == ("1.10", 1.1)
    assert type(found.rounded) is float


def test_what_a_class_doubts_is_a_warning_at_its_place() -> None:
    found = bound(Passed, further={"odd": 1, "even": 2})

    assert (found.options.further["odd"], [each.path for each in found.warnings]) == (1, [("further", "odd")])
    assert found.warnings[0].message == "Option 'further.odd': does nothing."


@options
class Named:
    class_: str = option("A word that Python keeps.")
    id_: int = option("A word that it does not.", default=0)


def test_a_word_that_python_keeps_is_an_option_by_its_own_name() -> None:
    assert bound(Named, **{"class": "a:B", "id_": 1}).options == Named(class_="a:B", id_=1)
    assert [each.name for each in option_specs(Named)] == ["class", "id_"]
    assert [(fault.path, fault.code) for fault in bound(Named, class_="a:B").faults] == [(("class_",), "unknown-option")]
