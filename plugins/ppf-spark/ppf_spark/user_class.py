"""A class of a user, as a format that Spark knows."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ppf_core import ModuleFolder, PpfError, local_path
from ppf_spark.class_options import ClassOptions
from ppf_spark.named import named

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class UserClass:
    """The class that the options name."""

    def __init__(self, options: ClassOptions) -> None:
        self.place = options.class_
        self._folder = ModuleFolder(local_path(options.folder))

    @property
    def format(self) -> str:
        """What Spark calls it: a name that no other class has, of whatever folder and with whatever name of its own."""
        mark = hashlib.sha256(f"{self._folder.path}:{self.place}".encode()).hexdigest()[:12]
        return f"ppf_{re.sub(r'[^a-z0-9]', '_', self.place.lower())}_{mark}"

    def register(self, spark: "SparkSession") -> str:
        """Imports it and tells the session of it; gives its format."""
        from pyspark import cloudpickle

        with self.told(), self._folder.importable():
            found = self._folder.load(self.place, "data source", _is_data_source)
            with self._folder.pickled_by_value(cloudpickle):
                spark.dataSource.register(named(found, self.format, self._note))
        return self.format

    @property
    def _note(self) -> str:
        return f"in the data source {self.place!r}"

    @contextmanager
    def told(self) -> Iterator[None]:
        """Notes on an error which class it is of, unless it says so."""
        try:
            yield
        except PpfError:
            raise
        except Exception as error:
            if self._note not in str(error):
                error.add_note(self._note)
            raise


def _is_data_source(found: object) -> bool:
    from pyspark.sql.datasource import DataSource

    return isinstance(found, type) and issubclass(found, DataSource) and found is not DataSource
