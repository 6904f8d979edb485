import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from otlp_receiver import Receiver, attributes_of
from ppf_otel.otel import OtelHooks
from programs import free_port
from pyspark.sql import SparkSession

from ppf_core import (
    ComponentInfo,
    ComponentResult,
    ErrorInfo,
    PipelineResult,
    PipelineRunner,
    QualityResult,
    RunInfo,
    StreamProgress,
)
from ppf_core.errors import ConfigError
from ppf_core.testing import build

Ended = Callable[..., ComponentResult]
Finished = Callable[..., PipelineResult]

PIPELINE = """
name = {name}
components {{
  numbers {{ source = inline, options {{ schema = "id INT", rows = [{{ id = 1 }}, {{ id = 2 }}] }} }}
  odd     {{
    transform = python, inputs = [numbers], options {{ function = "flaky:{function}" }}
    retry {{ max_attempts = 2, initial_delay = 0.3, jitter = 0 }}
  }}
  out     {{ sink = noop, inputs = [odd] }}
}}
hooks {{ otel {{ {options} }} }}
"""
FLAKY = """
from pathlib import Path

def works(context, inputs):
    return inputs["numbers"]

def fails_once(context, inputs):
    if context.attempt == 1:
        raise OSError("not yet")
    return inputs["numbers"]

def fails(context, inputs):
    raise OSError("never")
"""


def start(spark: SparkSession, folder: Path, options: str, *, name: str = "flights", function: str = "works") -> PipelineResult:
    """Runs a small pipeline with the hook."""
    (folder / "flaky.py").write_text(FLAKY)
    file = folder / f"{name}.conf"
    file.write_text(PIPELINE.format(name=name, function=function, options=options))
    return PipelineRunner.from_file(file).run(spark=spark)


def to(receiver: Receiver) -> str:
    return f'endpoint = "{receiver.url}", protocol = {receiver.protocol}'


def hook_to(receiver: Receiver, **options: Any) -> OtelHooks:
    return build(OtelHooks, endpoint=receiver.url, protocol=receiver.protocol, **options)


def tell_everything(hooks: OtelHooks, run: RunInfo, out: ComponentInfo, end: Ended) -> None:
    """Every event but the last one."""
    hooks.ppf_pipeline_start(run)
    hooks.ppf_component_start(run, out)
    hooks.ppf_component_retry(run, out, 1, 0.1, ErrorInfo("OSError", "not yet"))
    hooks.ppf_circuit_change(run, out, "closed", "half_open")
    hooks.ppf_quality_result(run, out, QualityResult(check="unique", name="id", action="warn", status="warned", failed=2))
    progress = StreamProgress(
        query="q",
        batch_id=3,
        input_rows=10,
        input_rate=1.0,
        output_rate=None,
        duration=0.5,
        started_at=run.started_at,
    )
    hooks.ppf_stream_progress(run, out, progress)
    hooks.ppf_component_end(run, out, end(attempts=2, rows_written=7))


def test_every_event_reaches_the_collector(
    receiver: Receiver, run: RunInfo, out: ComponentInfo, end: Ended, finish: Finished
) -> None:
    hooks = hook_to(receiver)
    tell_everything(hooks, run, out, end)
    hooks.ppf_pipeline_end(run, finish())
    assert sorted(span.name for span in receiver.spans) == ["attempt 1", "attempt 2", "run flights", "sink out"]
    (component,) = [span for span in receiver.spans if span.name == "sink out"]
    assert [event.name for event in component.events] == ["circuit_changed", "quality_result"]
    assert sorted(metric.name for metric in receiver.metrics) == [
        "ppf.circuit.state",
        "ppf.component.attempts",
        "ppf.component.duration",
        "ppf.component.rows_written",
        "ppf.pipeline.duration",
        "ppf.pipeline.runs",
        "ppf.quality.failed_rows",
        "ppf.quality.results",
        "ppf.stream.bad_rows",
        "ppf.stream.batch_duration",
        "ppf.stream.input_rows",
    ]
    hooks.close()
    assert len(receiver.requests) == 2


