"""A case for `ppf plugins test`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ppf_python.python import PythonTransform

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_FUNCTION = "def larger(context, inputs, than):\n    return inputs['rows'].where(f'id > {than}')\n"


class Function:
    """A function in a file beside the pipeline."""

    plugin = PythonTransform
    refused: ClassVar = ({"function": "no colon"},)

    def options(self, folder: Path) -> Mapping[str, Any]:
        """Its file is made first."""
        (folder / "functions.py").write_text(_FUNCTION)
        return {"function": "functions:larger", "args": {"than": 5}, "folder": str(folder)}

    def inputs(self, spark: "SparkSession") -> "Mapping[str, DataFrame]":
        """Numbers."""
        return {"rows": spark.range(10)}
