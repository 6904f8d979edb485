"""A context to call a component with, outside of a run."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ppf_core.contracts.context import Context, WriteId

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def context(
    spark: "SparkSession",
    *,
    component: str = "component",
    pipeline: str = "test",
    run_id: str = "test",
    attempt: int = 1,
    write_id: WriteId | None = None,
    frames: "Mapping[str, DataFrame] | None" = None,
    pinned: str | None = None,
    state: Mapping[str, str] | None = None,
) -> Context:
    """The context that a run would hand to a component.

        def test_reads_one_row_a_line(spark, tmp_path):
            (tmp_path / "names.csv").write_text("name\\nAda\\n")
            source = build(CsvSource, tmp_path, path="names.csv")
            assert source.read(context(spark)).count() == 1

    Its cursor behaves as in a run: the first value that `advance` gets for a key wins, and is then in `state`.
    """
    moved: dict[str, str] = {}
    cursor = dict(state or {})

    def advance(key: str, value: str) -> str:
        cursor[key] = moved.setdefault(key, value)
        return moved[key]

    return Context(
        spark=spark,
        run_id=run_id,
        pipeline=pipeline,
        component=component,
        attempt=attempt,
        write_id=write_id or WriteId(f"{pipeline}/{run_id}/{component}", 0),
        frames=frames or {},
        pinned=pinned,
        state=cursor,
        logger=logging.getLogger(f"ppf.{pipeline}.{component}"),
        _advance=advance,
    )
