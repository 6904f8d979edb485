"""A distribution that is installed in a folder, as pip would leave it there: for tests of what is found and imported."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def install(
    site: Path, name: str, offers: Mapping[str, str], files: Mapping[str, str], requires: Sequence[str], version: str
) -> Path:
    """Writes the files of a distribution and its metadata below `site`, and gives the folder of the metadata."""
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {each}\n" for each in requires)
    metadata = {
        "METADATA": f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nSummary: A plugin of a test.\n{needs}",
        "entry_points.txt": "".join(f"[ppf.{_group(offer)}]\n{_entry(offer)} = {value}\n" for offer, value in offers.items()),
        "RECORD": "".join(f"{path},,\n" for path in files),
    }
    for path, text in {**files, **{f"{info.name}/{each}": text for each, text in metadata.items()}}.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text, encoding="utf-8")
    return info


def forget_modules_below(site: Path) -> None:
    """Lets the next test import modules of the same names."""
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(f"{site}/"):
            del sys.modules[name]


def _group(offer: str) -> str:
    return offer.partition(".")[0]


def _entry(offer: str) -> str:
    return offer.partition(".")[2]
