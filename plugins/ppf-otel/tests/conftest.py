"""OTLP receivers, and a run and a component that events are about."""

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from otlp_receiver import Receiver, grpc_receiver, http_receiver

from ppf_core import ComponentInfo, ComponentResult, PipelineResult, RunInfo


@pytest.fixture(params=[grpc_receiver, http_receiver], ids=["grpc", "http"])
def receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    """A receiver, once for each protocol."""
    with request.param() as receiver:
        yield receiver


@pytest.fixture
def grpc() -> Iterator[Receiver]:
    """A receiver over gRPC, for what does not depend on the protocol."""
    with grpc_receiver() as receiver:
        yield receiver


@pytest.fixture
def run() -> RunInfo:
    """A run of the pipeline `flights`."""
    return RunInfo(
        run_id="r1",
        pipeline="flights",
        version="1.0",
        environment="dev",
        mode="batch",
        tags={"team": "ops"},
        started_at=datetime.datetime(2024, 3, 1, 12, tzinfo=datetime.UTC),
        record_path="/records/r1",
    )


@pytest.fixture
def out() -> ComponentInfo:
    """Its sink `out`."""
    return ComponentInfo(name="out", kind="sink", plugin="noop", distribution="ppf-console", inputs={}, datasets=(), options={})


@pytest.fixture
def end() -> Callable[..., ComponentResult]:
    """Makes results of `out`: it began ten seconds after the run, and took five."""
    began = datetime.datetime(2024, 3, 1, 12, 0, 10, tzinfo=datetime.UTC)

    def make(status: Any = "success", **known: Any) -> ComponentResult:
        times = {"started_at": began, "ended_at": began + datetime.timedelta(seconds=5), "duration": 5.0}
        place = {"name": "out", "kind": "sink", "plugin": "noop", "distribution": "ppf-console"}
        return ComponentResult(status=status, **{**place, **times, "attempts": 1, **known})

    return make


@pytest.fixture
def finish(run: RunInfo) -> Callable[..., PipelineResult]:
    """Makes results of the run: it took twenty seconds."""

    def make(status: Any = "success", exit_code: int = 0, **known: Any) -> PipelineResult:
        return PipelineResult(
            run_id=run.run_id,
            pipeline=run.pipeline,
            version=run.version,
            environment=run.environment,
            status=status,
            exit_code=exit_code,
            started_at=run.started_at,
            ended_at=run.started_at + datetime.timedelta(seconds=20),
            duration=20.0,
            **known,
        )

    return make
