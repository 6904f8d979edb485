"""HDFS on this machine: a namenode and a datanode, each a process of its own, as Hadoop ships them."""

import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

from jars import SPARK_JARS, jars
from programs import free_port, get, serving

_VERSION = "3.4.2"
_DAEMONS = "org.apache.hadoop.hdfs.server"
_LOG = """
rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d %p %c{1} %m%n
"""


@contextmanager
def hdfs(folder: Path, settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    """The URI of a file system that is empty, until the end of the block. settings: of `hdfs-site.xml`."""
    rpc, web = free_port(), free_port()
    java = _java(folder, rpc, web, settings)
    format_names = [*java, f"{_DAEMONS}.namenode.NameNode", "-format", "-nonInteractive"]
    subprocess.run(format_names, cwd=folder, check=True, capture_output=True)
    asked = f"http://127.0.0.1:{web}/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState"
    for name in ("namenode", "datanode"):
        (folder / name).mkdir()
    with ExitStack() as stack:
        stack.enter_context(serving([*java, f"{_DAEMONS}.namenode.NameNode"], asked, folder / "namenode", seconds=90))
        # Its own web pages are on any port; that it serves is seen at the namenode.
        stack.enter_context(serving([*java, f"{_DAEMONS}.datanode.DataNode"], asked, folder / "datanode", seconds=90))
        _wait_for(asked, r'"NumLiveDataNodes" : 1\b', folder / "datanode" / "server.log")
        yield f"hdfs://127.0.0.1:{rpc}"


def _java(folder: Path, rpc: int, web: int, settings: Mapping[str, str]) -> list[str]:
    """How the daemons are started. Spark's log4j is first on the class path, or a failed start would say nothing."""
    conf = folder / "conf"
    conf.mkdir()
    (conf / "log4j2.properties").write_text(_LOG)
    _write(conf / "core-site.xml", {"fs.defaultFS": f"hdfs://127.0.0.1:{rpc}"})
    _write(
        conf / "hdfs-site.xml",
        {
            "dfs.namenode.name.dir": f"{folder}/names",
            "dfs.datanode.data.dir": f"{folder}/blocks",
            "dfs.replication": "1",
            "dfs.namenode.http-address": f"127.0.0.1:{web}",
            "dfs.datanode.address": "127.0.0.1:0",
            "dfs.datanode.http.address": "127.0.0.1:0",
            "dfs.datanode.ipc.address": "127.0.0.1:0",
            **settings,
        },
    )
    names = ("slf4j-api", "log4j-slf4j2-impl", "log4j-api", "log4j-core")
    logging = [str(next(SPARK_JARS.glob(f"{name}-[0-9]*.jar"))) for name in names]
    hadoop = jars(f"hadoop-{_VERSION}", [f"org.apache.hadoop:hadoop-client-minicluster:{_VERSION}"])
    path = ":".join([str(conf), *logging, f"{hadoop}/*"])
    return ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", path]


def _write(file: Path, settings: Mapping[str, str]) -> None:
    lines = "".join(f"<property><name>{key}</name><value>{value}</value></property>" for key, value in settings.items())
    file.write_text(f"<configuration>{lines}</configuration>")


def _wait_for(url: str, words: str, log: Path, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not re.search(words, get(url)):
        assert time.monotonic() < end, f"The datanode did not come:\n{log.read_text()}"
        time.sleep(0.1)
