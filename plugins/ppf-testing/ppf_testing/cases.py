"""The cases of an installed distribution, each with the suite of its kind.

A case is a class in the module or package `conformance` of the distribution. It names its `plugin`, and says what the suite of
its kind wants to know. It needs no base class, so that a wheel with cases does not need the kit.

    class Dice:
        plugin = DiceSource
        refused = ({"sides": 1},)

        def options(self, folder):
            return {"rolls": 20}
"""

import pkgutil
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from importlib.util import find_spec
from typing import Any

import pytest

from ppf_core import AggregateCheck, FrameCheck, Plugin, RowCheck, StagedSink, StreamingSink
from ppf_testing.checks import AggregateCheckConformance, FrameCheckConformance, RowCheckConformance
from ppf_testing.hooks import HooksConformance
from ppf_testing.offers import OfferConformance
from ppf_testing.secrets import SecretsConformance
from ppf_testing.sinks import SinkConformance, UnseenSinkConformance
from ppf_testing.sources import IncrementalConformance, SourceConformance
from ppf_testing.splitting_sinks import SplitConformance
from ppf_testing.staged_sinks import StagedSinkConformance
from ppf_testing.streaming_sinks import NativeSinkConformance, StagedStreamConformance, StreamingSinkConformance
from ppf_testing.streaming_sources import StreamingSourceConformance
from ppf_testing.transforms import TransformConformance

_PREFIX = "ppf."
_SUITES: Mapping[str, Mapping[type[Any], type[Any]]] = {
    "sources": {Plugin: SourceConformance},
    "transforms": {Plugin: TransformConformance},
    "sinks": {StagedSink: StagedSinkConformance, Plugin: SinkConformance},
    "streaming_sources": {Plugin: StreamingSourceConformance},
    "streaming_sinks": {
        StreamingSink: NativeSinkConformance,
        StagedSink: StagedStreamConformance,
        Plugin: StreamingSinkConformance,
    },
    "checks": {
        RowCheck: RowCheckConformance,
        AggregateCheck: AggregateCheckConformance,
        FrameCheck: FrameCheckConformance,
    },
    "secrets": {Plugin: SecretsConformance},
    "hooks": {Plugin: HooksConformance},
}
"""Group → base class → suite; the first that fits."""


@dataclass(frozen=True)
class _Offer:
    group: str
    name: str
    plugin: type[Plugin[Any]]

    def told_by(self, case: type[Any]) -> bool:
        """Whether a case speaks of it here; a case of its own `groups` speaks of no other."""
        return case.plugin is self.plugin and self.group in getattr(case, "groups", (self.group,))

    def suites(self, case: type[Any] | None = None) -> Iterator[type[Any]]:
        """What it is asked: more, where a case says how to `add` to its source, or what its sink `splits`."""
        if self.group == "sources" and hasattr(case, "add"):
            yield IncrementalConformance
        elif self.group == "sinks" and getattr(case, "is_unseen", False):
            yield UnseenSinkConformance
        else:
            yield next(suite for base, suite in _SUITES[self.group].items() if issubclass(self.plugin, base))
        if self.group == "sinks" and hasattr(case, "splits"):
            yield SplitConformance

    def named(self, suite: type[Any], case: type[Any] | None = None) -> str:
        """What its class of tests is called."""
        parts = (self.group, self.name, case.__name__ if case else "", suite.__name__.removesuffix("Conformance"))
        return _class_name(*filter(None, parts))


def suites_of(distribution: str) -> Mapping[str, type[Any]]:
    """Classes of tests for all that an installed distribution offers, for a module of tests.

        globals().update(suites_of("ppf-dice"))

    A plugin of which no case speaks is there too, and its tests are skipped, so that nobody takes it for tested.
    """
    found: dict[str, type[Any]] = {}
    entries = _entries(distribution)
    for entry in entries:
        group = entry.group.removeprefix(_PREFIX)
        facts: dict[str, Any] = {"distribution": distribution, "group": group, "entry": entry.name}
        facts |= {"test_its_examples_are_right": None} if group == "commands" else {}  # they stand in its help
        found |= _tests(_class_name(group, entry.name), (OfferConformance,), {**facts, "offered": f"{group}.{entry.name}"})
    usable = [each for each in entries if each.group.removeprefix(_PREFIX) in _SUITES]
    offers = [_Offer(each.group.removeprefix(_PREFIX), each.name, each.load()) for each in usable]
    cases = cases_of(distribution)
    for offer in _with_further_groups(offers, cases):
        own = [case for case in cases if offer.told_by(case)]
        about: dict[str, Any] = {"offered": f"{offer.group}.{offer.name}", "hook": offer.name, "plugin": offer.plugin}
        for case in own:
            for suite in offer.suites(case):
                found |= _tests(offer.named(suite, case), (case, suite), {**about, "case": case.__name__})
        if not own:
            for suite in offer.suites():
                found |= _tests(offer.named(suite), (), {**about, **_skipped(suite, offer)})
    return found


def cases_of(distribution: str) -> Sequence[type[Any]]:
    """The cases of an installed distribution, in the order in which they stand."""
    return list(_cases(sorted({entry.module.partition(".")[0] for entry in _entries(distribution)})))


def _entries(distribution: str) -> Sequence[metadata.EntryPoint]:
    return [each for each in metadata.distribution(distribution).entry_points if each.group.startswith(_PREFIX)]


def _class_name(*parts: str) -> str:
    return re.sub(r"\W", "_", "_".join(("Test", *parts)))


def _tests(name: str, bases: tuple[type[Any], ...], facts: Mapping[str, Any]) -> dict[str, type[Any]]:
    return {name: type(name, bases, {**facts, "__module__": __name__})}


def _skipped(suite: type[Any], offer: _Offer) -> Mapping[str, Any]:
    """The tests of a suite, none of which starts anything."""
    package = offer.plugin.__module__.partition(".")[0]
    reason = f"No case in {package}.conformance speaks of {offer.plugin.__name__}."

    def skip(_self: object) -> None:
        pytest.skip(reason)

    return {name: skip for name in dir(suite) if name.startswith("test_")}


def _with_further_groups(offers: Sequence[_Offer], cases: Sequence[type[Any]]) -> Iterator[_Offer]:
    """The offers, and what cases say of them besides: a sink may serve in streams without being offered for them."""
    yield from offers
    known = {(offer.group, offer.plugin) for offer in offers}
    for case in cases:
        name = next((offer.name for offer in offers if offer.plugin is case.plugin), None)
        if name is None:
            raise LookupError(f"The case {case.__name__} speaks of {case.plugin.__name__}, which is not offered.")
        for group in set(getattr(case, "groups", ())) - {known_group for known_group, plugin in known if plugin is case.plugin}:
            known.add((group, case.plugin))
            yield _Offer(group, name, case.plugin)


def _cases(packages: Sequence[str]) -> Iterator[type[Any]]:
    """The classes with a `plugin` in the module or package `conformance` of each package."""
    for package in packages:
        if find_spec(f"{package}.conformance") is not None:
            module = import_module(f"{package}.conformance")
            inner = pkgutil.iter_modules(getattr(module, "__path__", ()), f"{module.__name__}.")
            for each in (module, *(import_module(found.name) for found in inner)):
                for name, value in vars(each).items():
                    is_own = isinstance(value, type) and value.__module__ == each.__name__
                    if is_own and not name.startswith("_") and hasattr(value, "plugin"):
                        yield value
