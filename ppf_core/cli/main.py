"""The entry point of `ppf`: finds the command, and turns every way to fail into its message and its exit code."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from types import FrameType

import click

from ppf_core import __version__
from ppf_core.cli.groups import LazyGroup
from ppf_core.cli.output import Output, silence
from ppf_core.errors import PpfError, Problem, Terminated

_COMMANDS = (
    "run",
    "validate",
    "plan",
    "show",
    "plugins",
    "runs",
    "secrets",
    "doctor",
    "completion",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line and gives back its exit code. Never raises, never prints a traceback for a user's mistake."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    output = Output()
    with _sigterm_raises(), output.streams(as_json=_wants_json(given)):
        return _answer(given, output)


def _answer(arguments: Sequence[str], output: Output) -> int:
    try:
        return _invoke(arguments, output)
    except click.ClickException as error:
        return output.failure([_usage_problem(error)], 2)
    except PpfError as error:
        return output.failure(error.problems, error.exit_code)
    except (KeyboardInterrupt, click.Abort) as interrupt:
        code, name = (143, "SIGTERM") if isinstance(interrupt, Terminated) else (130, "Ctrl-C")
        return output.failure([Problem(code="interrupted", message=f"Interrupted by {name}.")], code)
    except BrokenPipeError:
        silence(sys.stdout)
        return 0
    except BaseException as error:  # noqa: BLE001 -- a plugin's SystemExit too: it must not end ppf with exit code 0
        return _unexpected(error, output)


def _invoke(arguments: Sequence[str], output: Output) -> int:
    if instruction := os.environ.get("_PPF_COMPLETE"):
        from click.shell_completion import shell_complete

        return shell_complete(ppf, {}, "ppf", "_PPF_COMPLETE", instruction)
    try:
        with ppf.make_context("ppf", list(arguments), obj=output) as context:
            return ppf.invoke(context) or 0  # a command of click's that a plugin brings may give none
    except click.exceptions.Exit as ended:  # --help, --version
        return ended.exit_code


def _wants_json(arguments: Sequence[str]) -> bool:
    """Looked up before parsing: a line that cannot be parsed must be answered with a document as well."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return "--json" in arguments[:end]


def _usage_problem(error: click.ClickException) -> Problem:
    context = getattr(error, "ctx", None)
    hint = f"Try '{context.command_path} --help'." if context is not None else None
    return Problem(code="usage", message=error.format_message(), hint=hint)


def _unexpected(error: BaseException, output: Output) -> int:
    debug = bool(os.environ.get("PPF_DEBUG"))
    if debug:
        import traceback

        output.note("".join(traceback.format_exception(error)).rstrip())
    if _is_nowhere():
        problem = Problem(
            code="run", message="The current directory was deleted.", hint="Change to one that is there, and try again."
        )
        return output.failure([problem], 1)
    message = f"This is a bug in ppf or in a plugin: {type(error).__name__}: {error}"
    hint = None if debug else "Set PPF_DEBUG=1 to see where it happened."
    return output.failure([Problem(code="bug", message=message, hint=hint)], 1)


def _is_nowhere() -> bool:
    """Whether the current directory is gone, so that no relative path means anything."""
    try:
        os.getcwd()  # noqa: PTH109 -- importing pathlib takes 3 ms
    except FileNotFoundError:
        return True
    return False


@contextlib.contextmanager
def _sigterm_raises() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def terminate(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        output: Output = ctx.obj
        if output.json:
            output.document({})
        else:
            output.text(f"ppf {__version__}")
        ctx.exit()


_VERSION = click.Option(
    ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Print the version."
)

ppf = LazyGroup(
    "Pipelines on Spark, built from plugins. A pipeline is one HOCON file.",
    {name: f"ppf_core.verbs.{name}:command" for name in _COMMANDS},
    "ppf run flights.conf",
    "ppf run --help",
    options=[_VERSION],
)
