"""`ppf plugins test`: whether an installed distribution keeps what its kinds of plugins promise."""

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ppf_core import Output, command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppf_testing.running import Checked


@command("ppf plugins test ppf-files", "ppf plugins test ppf-dice --markdown", distribution=None, checks=[], problems=[])
@click.argument("distribution", metavar="DIST")
@click.option("--markdown", "is_markdown", is_flag=True, help="Print a table for a README.")
@click.option("--strict", "is_strict", is_flag=True, help="What was skipped has failed: exit with 1.")
def test(output: Output, distribution: str, *, is_markdown: bool, is_strict: bool) -> int:
    """Ask all plugins of an installed distribution what the plugins of their kinds promise.

    Its cases stand in the module `conformance` of its package. What no case speaks of is skipped, and named.
    """
    from ppf_core.plugins.registry import PluginRegistry
    from ppf_testing.installed import found_distributions
    from ppf_testing.running import markdown, run_kit

    (found,) = found_distributions(PluginRegistry.discover({}), [distribution])
    name = found.name
    output.expect(distribution=name)
    checks = run_kit(name)
    count = Counter(each.status for each in checks)
    is_good = not count["failed"] and not (is_strict and count["skipped"])
    if output.json:
        output.document({"distribution": name, "checks": [asdict(each) for each in checks]}, ok=is_good)
    elif is_markdown:
        output.text(markdown(name, checks))
    else:
        _print(output, checks, count)
    return 0 if is_good else 1


def _print(output: Output, checks: "Sequence[Checked]", count: "Counter[str]") -> None:
    output.table(("plugin", "check", "status", "message"), [tuple(asdict(each).values()) for each in checks])
    output.text("\n" + ", ".join(f"{count[status]} {status}" for status in ("passed", "failed", "skipped")) + ".")
