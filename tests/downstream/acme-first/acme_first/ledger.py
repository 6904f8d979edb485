"""A source with a cursor, a pin and a secret, and a transform."""

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from ppf_core import Context, Dataset, NoOptions, OptionsError, Requirements, Secret, Source, Transform, option, options


@options
class LedgerOptions:
    """Where the ledger is, and how to log in."""

    amounts: list[int] = option("The amounts.")
    password: Secret = option("Who may read.")
    limit: int = option("The largest amount.", default=1000, aliases=("maximum",))

    def __post_init__(self) -> None:
        if self.limit < 0:
            raise OptionsError({"limit": f"A limit is not below 0, but it is {self.limit}."})


class LedgerSource(Source[LedgerOptions]):
    """Reads a ledger."""

    examples = ('amounts = [1, 2], password = "secret://strongbox/ledger"',)

    @classmethod
    def requirements(cls, options: LedgerOptions | None) -> Requirements:
        return Requirements(conf={"spark.sql.shuffle.partitions": "2"})

    @property
    def output_schema(self) -> str:
        return "id BIGINT, amount INT"

    def datasets(self) -> Sequence[Dataset]:
        return (Dataset("ledger", "main"),)

    def ping(self, context: Context) -> None:
        if self.options.password.reveal() != "open-sesame":
            raise PermissionError("The password of the ledger is wrong.")

    def pin(self, context: Context) -> str | None:
        return str(len(self.options.amounts))

    @property
    def repeatable(self) -> bool:
        return True

    def read(self, context: Context) -> DataFrame:
        seen = int(context.state.get("seen", "0"))
        context.advance("seen", str(len(self.options.amounts)))
        rows = [(index, amount) for index, amount in enumerate(self.options.amounts)][seen : int(context.pinned or 0)]
        return context.spark.createDataFrame(rows, "id BIGINT, amount INT")


class Doubled(Transform[NoOptions]):
    """Doubles amounts."""

    input_schema = "id BIGINT, amount INT"

    def transform(self, context: Context, inputs: Mapping[str, DataFrame]) -> DataFrame:
        (frame,) = inputs.values()
        context.logger.info("doubling")
        return frame.withColumn("amount", F.col("amount") * 2)
