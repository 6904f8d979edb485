"""A Secret shows its value to nobody who does not ask for it."""

import copy
import dataclasses
import io
import json
import pickle
import traceback

import pytest
from rich import inspect
from rich.console import Console
from rich.pretty import pretty_repr
from rich.traceback import Traceback

from ppf_core import Secret, SecretNotResolved

CANARY = "hunter2-canary"


@dataclasses.dataclass
class Holder:
    secret: Secret


def secret() -> Secret:
    return Secret(CANARY, reference="secret://env/P")


@pytest.mark.parametrize(
    "show",
    [
        str,
        repr,
        "{}".format,
        "{!r:>40}".format,
        "{:>40}".format,
        "%s".__mod__,
        ascii,
        pretty_repr,
        lambda each: pretty_repr(Holder(each)),
        lambda each: str(dataclasses.asdict(Holder(each))),
        lambda each: str(dataclasses.astuple(Holder(each))),
        lambda each: str(dataclasses.replace(Holder(each))),
        lambda each: json.dumps({"a": each}, default=str),
        lambda each: str(copy.deepcopy([each])),
        lambda each: str(each.__getstate__()),
        lambda each: str([getattr(each, name) for name in type(each).__slots__]),
        lambda each: _inspected(each),
        lambda each: _locals(each),
        lambda each: _message(each),
    ],
)
def test_nothing_shows_the_value(show) -> None:
    assert CANARY not in show(secret())


def _inspected(each: Secret) -> str:
    console = Console(file=io.StringIO(), width=200)
    inspect(each, console=console, all=True)
    return console.file.getvalue()


def _locals(each: Secret) -> str:
    """As rich shows the variables of every frame of a traceback."""
    console = Console(file=io.StringIO(), width=200)
    try:
        held = Holder(each)
        raise ValueError(held)
    except ValueError:
        console.print(Traceback(show_locals=True, width=200))
    return console.file.getvalue()


def _message(each: Secret) -> str:
    try:
        raise ValueError(each, f"{each}")
    except ValueError:
        return traceback.format_exc()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_cannot_be_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(Holder(secret()), protocol)


def test_it_is_no_json() -> None:
    with pytest.raises(TypeError):
        json.dumps(secret())


def test_it_is_compared_by_its_value() -> None:
    assert secret() == Secret(CANARY)
    assert secret() != Secret("other")
    assert Secret(reference="secret://env/P") == Secret(reference="secret://env/P")
    assert len({secret(), Secret(CANARY), Secret("other")}) == 2


def test_it_gives_its_value_to_whoever_asks() -> None:
    assert secret().reveal() == CANARY
    assert Secret(CANARY, current=lambda: "rotated").reveal() == "rotated"
    with pytest.raises(SecretNotResolved):
        Secret(reference="secret://env/P").reveal()
