"""An object store that renames by copying: S3 as moto speaks it, through Hadoop's own S3A."""

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pyspark
import pytest
from programs import cannot, free_port, serving

HADOOP_AWS = "org.apache.hadoop:hadoop-aws:3.4.2"
# What S3A needs of the 650 MB bundle that it names.
BUNDLE = "software.amazon.awssdk:bundle"
SDK = [
    f"software.amazon.awssdk:{name}:2.29.52"
    for name in ("s3", "s3-transfer-manager", "sts", "apache-client", "netty-nio-client")
]


@contextmanager
def object_store(folder: Path) -> Iterator[Mapping[str, str]]:
    """Hadoop's settings for a store with an empty bucket, `s3a://bucket`."""
    if importlib.util.find_spec("moto") is None:
        told = "moto is missing: install moto[s3], flask, flask-cors."
        # Nobody skips it unseen: in CI, the environment of the reference version has what it needs.
        cannot(told) if pyspark.__version__.startswith("4.1.") else pytest.skip(told)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with serving(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], f"{url}/moto-api/data.json", folder
    ):
        connection = HTTPConnection("127.0.0.1", port)
        connection.request("PUT", "/bucket")
        assert connection.getresponse().status == 200
        connection.close()
        yield {
            "fs.s3a.endpoint": url,
            "fs.s3a.endpoint.region": "us-east-1",
            "fs.s3a.path.style.access": "true",
            "fs.s3a.connection.ssl.enabled": "false",
            "fs.s3a.aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
            "fs.s3a.access.key": "any",
            "fs.s3a.secret.key": "any",
        }
