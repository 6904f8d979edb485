"""Plugins that shout a secret wherever they can; installed as the distribution `ppf-leaky`."""

import base64
import html
import json
import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from ppf_core import (
    Dataset,
    FrameCheck,
    Hooks,
    NoOptions,
    Secret,
    SecretsBackend,
    Source,
    StagedSink,
    Transform,
    Verdict,
    hookimpl,
    option,
    options,
)


def spoken(secret: str) -> str:
    """The secret in every form, alone and in the middle of something."""
    raw = secret.encode()
    forms = [secret, repr(secret), json.dumps(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret)]
    forms += [raw.hex(), raw.hex().upper(), f"jdbc:pg://u:{secret}@host/db", f"x{secret}y"]
    forms += [base64.b64encode(before + raw + after).decode() for before in (b"", b"u", b"u:") for after in (b"", b"@h")]
    forms += [base64.urlsafe_b64encode(b"me:" + raw).decode()]
    return " | ".join(forms)


def shout(context: Any, secret: str) -> None:
    """Says it on every way out that a component has."""
    text = spoken(secret)
    context.logger.error("logger: %s", text)
    logging.getLogger("some.library").error("library: %s", text)
    logging.getLogger().warning("root: %s", text)
    sys.stdout.write(f"stdout: {text}\n")
    sys.stderr.write(f"stderr: {text}\n")
    sys.stdout.buffer.write(f"bytes: {text}\n".encode())
    os.write(1, f"descriptor 1: {text}\n".encode())
    os.write(2, f"descriptor 2: {text}\n".encode())
    note_processes()
    jvm = getattr(context.spark, "_jvm", None)
    if jvm is not None:
        jvm.java.lang.System.out.println(f"java: {text}")
        jvm.org.apache.log4j.Logger.getLogger("leaky").error(f"log4j: {text}")


def note_processes() -> None:
    """What everybody on this machine can see of the programs that run."""
    with Path("processes.txt").open("ab") as file:
        for commands in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):  # it has ended meanwhile
                file.write(commands.read_bytes() + b"\n")


@options
class Leaky:
    """Options that hold the secret in every kind."""

    fails: str = option("Where it fails.", default="nowhere")
    password: Secret = option("The secret.")
    url: str = option("A text with the secret in it.", default="")
    extra: dict[str, Any] = option("Lists and maps.", default_factory=dict)


def fail(self: Any, place: str) -> None:
    if self.options.fails == place:
        text = spoken(self.options.password.reveal())
        try:
            raise RuntimeError(f"inner {text}")
        except RuntimeError as error:
            raise ValueError(f"outer {text} {self.options.url}", self.options.password.reveal()) from error


class LeakySource(Source[Leaky]):
    """Shouts, then gives rows."""

    def datasets(self) -> tuple[Dataset, ...]:
        fail(self, "datasets")
        return (Dataset(f"leaky {self.options.url}", self.options.url),)

    def ping(self, context: Any) -> None:
        fail(self, "ping")

    def pin(self, context: Any) -> str:
        return f"pinned {self.options.url}"

    def read(self, context: Any) -> Any:
        secret = self.options.password.reveal()
        shout(context, secret)
        context.report(rows_written=1)
        fail(self, "read")
        if self.options.fails == "java":
            context.spark._jvm.java.lang.Integer.parseInt(spoken(secret))
        if self.options.fails == "analysis":
            return context.spark.range(1).select(secret)
        frame = context.spark.range(3).selectExpr("id")
        if self.options.fails == "rows":
            return context.spark.createDataFrame([(f"jdbc:pg://u:{secret}@host",)], "v STRING")
        return frame


class LeakyTransform(Transform[Leaky]):
    """A UDF that fails on the worker with the secret in its words."""

    def transform(self, context: Any, inputs: Any) -> Any:
        from pyspark.sql import functions as F
        from pyspark.sql.types import LongType

        fail(self, "transform")
        (frame,) = inputs.values()
        if self.options.fails != "udf":
            return frame
        text = spoken(self.options.password.reveal())

        def work(value: int) -> int:
            sys.stderr.write(f"worker: {text}\n")
            raise ValueError(f"on the worker {text}")

        return frame.withColumn("id", F.udf(work, LongType())("id"))


class LeakySink(StagedSink[Leaky]):
    """Fails in a step."""

    def stage(self, context: Any, frame: Any) -> dict[str, Any]:
        shout(context, self.options.password.reveal())
        frame.count()
        fail(self, "stage")
        return {"rows": 3}

    def publish(self, context: Any, ticket: Any) -> None:
        fail(self, "publish")

    def discard(self, context: Any, ticket: Any) -> None:
        fail(self, "discard")

    def staged(self, context: Any, ticket: Any) -> None:
        return None

    def close(self) -> None:
        fail(self, "close")


class LeakyCheck(FrameCheck[Leaky]):
    """Judges with the secret in its message, or fails."""

    def judge(self, context: Any, frame: Any) -> Verdict:
        fail(self, "judge")
        return Verdict(passed=False, message=f"bad: {spoken(self.options.password.reveal())}")


class LeakyHooks(Hooks[Leaky]):
    """Fails at every moment, with all that it knows."""

    @hookimpl
    def ppf_component_start(self, run: Any, component: Any) -> None:
        raise ValueError(spoken(self.options.password.reveal()))

    @hookimpl
    def ppf_pipeline_end(self, run: Any, result: Any) -> None:
        logging.getLogger("leaky").error("end: %s", spoken(self.options.password.reveal()))


class LeakyBackend(SecretsBackend[NoOptions]):
    """Puts the value into its error, logs it, and fails to close."""

    def fetch(self, key: str, field: str | None) -> str:
        secret = os.environ["PPF_TEST_VALUE"]
        logging.getLogger("client").warning("answer: %s", secret)
        if key == "talks":
            raise RuntimeError(f"cannot give {spoken(secret)}")
        return secret

    def close(self) -> None:
        raise RuntimeError(spoken(os.environ["PPF_TEST_VALUE"]))