def test_a_run_says_who_it_is(grpc: Receiver, run: RunInfo, finish: Finished) -> None:
    hooks = hook_to(grpc, service_name="night shift")
    hooks.ppf_pipeline_start(run)
    hooks.ppf_pipeline_end(run, finish())
    hooks.close()
    known = {"service.name": "night shift", "service.instance.id": "r1", "deployment.environment.name": "dev"}
    assert [known.items() <= resource.items() for resource in grpc.resources] == [True, True]


def test_headers_are_sent_in_small_letters(receiver: Receiver, run: RunInfo, finish: Finished) -> None:
    hooks = hook_to(receiver, headers={"Authorization": "Bearer s3cret"})
    hooks.ppf_pipeline_start(run)
    hooks.ppf_pipeline_end(run, finish())
    hooks.close()
    assert {headers["authorization"] for headers in receiver.headers} == {"Bearer s3cret"}


@pytest.mark.parametrize(("off", "kinds"), [("traces", {"metrics"}), ("metrics", {"spans"})])
def test_only_what_is_wanted_is_sent(
    grpc: Receiver, run: RunInfo, out: ComponentInfo, end: Ended, finish: Finished, off: str, kinds: set[str]
) -> None:
    hooks = hook_to(grpc, **{off: False})
    tell_everything(hooks, run, out, end)
    hooks.ppf_pipeline_end(run, finish())
    hooks.close()
    assert {kind for kind in ("spans", "metrics") if getattr(grpc, kind)} == kinds


def test_a_run_whose_end_was_never_told_is_sent_when_the_hook_is_closed(
    grpc: Receiver, run: RunInfo, out: ComponentInfo
) -> None:
    hooks = hook_to(grpc)
    hooks.ppf_pipeline_start(run)
    hooks.ppf_component_start(run, out)
    hooks.close()
    assert sorted(span.name for span in grpc.spans) == ["attempt 1", "run flights", "sink out"]
    assert {span.status.code for span in grpc.spans} == {Status.STATUS_CODE_ERROR}


def test_a_start_that_fails_is_the_only_thing_told(
    grpc: Receiver, run: RunInfo, out: ComponentInfo, end: Ended, finish: Finished
) -> None:
    hooks = hook_to(grpc, headers={"x-tenant": "two\nlines"})
    with pytest.raises(ValueError, match="The value of the header 'x-tenant'"):
        hooks.ppf_pipeline_start(run)
    hooks.ppf_component_end(run, out, end())
    hooks.ppf_pipeline_end(run, finish())
    hooks.close()
    assert grpc.requests == []


def test_the_programs_own_telemetry_is_left_alone(grpc: Receiver, run: RunInfo, finish: Finished) -> None:
    before = trace.get_tracer_provider(), metrics.get_meter_provider()
    hooks = hook_to(grpc)
    hooks.ppf_pipeline_start(run)
    assert not trace.get_current_span().is_recording()
    hooks.ppf_pipeline_end(run, finish())
    hooks.close()
    assert (trace.get_tracer_provider(), metrics.get_meter_provider()) == before


