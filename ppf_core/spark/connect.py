"""Sessions of Spark Connect: a client without a JVM of its own, on a server that others use, too."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ppf_core.jvm.masters import require_reachable

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# A server fixes these when it starts: the families of Spark's core, and its static SQL settings.
_FIXED = (
    *("spark.archives", "spark.cores.", "spark.default.", "spark.deploy.", "spark.driver.", "spark.dynamicAllocation."),
    *("spark.eventLog.", "spark.executor", "spark.files", "spark.hadoop.", "spark.io.", "spark.jars", "spark.kryo"),
    *(
        "spark.kubernetes.",
        "spark.local.",
        "spark.master",
        "spark.memory.",
        "spark.network.",
        "spark.plugins",
        "spark.pyspark.",
    ),
    *("spark.python.", "spark.rpc.", "spark.scheduler.", "spark.serializer", "spark.shuffle.", "spark.speculation"),
    *("spark.submit.", "spark.task.", "spark.ui.", "spark.yarn."),
    *("spark.sql.cache.serializer", "spark.sql.catalogImplementation", "spark.sql.extensions", "spark.sql.globalTempDatabase"),
    *("spark.sql.hive.metastore.", "spark.sql.queryExecutionListeners", "spark.sql.streaming.streamingQueryListeners"),
    "spark.sql.warehouse.dir",
)


def connect_refusals(conf: Mapping[str, str], packages: Sequence[str] = ()) -> list[str]:
    """Why these settings and packages cannot work under Spark Connect, one sentence each; empty when they can."""
    fixed = [key for key in conf if key.startswith(_FIXED)]
    return [
        *(
            f"The package {package!r} cannot be added through Spark Connect: its jars belong to the server."
            for package in packages
        ),
        *(f"The setting {key!r} is fixed when the Spark Connect server starts: set it there." for key in fixed),
    ]


def is_connect(spark: "SparkSession") -> bool:
    """Whether a session is one of Spark Connect."""
    return type(spark).__module__.startswith("pyspark.sql.connect")


def server_of(spark: Any) -> str:
    """Where the server of a session is; never with the token that may stand in its URL."""
    return f"sc://{spark.client.host}"


def connect(url: str, app_name: str) -> "SparkSession":
    """A new session on the server; `local[…]` starts one on this machine."""
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder
    builder = builder.appName(app_name).remote(url)
    if not url.startswith("local"):
        require_reachable(url)
    session: SparkSession = builder.getOrCreate() if url.startswith("local") else builder.create()
    return session


def sibling(spark: Any) -> "SparkSession":
    """Another session on the same server. Connect has no `newSession`; the channel says where the server is."""
    session: SparkSession = type(spark)(spark.client._builder)
    return session


def leave(spark: Any) -> None:
    """Ends one session, and neither the server nor the other sessions on it, as `stop` would on a local one."""
    if hasattr(spark.client, "release_session"):
        spark.client.release_session()
    spark.client.close()
