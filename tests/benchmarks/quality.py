"""What checks cost: runs by ppf beside the same copies by hand, and beside other libraries with the same rules.

`python quality.py checks|others FOLDER` prints the median seconds of each as JSON.
"""

import json
import sys
from collections.abc import Callable
from functools import reduce
from pathlib import Path

from in_session import ROWS, by_ppf, medians, session
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

LARGEST = {f"n{number}": 1000 * number for number in range(1, 7)}
TEXTS = ("code", "mail")
PATTERNS = {"code": "^[A-Z]{2}-[0-9]+$", "mail": "^[^@ ]+@[a-z]+[.]org$"}


def make_rows(spark: SparkSession, path: Path, bad: int) -> None:
    """Nine columns. One row in `bad` has a number that is too large; 0: all are good."""
    numbers = [(F.col("id") * 7919 % largest).cast("int").alias(name) for name, largest in LARGEST.items()]
    if bad:
        numbers[0] = F.when(F.col("id") % bad == 0, 5000).otherwise(numbers[0]).cast("int").alias("n1")
    code = F.concat(F.lit("AB-"), F.col("id").cast("string")).alias("code")
    mail = F.concat(F.lit("user"), (F.col("id") % 1000).cast("string"), F.lit("@example.org")).alias("mail")
    spark.range(0, ROWS, 1, 4).select("id", *numbers, code, mail).write.mode("overwrite").parquet(str(path))


def predicates() -> list[Column]:
    """The 20 rules: each number in its range from both sides, six columns not NULL, two patterns."""
    found = [F.col(name) >= 0 for name in LARGEST] + [F.col(name) <= largest for name, largest in LARGEST.items()]
    found += [F.col(name).isNotNull() for name in (*list(LARGEST)[:4], *TEXTS)]
    return found + [F.col(name).rlike(pattern) for name, pattern in PATTERNS.items()]


def checks(action: str) -> str:
    """The same as a `quality` block."""
    rules = [f"{{ check = in_range, options {{ column = {name}, min = 0 }}, action = {action} }}" for name in LARGEST]
    rules += [
        f"{{ check = in_range, options {{ column = {name}, max = {largest} }}, action = {action} }}"
        for name, largest in LARGEST.items()
    ]
    nulls = (*list(LARGEST)[:4], *TEXTS)
    rules += [f"{{ check = not_null, options {{ columns = [{name}] }}, action = {action} }}" for name in nulls]
    rules += [
        f'{{ check = matches, options {{ column = {name}, pattern = "{pattern}" }}, action = {action} }}'
        for name, pattern in PATTERNS.items()
    ]
    return ",\n    ".join(rules)


AGGREGATES = """{ check = row_count, options { min = 1 } },
    { check = statistic, options { column = n1, function = mean, min = 0 } },
    { check = statistic, options { column = n2, function = max, max = 9999999 } },
    { check = completeness, options { column = n3, min_ratio = 0.9 } },
    { check = statistic, options { column = n4, function = min, min = 0 } }"""


def pipeline(folder: Path, name: str, rows: str, quality: str, shuffle: str = "") -> Path:
    path = folder / f"{name}.conf"
    between = f'shuffled {{ transform = sql, inputs = [rows], options {{ query = "{shuffle}" }}, quality = [{quality}] }}'
    source = f'rows {{ source = parquet, options {{ path = "{rows}" }}'
    middle = f"{source} }}\n  {between}" if shuffle else f"{source}, quality = [{quality}] }}"
    path.write_text(f"""name = {name}
components {{
  {middle}
  out {{ sink = parquet, inputs = [{"shuffled" if shuffle else "rows"}], options {{ path = "out/{name}", mode = overwrite }} }}
}}
""")
    return path


SHUFFLE = "SELECT id % 2000000 AS id, max(n1) n1, max(n2) n2, max(n3) n3, max(n4) n4, max(n5) n5, max(n6) n6,"
SHUFFLE += " max(code) code, max(mail) mail FROM rows GROUP BY 1"


