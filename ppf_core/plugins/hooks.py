"""Calling hooks: in the file's order, one call to a plugin at a time, a failing observer kept away from the run."""

import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import pluggy

from ppf_core.contracts.hooks import HOOKIMPL_MARK, Hooks
from ppf_core.errors import PluginError, Problem, RunError, suggestion
from ppf_core.plugins import hookspecs
from ppf_core.plugins.delivery import LOOK_SECONDS, STUCK_SECONDS, HookDelivery
from ppf_core.threads import threads

__all__ = ["HookCaller", "HookFailure", "HookInstance", "hook_mistakes", "implemented_hooks"]


@dataclass(frozen=True)
class HookInstance:
    """One entry of the file's `hooks` block, ready to be called."""

    name: str
    plugin: Hooks[Any]
    required: bool
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.name!r} of {self.distribution} {self.version}"


@dataclass(frozen=True)
class HookFailure:
    """An observer that raised."""

    instance: HookInstance
    hook: str
    error: BaseException
    required: bool


def implemented_hooks(plugin: type[Hooks[Any]]) -> tuple[str, ...]:
    """The hooks that a class implements, in the order of the specification."""
    marked = _marked(plugin)
    return tuple(name for name in hookspecs.HOOKS if name in marked)


def hook_mistakes(plugin: type) -> list[str]:
    """What of a class fits no hook: an unknown name, an unknown argument, a mark that was forgotten; each with its place."""
    marked = _marked(plugin)
    mistakes = [_mistake(name, function) for name, function in marked.items()]
    forgotten = [name for name in hookspecs.HOOKS if hasattr(plugin, name) and name not in marked]
    mistakes += [f"has a method {name} that is not marked. Put @hookimpl above it." for name in forgotten]
    unmarked = [name for name in dir(plugin) if name.startswith("ppf_") and name not in (*hookspecs.HOOKS, *marked)]
    mistakes += [_unknown(name, inspect.getattr_static(plugin, name)) for name in unmarked]
    return [mistake for mistake in mistakes if mistake]


class HookCaller:
    """Calls the hooks of a run. Observers cannot harm the run or hold it up, their errors are collected; deciders can.

    caller = HookCaller([HookInstance("audit", audit, required=True, distribution="ppf-audit", version="0.1.0")])
    caller.tell("ppf_pipeline_start", {"run": run})
    caller.flush()
    caller.failures

    Observers are called in another thread, in the order of the events. `flush` waits for them; a decider is asked after it.
    A plugin is in one call at a time: where its observer hangs, its deciders cannot be asked, and fail.
    """

    def __init__(self, instances: Sequence[HookInstance], patience: float = STUCK_SECONDS) -> None:
        self._patience = patience
        self._delivery = HookDelivery(self._hear_of_stuck, patience)
        self._instances = {instance.name: instance for instance in instances}
        self._locks = {instance.name: threads().lock() for instance in instances}
        self._observing: dict[str, tuple[str, float]] = {}
        self._failures: list[HookFailure] = []
        self._is_traced = "hooks" in os.environ.get("PPF_TRACE", "").split(",")
        self._registered = _Registered(hookspecs.PROJECT)
        self._registered.add_hookspecs(hookspecs)
        for instance in instances:
            self._register(instance)

    @property
    def failures(self) -> tuple[HookFailure, ...]:
        """The observers that raised so far."""
        return tuple(self._failures)

    def flush(self) -> None:
        """Waits until every observer has heard of everything that was told."""
        self._delivery.flush()

    def close(self) -> None:
        """Waits for the observers, and ends their thread."""
        self._delivery.close()

    @property
    def implementations(self) -> Mapping[str, tuple[str, ...]]:
        """Hook → the instances that implement it, in the order in which they are called."""
        called = {hook: tuple(method.plugin_name for method in self._methods(hook)) for hook in hookspecs.HOOKS}
        return {hook: names for hook, names in called.items() if names}

    def tell(self, hook: str, arguments: Mapping[str, object]) -> None:
        """Tells all observers of a hook, in another thread. What the hook's specification does not name is left out."""
        event = {name: value for name, value in arguments.items() if name in _known(hook)}
        for method in self._methods(hook):
            instance = self._instances[method.plugin_name]
            self._delivery.put(instance.name, partial(self._observe, instance, hook, method.function, event))

    def ask(self, hook: str, **arguments: object) -> Any:
        """The first answer of a decider that is not None."""
        self.flush()
        for method in self._methods(hook):
            instance = self._instances[method.plugin_name]
            self._take(instance, hook)
            try:
                answer = self._call(instance, hook, method.function, arguments)
            except SystemExit as error:
                raise RunError(f"The hook {instance} ended the program in {hook}.") from error
            finally:
                self._locks[instance.name].release()
            if answer is not None:
                return answer
        return None

    def _register(self, instance: HookInstance) -> None:
        mistakes = hook_mistakes(type(instance.plugin))
        if mistakes:
            message = f"The hook {instance} is broken. {type(instance.plugin).__name__} {mistakes[0]}"
            raise PluginError(message, problems=[Problem(code="plugin-broken", message=message)])
        self._registered.register(instance.plugin, instance.name)

    def _methods(self, hook: str) -> "list[pluggy.HookImpl]":
        # pluggy itself calls the last one registered first; the file's first hook goes first here.
        caller: pluggy.HookCaller = getattr(self._registered.hook, hook)
        return caller.get_hookimpls()

    def _observe(self, instance: HookInstance, hook: str, function: Callable[..., Any], event: Mapping[str, object]) -> None:
        try:
            with self._locks[instance.name]:
                self._observing[instance.name] = hook, threads().monotonic()
                try:
                    self._call(instance, hook, function, event)
                finally:
                    del self._observing[instance.name]
        except BaseException as error:  # noqa: BLE001 -- an observer that ends the program must not end the run
            self._failures.append(HookFailure(instance, hook, error, instance.required))

    def _hear_of_stuck(self, name: str, seconds: float) -> None:
        instance = self._instances[name]
        error = TimeoutError(f"It did not come back within {seconds:g} s, and hears of nothing else in this run.")
        self._failures.append(HookFailure(instance, "call", error, instance.required))

    def _take(self, instance: HookInstance, hook: str) -> None:
        """Takes the lock of a plugin. Another decider may take its time; RunError when an observer has had its patience."""
        while not self._locks[instance.name].acquire(timeout=LOOK_SECONDS):
            observing, since = self._observing.get(instance.name, ("", threads().monotonic()))
            if threads().monotonic() - since > self._patience:
                message = f"The hook {instance} cannot be called for {hook}: its {observing} has not come back"
                hint = "Look at what that plugin waits for, or leave it out of the hooks block."
                raise RunError(f"{message} for {self._patience:g} s.", hint=hint)

    def _call(self, instance: HookInstance, hook: str, function: Callable[..., Any], event: Mapping[str, object]) -> Any:
        """One call with the arguments that the implementation takes. Whoever asks holds the lock of the plugin."""
        started = threads().monotonic()
        try:
            return function(**_taken(function, event))
        finally:
            if self._is_traced:
                took = (threads().monotonic() - started) * 1000
                order = list(self._instances).index(instance.name) + 1
                print(f"ppf: {hook} → {order}. {instance}: {took:.1f} ms", file=sys.stderr)  # noqa: T201 -- the trace


