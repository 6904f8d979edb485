"""What all plugins `datasource` have in common."""

from collections.abc import Sequence
from functools import cached_property
from typing import TypeVar

from ppf_core import Context, Dataset, PipelineComponent, Requirements
from ppf_spark.class_options import ClassOptions
from ppf_spark.places import datasets_of
from ppf_spark.user_class import UserClass

C = TypeVar("C", bound=ClassOptions)


class ClassComponent(PipelineComponent[C]):
    """Anything that has a class of a user."""

    @classmethod
    def requirements(cls, options: C | None) -> Requirements:
        """Earlier versions of Spark have no data sources in Python."""
        return Requirements(spark=">=4.0")

    def datasets(self) -> Sequence[Dataset]:
        """The table."""
        return datasets_of(self.options.class_, None, self.options.options)

    def ping(self, context: Context) -> None:
        """Raises when there is no such class."""
        self.user_class.register(context.spark)

    @cached_property
    def user_class(self) -> UserClass:
        """The class."""
        return UserClass(self.options)
