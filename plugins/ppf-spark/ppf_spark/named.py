"""A data source of a user under a name of ours, whose errors say whose they are."""

from typing import Any


def named(source: type[Any], name: str, note: str) -> type[Any]:
    """A subclass that Spark calls by this name, and that notes on each error of its methods where it comes from.

    It is at work in Spark's workers, which need not have this module: what is inside a function travels by value.
    """
    from inspect import isfunction

    from pyspark.sql.datasource import (
        DataSourceReader,
        DataSourceStreamReader,
        DataSourceStreamWriter,
        DataSourceWriter,
        SimpleDataSourceStreamReader,
    )

    parts = (DataSourceReader, DataSourceStreamReader, DataSourceStreamWriter, DataSourceWriter, SimpleDataSourceStreamReader)
    # What Spark calls.
    of_source = ("__init__", "schema", "reader", "writer", "streamReader", "simpleStreamReader", "streamWriter")
    of_reader = ("read", "partitions", "initialOffset", "latestOffset", "readBetweenOffsets", "pushFilters", "stop")
    called = {*of_source, *of_reader, "write", "commit", "abort"}

    def noted(error: Exception) -> None:
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)

    def telling(method: Any) -> Any:
        def call(self: Any, *values: Any, **further: Any) -> Any:
            try:
                return told(method(self, *values, **further))
            except Exception as error:
                noted(error)
                raise

        return call

    def told(given: Any) -> Any:
        """What a method gives: a reader or a writer, whose methods Spark calls next, or rows that are made as they go."""
        if isinstance(given, parts):
            given.__class__ = of(type(given))
            return given
        # A simple reader gives its rows within a tuple, and Spark copies them: they are there already, and cannot fail.
        return rows(given) if hasattr(given, "__next__") else given

    def rows(made: Any) -> Any:
        try:
            yield from made
        except Exception as error:
            noted(error)
            raise

    def of(kind: type[Any], **further: Any) -> type[Any]:
        owners = [owner for owner in kind.__mro__ if owner.__module__.partition(".")[0] not in ("builtins", "pyspark")]
        methods = {
            key: telling(value)
            for owner in reversed(owners)
            for key, value in vars(owner).items()
            if key in called and isfunction(value)
        }
        # Without slots of its own, an object that is there can become one of this class.
        return type(kind.__name__, (kind,), {"__slots__": (), "__module__": kind.__module__, **methods, **further})

    return of(source, name=classmethod(lambda _cls: name))
