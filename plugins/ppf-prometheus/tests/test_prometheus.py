import datetime
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ppf_prometheus.prometheus import PrometheusHooks
from programs import free_port, get
from pyspark.sql import SparkSession

from ppf_core import (
    ComponentInfo,
    ComponentResult,
    PipelineResult,
    PipelineRunner,
    QualityResult,
    RunInfo,
    StreamProgress,
)
from ppf_core.errors import ConfigError
from ppf_core.testing import build

NOON = datetime.datetime(2024, 3, 1, 12, tzinfo=datetime.UTC)
ENDED = ComponentResult(
    name="out",
    kind="sink",
    plugin="noop",
    distribution="ppf-console",
    status="success",
    attempts=1,
    duration=1.5,
    rows_written=7,
)
FINISHED = PipelineResult(
    run_id="r1",
    pipeline="flights",
    version=None,
    environment="dev",
    status="success",
    exit_code=0,
    started_at=NOON,
    ended_at=NOON,
    duration=2.5,
)
PROGRESS = StreamProgress(
    query="q",
    batch_id=3,
    input_rows=10,
    input_rate=1.0,
    output_rate=None,
    duration=0.5,
    started_at=NOON,
)
CHECKED = QualityResult(check="not_null", name="carrier", action="warn", status="warned", failed=2, evaluated=9)

PIPELINE = """
name = {name}
components {{
  numbers {{ source = inline, options {{ schema = "id INT", rows = [{{ id = 1 }}, {{ id = 2 }}] }} }}
  odd     {{ transform = sql, inputs = [numbers], options {{ query = "{query}" }} }}
  out     {{ sink = noop, inputs = [odd] }}
}}
hooks {{ prometheus {{ {options} }} }}
"""
QUERY = "SELECT * FROM numbers WHERE id % 2 = 1"


def start(spark: SparkSession, folder: Path, options: str, *, name: str = "flights", query: str = QUERY) -> PipelineResult:
    """Runs a small pipeline with the hook."""
    file = folder / f"{name}.conf"
    file.write_text(PIPELINE.format(name=name, query=query, options=options))
    return PipelineRunner.from_file(file).run(spark=spark)


def shown(path: Path) -> dict[str, float]:
    """The samples of a textfile; of seconds, only that they are there."""
    lines = [line.rpartition(" ") for line in path.read_text().splitlines() if line[0] != "#"]
    return {name: 0.0 if "seconds" in name else float(value) for name, _, value in lines}


def tell_everything(hooks: PrometheusHooks, run: RunInfo, out: ComponentInfo) -> None:
    """Every event that the hook listens to, but the first and the last one."""
    hooks.ppf_circuit_change(run, out, "half_open")
    hooks.ppf_quality_result(run, out, CHECKED)
    hooks.ppf_stream_progress(run, out, PROGRESS)
    hooks.ppf_component_end(run, out, ENDED)


def test_a_run_leaves_its_metrics_in_the_textfile(spark: SparkSession, tmp_path: Path, lint: Callable[[bytes], str]) -> None:
    result = start(spark, tmp_path, 'textfile = "metrics/ppf.prom"')
    assert result.ok
    path = tmp_path / "metrics" / "ppf.prom"
    samples = shown(path)
    assert samples['ppf_pipeline_runs_total{pipeline="flights",status="success"}'] == 1
    for component in ("numbers", "odd", "out"):
        assert f'ppf_component_duration_seconds{{component="{component}",pipeline="flights",status="success"}}' in samples
        assert samples[f'ppf_component_attempts_total{{component="{component}",pipeline="flights"}}'] == 1
    assert lint(path.read_bytes()) == "0 "


def test_runs_of_all_outcomes_and_pipelines_add_up_in_one_textfile(spark: SparkSession, tmp_path: Path) -> None:
    options = 'textfile = "ppf.prom"'
    assert start(spark, tmp_path, options).ok
    assert start(spark, tmp_path, options).ok
    assert not start(spark, tmp_path, options, query="SELECT raise_error('no luck') FROM numbers").ok
    assert start(spark, tmp_path, options, name="planes").ok
    samples = shown(tmp_path / "ppf.prom")
    assert {name: value for name, value in samples.items() if name.startswith("ppf_pipeline_runs_total")} == {
        'ppf_pipeline_runs_total{pipeline="flights",status="success"}': 2,
        'ppf_pipeline_runs_total{pipeline="flights",status="failed"}': 1,
        'ppf_pipeline_runs_total{pipeline="planes",status="success"}': 1,
    }
    assert 'ppf_component_duration_seconds{component="out",pipeline="flights",status="failed"}' in samples