def test_the_switch_of_opentelemetry_itself_holds(
    run: RunInfo, out: ComponentInfo, end: Ended, finish: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    hooks = build(OtelHooks, endpoint=f"http://127.0.0.1:{free_port()}", timeout=1)
    tell_everything(hooks, run, out, end)
    hooks.ppf_pipeline_end(run, finish())
    hooks.close()


def test_the_module_of_the_hook_imports_no_opentelemetry() -> None:
    code = "import ppf_otel.otel, sys; print([name for name in sys.modules if name.split('.')[0] in ('opentelemetry', 'grpc')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"endpoint": "collector:4317"}, "'collector:4317' has no scheme"),
        ({"protocol": "http/protobuf"}, "must be one of grpc, http"),
        ({"timeout": 0}, "'timeout': must be above 0"),
        ({"interval": 0}, "'interval': must be above 0"),
        ({"traces": False, "metrics": False}, "One of them has to be sent"),
        ({"headers": {"x tenant": "ops"}}, "is no name of a header"),
        ({"headers": {"grpc-timeout": "1"}}, "gRPC keeps for itself"),
        ({"headers": {"token-bin": "1"}}, "gRPC keeps for itself"),
    ],
)
def test_options_that_cannot_work_are_mistakes(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(OtelHooks, **{"endpoint": "http://collector:4317", **wrong})


def test_a_run_leaves_its_trace_and_its_metrics(spark: SparkSession, tmp_path: Path, receiver: Receiver) -> None:
    result = start(spark, tmp_path, to(receiver), function="fails_once")
    assert result.ok
    spans = {span.name: span for span in receiver.spans}
    assert Counter(span.name for span in receiver.spans) == {
        "run flights": 1,
        "source numbers": 1,
        "transform odd": 1,
        "sink out": 1,
        "attempt 1": 3,
        "attempt 2": 1,
    }
    assert {span.trace_id for span in receiver.spans} == {spans["run flights"].trace_id}
    assert attributes_of(spans["run flights"].attributes)["ppf.run_id"] == result.run_id
    (failed,) = [span for span in receiver.spans if span.status.code == Status.STATUS_CODE_ERROR]
    assert failed.status.message == f"OSError: not yet ({tmp_path}/flaky.py:9, in fails_once)"
    assert failed.parent_span_id == spans["transform odd"].span_id
    assert spans["attempt 2"].start_time_unix_nano >= failed.end_time_unix_nano
    assert attributes_of(spans["transform odd"].attributes)["ppf.attempts"] == 2
    for span in receiver.spans:
        assert spans["run flights"].start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= spans["run flights"].end_time_unix_nano
    (runs,) = [metric for metric in receiver.metrics if metric.name == "ppf.pipeline.runs"]
    (point,) = runs.sum.data_points
    assert (attributes_of(point.attributes), point.as_int) == ({"pipeline": "flights", "status": "success"}, 1)


def test_a_run_that_failed_says_so(spark: SparkSession, tmp_path: Path, grpc: Receiver) -> None:
    assert not start(spark, tmp_path, to(grpc), function="fails").ok
    spans = {span.name: span for span in grpc.spans}
    assert "sink out" not in spans  # it never started
    told = f"never ({tmp_path}/flaky.py:13, in fails)"
    for name, message in [("run flights", f"OSError: transform 'odd': {told}"), ("transform odd", f"OSError: {told}")]:
        assert (spans[name].status.code, spans[name].status.message) == (Status.STATUS_CODE_ERROR, message)


def test_two_runs_at_once_in_one_process_do_not_collide(spark: SparkSession, tmp_path: Path, grpc: Receiver) -> None:
    results: dict[str, PipelineResult] = {}

    def work(name: str) -> None:
        results[name] = start(spark, tmp_path, to(grpc), name=name)

    threads = [threading.Thread(target=work, args=[name]) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [results[name].ok for name in ("one", "two")] == [True, True]
    traces = {span.trace_id: set[str]() for span in grpc.spans}
    for span in grpc.spans:
        traces[span.trace_id].add(str(attributes_of(span.attributes)["ppf.run_id"]))
    assert sorted(map(sorted, traces.values())) == sorted([result.run_id] for result in results.values())
    runs = [point for metric in grpc.metrics if metric.name == "ppf.pipeline.runs" for point in metric.sum.data_points]
    assert sorted((attributes_of(point.attributes)["pipeline"], point.as_int) for point in runs) == [("one", 1), ("two", 1)]


def test_a_collector_that_is_down_is_a_problem_of_the_hook_only(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    result = start(spark, tmp_path, f'endpoint = "http://127.0.0.1:{free_port()}", timeout = 1')
    assert (result.ok, result.problems) == (True, ())
    assert [record.getMessage() for record in caplog.records if record.name.startswith("opentelemetry")] == []


def test_a_required_hook_whose_collector_is_down_fails_the_run(spark: SparkSession, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    result = start(spark, tmp_path, f'required = true, endpoint = "{url}", timeout = 1')
    assert (result.status, result.exit_code) == ("failed", 1)
    (problem,) = result.problems
    assert f"The collector at '{url}' did not take the traces. " in problem.message


def test_a_secret_is_a_header_and_appears_nowhere_else(
    spark: SparkSession, tmp_path: Path, grpc: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTLP_TOKEN", "c4nary-t0ken")
    options = f'{to(grpc)}, headers {{ authorization = "Bearer {{{{ secret://env/OTLP_TOKEN }}}}" }}'
    assert start(spark, tmp_path, options).ok
    assert {headers["authorization"] for headers in grpc.headers} == {"Bearer c4nary-t0ken"}
    assert not any("c4nary" in str(request) for request in grpc.requests)
