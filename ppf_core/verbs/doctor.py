"""`ppf doctor`: whether this machine can run pipelines."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ppf_core.cli.groups import listed_plugins
from ppf_core.cli.options import verb
from ppf_core.cli.output import Output, counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ppf_core.plugins.doctor import Check


@verb("ppf doctor", "ppf doctor --fix", "ppf doctor --json", checks=[])
@click.option(
    "--state-dir", type=click.Path(), default=".ppf", show_default=True, metavar="DIR", help="Where runs keep their state."
)
@click.option("--fix", is_flag=True, help="Make the archive of Spark's classes, with which Spark starts faster.")
def command(output: Output, state_dir: str, *, fix: bool) -> int:
    """Check Java, pyspark, versions, write access and plugins. Without --fix it starts no Spark and changes nothing."""
    from ppf_core.plugins.doctor import plugin_checks
    from ppf_core.verbs.machine import environment_checks, make_class_archive

    if fix:
        make_class_archive()
    checks = [*environment_checks(Path(state_dir)), *plugin_checks(listed_plugins(), load=False)]
    return report(output, checks)


def report(output: Output, checks: "Iterable[Check]", failed: int = 1) -> int:
    """Prints the checks. failed: the exit code when one is an error."""
    found = list(checks)
    errors = sum(check.status == "error" for check in found)
    if output.json:
        output.document({"checks": [vars(check) for check in found]}, ok=not errors)
    else:
        output.table(("check", "status", "message"), [(check.name, check.status, check.message) for check in found])
        for check in found:
            if check.hint:
                output.note(f"{check.name}: {check.hint}", style="red" if check.status == "error" else "yellow")
        output.note(f"{counted(errors, 'error')}." if errors else "No errors.")
    return failed if errors else 0