class _Registered(pluggy.PluginManager):
    """pluggy's registry, which knows our mark."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> "pluggy.HookimplOpts | None":
        kind: type = type(plugin)
        if name not in _marked(kind):
            return None
        return {
            "wrapper": False,
            "hookwrapper": False,
            "optionalhook": False,
            "tryfirst": False,
            "trylast": False,
            "specname": None,
        }


@cache
def _marked(plugin: type) -> dict[str, Callable[..., Any]]:
    """The methods of a class that are marked as implementations."""
    attributes = {name: inspect.getattr_static(plugin, name) for name in dir(plugin)}
    return {name: value for name, value in attributes.items() if getattr(value, HOOKIMPL_MARK, False) is True}


def _mistake(name: str, function: Callable[..., Any]) -> str | None:
    if not inspect.isfunction(function):
        return f"marks {name}, which is no plain method. Leave out what stands above or below @hookimpl."
    if name not in hookspecs.HOOKS:
        return _unknown(name, function)
    known = inspect.signature(getattr(hookspecs, name)).parameters
    needed = [
        parameter.name
        for parameter in list(inspect.signature(function).parameters.values())[1:]
        if parameter.default is parameter.empty and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    ]
    unknown = [argument for argument in needed if argument not in known]
    if unknown:
        return f"asks {name} for an unknown argument {unknown[0]!r} at {_place(function)}. {suggestion(unknown[0], known)}"
    return None


def _unknown(name: str, function: Any) -> str:
    place = f" at {_place(function)}" if inspect.isfunction(function) else ""
    return f"implements an unknown hook {name!r}{place}. {suggestion(name, hookspecs.HOOKS)}"


def _taken(function: Callable[..., Any], event: Mapping[str, object]) -> dict[str, object]:
    """The arguments of an event that a function takes; one with `**` takes all."""
    names = _parameters(function)
    return dict(event) if names is None else {name: value for name, value in event.items() if name in names}


@cache
def _known(hook: str) -> frozenset[str]:
    """The arguments of a hook, as its specification has them."""
    return frozenset(inspect.signature(getattr(hookspecs, hook)).parameters)


@cache  # reading a signature takes longer than most observers do
def _parameters(function: Callable[..., Any]) -> frozenset[str] | None:
    """The names of a function's parameters; None when it takes any."""
    parameters = inspect.signature(function).parameters
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    return None if takes_any else frozenset(parameters)


def _place(function: Callable[..., Any]) -> str:
    code = inspect.unwrap(function).__code__
    return f"{code.co_filename}:{code.co_firstlineno}"
