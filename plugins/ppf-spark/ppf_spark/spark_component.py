"""What all plugins `spark` have in common."""

from collections.abc import Sequence
from typing import Any, TypeVar

from ppf_core import Context, Dataset, PipelineComponent, Requirements
from ppf_spark.format_options import FormatOptions
from ppf_spark.formats import require_format
from ppf_spark.places import datasets_of

F = TypeVar("F", bound=FormatOptions)


class SparkComponent(PipelineComponent[F]):
    """Anything that has a format."""

    @classmethod
    def requirements(cls, options: F | None) -> Requirements:
        """The packages that the file names."""
        return Requirements(packages=options.packages if options else ())

    def datasets(self) -> Sequence[Dataset]:
        """The paths, or the table."""
        given: Any = self.options
        return datasets_of(given.format, given.path, given.options)

    def ping(self, context: Context) -> None:
        """Raises when Spark does not know the format."""
        require_format(context.spark, self.options.format)