def by_checks(spark: SparkSession, folder: Path) -> dict[str, float]:
    for name, bad in {"clean": 0, "hundredth": 100, "twentieth": 20}.items():
        make_rows(spark, folder / name, bad)
    spark.read.parquet(str(folder / "clean")).createOrReplaceTempView("rows")

    def copy(choose: Callable[[DataFrame], DataFrame], rows: str = "clean") -> Callable[[], None]:
        def run() -> None:
            choose(spark.read.parquet(str(folder / rows))).write.mode("overwrite").parquet(str(folder / "out" / "hand"))

        return run

    def ppf(name: str, *arguments: str) -> Callable[[], None]:
        return by_ppf(spark, pipeline(folder, name, *arguments))

    every = reduce(lambda one, other: one & other, predicates())
    shuffled = spark.sql(SHUFFLE)
    return medians(
        folder,
        5,
        {
            "copy": copy(lambda frame: frame),
            "filter": copy(lambda frame: frame.where(every)),
            "ppf without checks": ppf("bare", "clean", ""),
            "clean": ppf("checked", "clean", checks("fail")),
            "hundredth": ppf("hundredth", "hundredth", checks("warn")),
            "aggregates": ppf("aggregates", "clean", f"{checks('fail')},\n{AGGREGATES}"),
            "drop": ppf("dropping", "twentieth", checks("drop")),
            "quarantine": ppf("setting_apart", "twentieth", checks("quarantine")),
            "shuffled copy": copy(lambda _frame: shuffled.where(every)),
            "shuffled": ppf("after_shuffle", "clean", checks("fail"), SHUFFLE),
        },
    )


def by_others(spark: SparkSession, folder: Path) -> dict[str, float]:
    make_rows(spark, folder / "clean", 0)

    def rows() -> DataFrame:
        return spark.read.parquet(str(folder / "clean"))

    def write(frame: DataFrame) -> None:
        frame.write.mode("overwrite").parquet(str(folder / "out" / "hand"))

    def cuallee() -> None:
        from cuallee import Check, CheckLevel

        check = Check(CheckLevel.ERROR, "all")
        for name, largest in LARGEST.items():
            check.is_greater_or_equal_than(name, 0)
            check.is_less_or_equal_than(name, largest)
        for name in (*list(LARGEST)[:4], *TEXTS):
            check.is_complete(name)
        for name, pattern in PATTERNS.items():
            check.has_pattern(name, pattern)
        frame = rows()
        if any(row.status != "PASS" for row in check.validate(frame).collect()):
            sys.exit("cuallee found bad rows.")
        write(frame)

    def dqx() -> None:
        from databricks.labs.dqx import check_funcs
        from databricks.labs.dqx.engine import DQEngineCore
        from databricks.labs.dqx.rule import DQRowRule

        rules = []
        for name, largest in LARGEST.items():
            for function, limit in ((check_funcs.is_not_less_than, 0), (check_funcs.is_not_greater_than, largest)):
                rules.append(DQRowRule(check_func=function, column=name, check_func_kwargs={"limit": limit}))
        rules += [DQRowRule(check_func=check_funcs.is_not_null, column=name) for name in (*list(LARGEST)[:4], *TEXTS)]
        for name, pattern in PATTERNS.items():
            rules.append(DQRowRule(check_func=check_funcs.regex_match, column=name, check_func_kwargs={"regex": pattern}))
        good, _bad = _engine(DQEngineCore, spark).apply_checks_and_split(rows(), rules)
        write(good)

    return medians(
        folder,
        5,
        {"ppf": by_ppf(spark, pipeline(folder, "checked", "clean", checks("fail"))), "cuallee": cuallee, "DQX": dqx},
    )


def _engine(engine: type, spark: SparkSession) -> object:
    """DQX asks for a client of a workspace, which these rules do not use."""
    from unittest.mock import create_autospec

    from databricks.sdk import WorkspaceClient

    return engine(workspace_client=create_autospec(WorkspaceClient), spark=spark)


if __name__ == "__main__":
    measure = {"checks": by_checks, "others": by_others}[sys.argv[1]]
    print(json.dumps(measure(session(), Path(sys.argv[2]))))
