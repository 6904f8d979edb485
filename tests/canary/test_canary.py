"""A canary secret appears nowhere, whatever fails, on every way out that ppf has.

Plugins that shout a secret run in a real process. Then every byte that came out of it is searched, in every encoding: standard
output and error, records, reports, logs, Spark's event log, what Prometheus has scraped and what an OTLP receiver was sent.
A new channel belongs into `PIPELINE`; a new verb into `VERBS`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from encodings_of_secrets import hits, in_folder
from otlp_receiver import http_receiver
from programs import free_port, get, program, serving
from wheels import build_wheel, install

CANARY = 'hunter2/Can"ary&<x>=ü'

OFFERS = {
    "sources.leaky": "ppf_leaky:LeakySource",
    "transforms.leaky": "ppf_leaky:LeakyTransform",
    "sinks.leaky": "ppf_leaky:LeakySink",
    "checks.leaky": "ppf_leaky:LeakyCheck",
    "hooks.leaky": "ppf_leaky:LeakyHooks",
    "secrets.leaky": "ppf_leaky:LeakyBackend",
}

SECRET = 'password = "secret://leaky/db", url = "jdbc:pg://u:{{ secret://leaky/db }}@host/db"'
SECRET += ', extra { list = ["secret://leaky/db", { deep = "x{{ secret://leaky/db }}" }] }'

PIPELINE = """
name = canary
spark {
  master = "local[2]"
  conf {
    "spark.ui.enabled" = false, "spark.sql.shuffle.partitions" = 1
    "spark.eventLog.enabled" = true, "spark.eventLog.dir" = "file:%(folder)s/events"
    %(events)s
    "spark.hadoop.fs.s3a.secret.key" = "secret://leaky/db", "spark.my.harmless.name" = "secret://leaky/db"
    "spark.executorEnv.FROM_ENVIRONMENT" = ${MY_TOKEN}
  }
}
components {
%(components)s
}
hooks {
  logging { level = debug, path = log.jsonl, format = json }
  audit { path = audit.jsonl }
  checkpoint {}
  leaky { %(secret)s }
  prometheus { textfile = metrics.prom, pushgateway = "%(gateway)s" }
  otel { endpoint = "%(otlp)s", protocol = http, headers { authorization = "Bearer {{ secret://leaky/db }}" } }
}
runtime { on_failure = continue }
"""


def components() -> str:
    """One component for every place where something can fail, each with a sink below it."""
    lines = [f"fine {{ source = leaky, options {{ {SECRET} }} }}"]
    for place in ("read", "java", "analysis", "rows"):
        lines.append(f"source_{place} {{ source = leaky, options {{ fails = {place}, {SECRET} }} }}")
        lines.append(f"out_{place} {{ sink = {'console' if place == 'rows' else 'noop'}, inputs = [source_{place}] }}")
    lines.append(f"change {{ transform = leaky, inputs = [fine], options {{ fails = transform, {SECRET} }} }}")
    lines.append("changed { sink = noop, inputs = [change] }")
    for place in ("stage", "publish", "discard", "close"):
        retry = ", retry { max_attempts = 2, initial_delay = 0 }" if place == "stage" else ""
        lines.append(f"sink_{place} {{ sink = leaky, inputs = [fine], options {{ fails = {place}, {SECRET} }}{retry} }}")
    for place in ("judge", "nowhere"):
        check = f"[{{ check = leaky, options {{ fails = {place}, {SECRET} }} }}]"
        lines.append(f"checked_{place} {{ source = leaky, options {{ {SECRET} }}, quality = {check} }}")
    return "\n".join(lines)


@dataclass
class Scene:
    """A folder in which a pipeline ran, and all that came out beside."""

    folder: Path
    site: Path
    gateway: str
    otlp: str
    said: dict[str, bytes] = field(default_factory=dict)

    def write(self, components: str, events: str = "") -> Path:
        """The pipeline file. events: further settings of Spark's event log."""
        values = {"folder": self.folder, "components": components, "secret": SECRET, "gateway": self.gateway, "otlp": self.otlp}
        (self.folder / "events").mkdir()
        path = self.folder / "canary.conf"
        path.write_text(PIPELINE % {**values, "events": events})
        return path

    def ppf(self, *arguments: str) -> int:
        """Runs a command line in a process of its own; keeps what it says."""
        return self.run(" ".join(arguments), [Path(sys.executable).with_name("ppf"), *arguments])

    def run(self, name: str, command: Sequence[str | Path]) -> int:
        """The same for any program; what it says is kept under a name."""
        environment = {**os.environ, "PYTHONPATH": str(self.site), "PPF_TEST_VALUE": CANARY, "MY_TOKEN": CANARY}
        environment |= {"PPF_TRACE": "hooks", "PPF_DEBUG": "1", "PYTHONWARNINGS": "default"}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            check=False,
            timeout=900,
        )
        self.said[f"{name} stdout"] = done.stdout
        self.said[f"{name} stderr"] = done.stderr
        return done.returncode

    def hits(self) -> list[str]:
        """Where the canary was found."""
        found = [each for name, text in self.said.items() for each in hits(name, text, CANARY)]
        return [*found, *in_folder(self.folder, CANARY)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the plugins are installed that leak."""
    site = tmp_path_factory.mktemp("site")
    code = Path(__file__).with_name("leaky_plugins.py").read_text()
    install(build_wheel(tmp_path_factory.mktemp("dist"), "ppf-leaky", offers=OFFERS, code=code), site)
    return site


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Pushgateway."""
    address = f"127.0.0.1:{free_port()}"
    command = [program("prometheus-pushgateway", "prometheus-pushgateway"), f"--web.listen-address={address}"]
    with serving([*command, "--persistence.file="], f"http://{address}/-/ready", tmp_path_factory.mktemp("pushgateway")):
        yield f"http://{address}"


@pytest.fixture
def scene(site: Path, gateway: str, tmp_path: Path) -> Iterator[Scene]:
    """A folder to run in; at the end, what the receiver was sent is searched as well."""
    with http_receiver() as receiver:
        scene = Scene(tmp_path, site, gateway, receiver.url)
        yield scene
        scene.said["otlp"] = b"\n".join(request.SerializeToString() + str(request).encode() for request in receiver.requests)
        assert hits("otlp", scene.said["otlp"], CANARY) == []


def test_a_run_in_which_everything_fails_shows_the_canary_nowhere(scene: Scene, gateway: str) -> None:
    path = scene.write(components(), '"spark.eventLog.rolling.enabled" = false, "spark.eventLog.compress" = false')
    assert scene.ppf("run", path.name, "--run-id", "r1", "--spark-log") != 0
    for verb in VERBS:
        scene.ppf(*verb)
    scene.said["gateway"] = get(f"{gateway}/metrics").encode()
    shown = {each["name"]: each["status"] for each in json.loads(scene.said["runs show r1 --json stdout"])["components"]}
    assert [name for name in FAILING if shown[name] != "failed"] == []
    told = scene.said[f"run {path.name} --run-id r1 --spark-log stderr"].decode()
    assert "outer ****" in told, told[-3000:]
    assert "****" in (scene.folder / "log.jsonl").read_text()
    assert scene.hits() == []


FAILING = ("source_read", "source_java", "source_analysis", "change", "sink_stage", "sink_publish", "checked_judge")
VERBS = (
    ("validate", "canary.conf", "--json"),
    ("plan", "canary.conf", "--json"),
    ("secrets", "check", "canary.conf", "--json"),
    ("secrets", "check", "canary.conf"),
    ("runs", "list"),
    ("runs", "show", "r1"),
    ("runs", "show", "r1", "--json"),
    ("runs", "report", "r1"),
    ("runs", "recover", "r1"),
    ("runs", "breakers"),
    ("show", "canary.conf", "source_rows"),
    ("profile", "canary.conf", "--component", "source_rows"),
)


def test_a_worker_that_fails_shows_the_canary_nowhere(scene: Scene) -> None:
    """Neither in Spark's event log, where what a task raises stands as it raised it until Spark has ended."""
    change = f"change {{ transform = leaky, inputs = [fine], options {{ fails = udf, {SECRET} }} }}"
    path = scene.write(f"fine {{ source = leaky, options {{ {SECRET} }} }}\n{change}\nout {{ sink = noop, inputs = [change] }}")
    assert scene.ppf("run", path.name, "--run-id", "r1", "--spark-log", "--json") == 1
    assert b"on the worker ****" in scene.said[f"run {path.name} --run-id r1 --spark-log --json stdout"]
    (log,) = (scene.folder / "events").glob("eventlog_v2_*/events_1_*.zstd")
    assert hits("log", log.read_bytes(), "on the worker ****") != []
    assert scene.hits() == []


@pytest.mark.parametrize("place", ["ping", "datasets"])
def test_what_fails_before_the_run_shows_the_canary_nowhere(scene: Scene, place: str) -> None:
    options = f"fails = {place}, {SECRET}"
    path = scene.write(f"a {{ source = leaky, options {{ {options} }} }}\n out {{ sink = noop, inputs = [a] }}")
    assert scene.ppf("run", path.name, "--run-id", "r1") != 0
    assert scene.ppf("plan", path.name, "--analyze", "--json") != 0
    assert "****" in b"".join(scene.said.values()).decode()
    assert scene.hits() == []


LOOK_AT_THE_UI = """
import pathlib, sys
from urllib.request import urlopen
from ppf_core import PipelineRunner

runner = PipelineRunner.from_file(sys.argv[1], {'spark.conf."spark.ui.enabled"': True, 'spark.conf."spark.ui.port"': 0})
with runner.frames(["fine"]) as frames:
    frames["fine"].groupBy().count().collect()
    context = frames["fine"].sparkSession.sparkContext
    rest = f"api/v1/applications/{context.applicationId}"
    pages = ("jobs/", "stages/", "environment/", "executors/", "SQL/", f"{rest}/environment", f"{rest}/sql?details=true")
    for number, page in enumerate(pages):
        pathlib.Path(f"page-{number}").write_bytes(urlopen(f"{context.uiWebUrl}/{page}").read())
"""


def test_the_pages_of_sparks_own_ui_show_the_canary_nowhere(scene: Scene) -> None:
    path = scene.write(f"fine {{ source = leaky, options {{ {SECRET} }} }}")
    scene.run("ui", [sys.executable, "-c", LOOK_AT_THE_UI, path.name])
    environment = (scene.folder / "page-2").read_text()
    assert "spark.my.harmless.name" in environment
    assert "redacted" in environment
    assert "planDescription" in (scene.folder / "page-6").read_text()
    assert list(in_folder(scene.folder, CANARY)) == []  # what a plugin prints in a program of the user's own is not ppf's


def test_a_backend_that_says_the_value_is_not_heard(scene: Scene) -> None:
    path = scene.write(f"a {{ source = leaky, options {{ {SECRET.replace('leaky/db', 'leaky/talks')} }} }}")
    assert scene.ppf("run", path.name, "--run-id", "r1", "--json") == 1
    assert scene.ppf("secrets", "check", path.name) == 1
    assert b"secret://leaky/talks" in b"".join(scene.said.values())
    assert scene.hits() == []


@pytest.fixture(scope="module", autouse=True)
def _scraped(gateway: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A real Prometheus that scrapes the gateway; in the end its whole database is searched."""
    folder, address = tmp_path_factory.mktemp("prometheus"), f"127.0.0.1:{free_port()}"
    target = gateway.removeprefix("http://")
    job = f"{{job_name: gateway, honor_labels: true, static_configs: [{{targets: ['{target}']}}]}}"
    (folder / "prometheus.yml").write_text(f"global: {{scrape_interval: 1s}}\nscrape_configs: [{job}]\n")
    command = [program("prometheus", "prometheus"), f"--web.listen-address={address}", "--config.file=prometheus.yml"]
    with serving([*command, f"--storage.tsdb.path={folder}/data"], f"http://{address}/-/ready", folder):
        yield
        assert hits("prometheus", get(f"http://{address}/federate?match[]={{job=~%22.%2B%22}}").encode(), CANARY) == []
    assert list(in_folder(folder, CANARY)) == []


@pytest.mark.parametrize("place", ["stage", "publish", "udf"])
def test_a_batch_that_fails_shows_the_canary_nowhere(scene: Scene, place: str) -> None:
    """Nor do the journal of the batches, the history of the stream, and what Spark says of a query that failed."""
    (scene.folder / "in").mkdir()
    (scene.folder / "in" / "1.json").write_text('{"id": 1}\n')
    options = f"options {{ fails = {place}, {SECRET} }}"
    sink = f"sink = leaky, {options}, retry {{ max_attempts = 2, initial_delay = 0 }}" if place != "udf" else "sink = noop"
    lines = (
        'numbers { source = files, options { path = in, format = json, schema = "id BIGINT" } }',
        'kept { transform = sql, inputs = [numbers], persist = memory, options { query = "SELECT * FROM numbers" } }',
        f"change {{ transform = leaky, inputs = [kept], {options}",
        f"  quality = [{{ check = leaky, {options}, action = warn }}] }}",
        f"out {{ {sink}, inputs = [change], trigger = available_now }}",
    )
    path = scene.write("\n".join(lines))
    path.write_text(path.read_text().replace("name = canary\n", "name = canary\nmode = streaming\n"))
    assert scene.ppf("run", path.name, "--run-id", "r1", "--spark-log", "--json") != 0
    assert b"****" in scene.said[f"run {path.name} --run-id r1 --spark-log --json stdout"]
    for verb in (("plan", path.name, "--json"), ("runs", "show", "r1", "--json"), ("runs", "report", "r1")):
        assert scene.ppf(*verb) == 0
    assert scene.hits() == []
