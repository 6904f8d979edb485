"""Numbers from a start to an end, as rows."""

from typing import TYPE_CHECKING, ClassVar

from ppf_core import Context, OptionsError, Source, option, options

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@options
class RangeOptions:
    """The first number, the end and the distance."""

    start: int = option("The first number.", default=0)
    end: int = option("Where the numbers stop; it is not among them.")
    step: int = option("The distance between two numbers; negative to count down.", default=1)

    def __post_init__(self) -> None:
        """A step of 0 would never arrive, and Spark counts with 64 bits."""
        numbers = {"start": self.start, "end": self.end, "step": self.step}
        problems = {name: "is too large for BIGINT." for name, number in numbers.items() if not -(2**63) <= number < 2**63}
        if self.step == 0:
            problems["step"] = "must not be 0. Use 1 to count up or -1 to count down."
        if problems:
            raise OptionsError(problems)


class RangeSource(Source[RangeOptions]):
    """Gives whole numbers in one column `id`, for tests and for load."""

    supports: ClassVar = frozenset({"classic", "connect"})
    examples: ClassVar = ("end = 1000", "start = 10, end = 0, step = -2")

    @property
    def output_schema(self) -> str:
        """One column."""
        return "id BIGINT"

    def pin(self, context: Context) -> str:
        """The numbers never change."""
        return f"{self.options.start} to {self.options.end} by {self.options.step}"

    def read(self, context: Context) -> "DataFrame":
        """The numbers, made where they are needed."""
        return context.spark.range(self.options.start, self.options.end, self.options.step)
