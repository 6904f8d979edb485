"""The report of a real run: what the executor and the plugins did is on the page, and no secret is."""

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest
from ppf_report.page import render
from pyspark.sql import SparkSession

from ppf_core import PipelineRunner

WritePipeline = Callable[[str], Path]

PIPELINE = """
name = test
hooks { journal { path = heard } }
runtime { on_failure = continue }
components {
  a { source = numbers, options { token = "secret://env/CANARY", url = "db://me:{{ secret://env/CANARY }}@host", pin = v7 } }
  b { transform = step, inputs = { left = a }, options { raises = "<script>wrong: canary-4711</script>" }
      retry { max_attempts = 2, initial_delay = 0.01 } }
  c { sink = folder, inputs = [b], options { path = c } }
  d { sink = folder, inputs = [a], options { path = d } }
}
"""


def test_the_page_of_a_real_run_tells_all_but_its_secrets(
    spark: SparkSession, pipeline: WritePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "canary-4711")
    runner = PipelineRunner.from_file(pipeline(PIPELINE))
    runner.run(spark=spark, run_id="r1")
    page = render(runner.store.report("r1"), datetime.datetime.now(datetime.UTC))
    assert "canary-4711" not in page
    assert "&lt;script&gt;wrong: ****&lt;/script&gt;" in page
    assert "What failed: b." in page
    assert "Published: d. Not published: c." in page
    assert "secret://env/CANARY" in page
    assert "&#39;b&#39; failed." in page
    assert "3 rows" in page
    assert "hooks.journal.plugin" in page
    assert spark.version in page
    assert page.count("Attempts that failed") == 1
