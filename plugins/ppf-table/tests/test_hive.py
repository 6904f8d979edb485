"""What holds for Spark's catalog in memory holds for Hive's, whose tables outlive the process."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def test_publishing_into_tables_of_hive_s_catalog_holds_as_well(tmp_path: Path) -> None:
    # Which catalog Spark has is settled when its process starts, so that these tests need one of their own.
    settings = {
        "spark.sql.catalogImplementation": "hive",
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={tmp_path}/metastore;create=true",
        "spark.hadoop.datanucleus.schema.autoCreateAll": "true",
        "spark.hadoop.hive.metastore.schema.verification": "false",
        "spark.driver.extraJavaOptions": f"-Dderby.system.home={tmp_path}",
    }
    arguments = " ".join(f'--conf "{key}={value}"' for key, value in settings.items())
    environment = {**os.environ, "PYSPARK_SUBMIT_ARGS": f"{arguments} pyspark-shell"}
    # What is left out does not depend on the catalog.
    which = ["-k", "goes_on or stays_the_same or again_and_again or renamed"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{HERE / 'test_publishing.py'}", *which]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=3600, check=False)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]
    assert (tmp_path / "metastore").exists()