def test_two_runs_at_once_in_one_process_do_not_collide(spark: SparkSession, tmp_path: Path) -> None:
    names, results = ["one", "two"], list[PipelineResult]()
    threads = [
        threading.Thread(
            target=lambda name: results.append(start(spark, tmp_path, 'textfile = "ppf.prom"', name=name)), args=[name]
        )
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(result.ok, result.problems) for result in results] == [(True, ())] * 2
    samples = shown(tmp_path / "ppf.prom")
    assert [samples[f'ppf_pipeline_runs_total{{pipeline="{name}",status="success"}}'] for name in names] == [1, 1]


def test_a_run_is_pushed_when_it_ended(spark: SparkSession, tmp_path: Path, pushgateway: str) -> None:
    assert start(spark, tmp_path, f'pushgateway = "{pushgateway}", job = night', name="pushed").ok
    exposed = get(f"{pushgateway}/metrics")
    assert 'ppf_pipeline_runs_total{instance="",job="night",pipeline="pushed",status="success"} 1' in exposed


def test_a_gateway_that_is_down_is_a_problem_of_the_hook_only(spark: SparkSession, tmp_path: Path) -> None:
    result = start(spark, tmp_path, f'textfile = "ppf.prom", pushgateway = "127.0.0.1:{free_port()}"')
    assert result.ok
    assert shown(tmp_path / "ppf.prom")['ppf_pipeline_runs_total{pipeline="flights",status="success"}'] == 1


def test_a_required_hook_that_cannot_tell_fails_the_run(spark: SparkSession, tmp_path: Path) -> None:
    gateway = f"127.0.0.1:{free_port()}"
    (tmp_path / "metrics").write_text("in the way")
    result = start(spark, tmp_path, f'required = true, textfile = "metrics/ppf.prom", pushgateway = "{gateway}"')
    assert (result.status, result.exit_code) == ("failed", 1)
    (problem,) = result.problems
    assert f"The Pushgateway '{gateway}' did not take the metrics: Connection refused." in problem.message
    assert f"The textfile '{tmp_path}/metrics/ppf.prom' cannot be written" in problem.message


def test_every_event_is_on_the_port_while_the_run_goes_on(
    run: RunInfo, out: ComponentInfo, lint: Callable[[bytes], str]
) -> None:
    port = free_port()
    hooks = build(PrometheusHooks, port=port)
    hooks.ppf_pipeline_start(run)
    tell_everything(hooks, run, out)
    exposed = get(f"http://127.0.0.1:{port}/metrics")
    hooks.close()
    names = {line.partition("{")[0] for line in exposed.splitlines() if line[0] != "#"}
    assert names == {
        "ppf_circuit_state",
        "ppf_component_attempts_total",
        "ppf_component_duration_seconds",
        "ppf_component_rows_written_total",
        "ppf_quality_failed_rows",
        "ppf_quality_results_total",
        "ppf_stream_bad_rows_total",
        "ppf_stream_batch_duration_seconds",
        "ppf_stream_input_rows_total",
        "ppf_stream_last_batch_timestamp_seconds",
    }
    assert lint(exposed.encode()) == "0 "


def test_a_port_that_is_taken_costs_only_the_port(run: RunInfo, out: ComponentInfo, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        hooks = build(PrometheusHooks, tmp_path, port=taken.getsockname()[1], textfile="ppf.prom")
        with pytest.raises(OSError, match="Address already in use"):
            hooks.ppf_pipeline_start(run)
        tell_everything(hooks, run, out)
        hooks.ppf_pipeline_end(run, FINISHED)
        hooks.close()
    assert shown(tmp_path / "ppf.prom")['ppf_pipeline_runs_total{pipeline="flights",status="success"}'] == 1


@pytest.mark.parametrize(("interval", "is_there"), [(0, True), (60, False)])
def test_the_textfile_is_renewed_during_the_run_once_an_interval(
    interval: int, is_there: bool, run: RunInfo, out: ComponentInfo, tmp_path: Path
) -> None:
    hooks = build(PrometheusHooks, tmp_path, textfile="ppf.prom", interval=interval)
    hooks.ppf_pipeline_start(run)
    tell_everything(hooks, run, out)
    assert (tmp_path / "ppf.prom").exists() == is_there
    hooks.ppf_pipeline_end(run, FINISHED)
    hooks.close()
    assert shown(tmp_path / "ppf.prom")['ppf_component_attempts_total{component="out",pipeline="flights"}'] == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "At least one of textfile, port and pushgateway must be set"),
        ({"port": 0}, "between 1 and 65535, not 0"),
        ({"textfile": "s3a://metrics/ppf.prom"}, "not a local file"),
        ({"pushgateway": "ftp://gateway"}, "must be a URL"),
        ({"pushgateway": "http://gateway:no"}, "must be a URL"),
        ({"pushgateway": "gateway:9091", "timeout": 0}, "'timeout': must be above 0"),
    ],
)
def test_options_that_cannot_work_are_mistakes(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(PrometheusHooks, **wrong)
