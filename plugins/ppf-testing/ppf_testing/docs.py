"""`ppf plugins docs`: the pages of installed distributions, out of the plugins themselves."""

from collections.abc import Sequence
from pathlib import Path

import click

from ppf_core import Output, command


@command("ppf plugins docs ppf-files", "ppf plugins docs --into docs/plugins", distributions=[], files=[], problems=[])
@click.argument("distributions", metavar="[DIST]...", nargs=-1)
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), help="Write a file for each into this folder, and an index.md."
)
@click.option("--tested", "is_tested", is_flag=True, help="Run the kit, and end each page with how its checks ended.")
def docs(output: Output, distributions: Sequence[str], into: Path | None, *, is_tested: bool) -> int:
    """Make the page of each DIST, or of all that are installed: options, promises, needs, examples and cases of its plugins."""
    from ppf_core.plugins.registry import PluginRegistry
    from ppf_testing.installed import found_distributions
    from ppf_testing.pages import index, page
    from ppf_testing.running import markdown, run_kit

    registry = PluginRegistry.discover({})
    found = found_distributions(registry, distributions)
    pages = {f"{each.name}.md": page(registry, each) for each in found}
    if is_tested:
        pages = {file: f"{text}\n{markdown(file[:-3], run_kit(file[:-3]))}\n" for file, text in pages.items()}
    if into is not None:
        pages["index.md"] = index(found)
        into.mkdir(parents=True, exist_ok=True)
        for file, text in pages.items():
            (into / file).write_text(text, encoding="utf-8")
    names = [each.name for each in found]
    if output.json:
        output.document({"distributions": names, "files": [str(into / file) for file in pages] if into is not None else []})
    elif into is not None:
        output.text("\n".join(str(into / file) for file in pages))
    else:
        output.text("\n".join(pages.values()).rstrip())
    return 0
