"""What commands have in common: the document they answer with, and the options that mean the same everywhere."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Verb(click.Command):
    """A command that answers with a document under `--json`; `shape` has the document's keys."""

    shape: Mapping[str, Any] = {}


def verb(*examples: str, **shape: Any) -> Callable[[Callable[..., int]], Verb]:
    """Makes a command of a function that takes the Output first. shape: the document's keys, for failing commands as well."""

    def decorate(function: Callable[..., int]) -> Verb:
        make = click.command(cls=Verb, context_settings=CONTEXT, epilog=epilog(examples))
        command = make(click.pass_obj(function))
        command.params.append(json_option())
        command.shape = shape
        return command

    return decorate


def json_option() -> click.Option:
    """`--json`. The value is read before parsing, since a usage error must be a document too."""
    return click.Option(["--json"], is_flag=True, expose_value=False, help="Print one JSON document on standard output.")


def pipeline_argument(function: F) -> F:
    """The PIPELINE file and `--set K=V`, which every verb with a PIPELINE takes."""
    return click.argument("pipeline", type=click.Path())(set_option(function))


def set_option(function: F) -> F:
    """`--set K=V`: arrives as `overrides`, a dict."""
    return click.option(
        "--set",
        "overrides",
        metavar="K=V",
        multiple=True,
        callback=_overrides,
        help='Set one value of the file: --set runtime.parallelism=2, --set spark.conf."a.b"=x. Repeatable.',
    )(function)


def session_options(function: F) -> F:
    """`--master URL` and `--remote URL`: arrive in `overrides`, as what they stand for."""

    @wraps(function)
    def merged(output: Any, *, overrides: dict[str, str], master: str | None, remote: str | None, **others: Any) -> Any:
        return function(output, overrides={**overrides, **_session(master, remote)}, **others)

    remote = click.option("--remote", metavar="URL", help="The Spark Connect server, instead of the file's spark.remote.")
    master = click.option("--master", metavar="URL", help="The Spark master, instead of the file's spark.master.")
    found: F = master(remote(merged))  # type: ignore[assignment]  # click calls it with the options, not its callers
    return found


def _session(master: str | None, remote: str | None) -> dict[str, str]:
    """A session is one or the other, so asking for one takes the file's other away."""
    wanted = {"spark.master": master, "spark.remote": remote}
    if not any(wanted.values()):
        return {}
    return {key: "null" if url is None else json.dumps(url) for key, url in wanted.items()}


def _overrides(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    overrides = {}
    for text in values:
        key, found, value = _split(text)
        if not found or not key.strip():
            raise click.BadParameter(f"{text!r} is not of the form K=V, as in runtime.parallelism=2.", ctx, param)
        overrides[key.strip()] = value
    return overrides


def _split(text: str) -> tuple[str, str, str]:
    """At the first `=` outside quotes: a key may hold one between quotes, a value anywhere."""
    quoted = False
    for index, character in enumerate(text):
        quoted ^= character == '"'
        if character == "=" and not quoted:
            return text[:index], "=", text[index + 1 :]
    return text, "", ""


def epilog(examples: Sequence[str]) -> str:
    """The end of a command's help. `\\b` keeps click from wrapping it."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in examples)


CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def names_in(only: tuple[str, ...]) -> tuple[str, ...]:
    """The names of components in what `--only` was given, once or several times."""
    return tuple(name.strip() for text in only for name in text.split(",") if name.strip())
