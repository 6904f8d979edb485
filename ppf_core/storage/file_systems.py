"""Which file system a path lies on."""

from typing import TYPE_CHECKING

from ppf_core.storage.files import Files
from ppf_core.storage.hadoop_files import HadoopFiles
from ppf_core.storage.local_files import LocalFiles
from ppf_core.storage.paths import scheme

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def files_at(spark: "SparkSession", path: str) -> Files:
    """The file system of a path. A path without a scheme lies where Spark's configuration says.

    It is reached through the session that is given, which has to be a classic one. OSError when Hadoop does not know it.

        files = files_at(context.spark, "hdfs://nodes/out")
        files.names("hdfs://nodes/out")
    """
    if scheme(path) == "file":
        return LocalFiles()
    hadoop = HadoopFiles(spark, path)
    return LocalFiles() if hadoop.is_local else hadoop
