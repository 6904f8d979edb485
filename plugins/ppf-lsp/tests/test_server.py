"""The server as an editor sees it: a client of its own process, over standard input and output. No Spark."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from lsprotocol import types
from ppf_lsp.pipelines import Pipelines
from ppf_lsp.server import PAUSE
from pygls.lsp.client import LanguageClient
from wheels import build_wheel, install

PIPELINE = """\
name = flights
include "hooks.conf"
components {
  flights { source = csv, options { path = "in.csv" } }
  out { sink = console, inputs = [flights] }
}
"""


class Editor:
    """A client that keeps what the server says of each file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client = LanguageClient("test", "1")
        self.found: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self._versions: dict[str, int] = {}

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def _told(params: types.PublishDiagnosticsParams) -> None:
            self.found.put_nowait(params)

    async def start(self) -> None:
        await self.client.start_io(str(Path(sys.executable).with_name("ppf")), "lsp", cwd=self.folder)
        folders = [types.WorkspaceFolder(self.folder.as_uri(), "work")]
        result = await self.client.initialize_async(
            types.InitializeParams(types.ClientCapabilities(), workspace_folders=folders)
        )
        assert result.server_info is not None
        assert result.server_info.name == "ppf-lsp"
        self.client.initialized(types.InitializedParams())

    async def stop(self) -> None:
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str) -> None:
        text = (self.folder / name).read_text()
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(self.uri(name), "hocon", 1, text))
        )

    def type(self, name: str, text: str) -> None:
        """Replaces the whole text, without saving it."""
        self._versions[name] = self._versions.get(name, 1) + 1
        document = types.VersionedTextDocumentIdentifier(self._versions[name], self.uri(name))
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def insert(self, name: str, line: int, character: int, text: str) -> None:
        """One keystroke."""
        self._versions[name] = self._versions.get(name, 1) + 1
        document = types.VersionedTextDocumentIdentifier(self._versions[name], self.uri(name))
        place = types.Position(line, character)
        change = types.TextDocumentContentChangePartial(types.Range(place, place), text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    async def diagnostics(
        self, name: str, until: Callable[[list[types.Diagnostic]], bool] = lambda found: True
    ) -> list[types.Diagnostic]:
        """The next ones of a file that are as wanted."""
        while True:
            told = await asyncio.wait_for(self.found.get(), 20)
            if told.uri == self.uri(name) and until(list(told.diagnostics)):
                return list(told.diagnostics)

    def at(self, name: str, line: int, character: int) -> dict[str, object]:
        return {"text_document": types.TextDocumentIdentifier(self.uri(name)), "position": types.Position(line, character)}


@pytest.fixture
def edit(tmp_path: Path) -> Callable[[Callable[[Editor], Awaitable[None]]], None]:
    """Runs a scenario with a server of its own, in a folder with a pipeline and the file that it includes."""
    (tmp_path / "flights.conf").write_text(PIPELINE)
    (tmp_path / "hooks.conf").write_text("hooks { logging { level = info } }\n")

    def run(scenario: Callable[[Editor], Awaitable[None]]) -> None:
        async def whole() -> None:
            editor = Editor(tmp_path)
            await editor.start()
            try:
                await scenario(editor)
            finally:
                await editor.stop()

        asyncio.run(whole())

    return run


def test_a_mistake_is_shown_while_it_is_typed_and_goes_with_it(edit: Callable[..., None]) -> None:
    async def scenario(editor: Editor) -> None:
        editor.open("flights.conf")
        assert await editor.diagnostics("flights.conf") == []
        editor.type("flights.conf", PIPELINE.replace("path =", "pat ="))
        (found,) = await editor.diagnostics("flights.conf")
        assert (found.code, found.source, found.severity) == ("unknown-option", "ppf", types.DiagnosticSeverity.Error)
        assert found.message.startswith("Unknown option 'pat'.\nDid you mean 'path'?")
        assert found.range == types.Range(types.Position(3, 36), types.Position(3, 39))
        editor.insert("flights.conf", 3, 39, "h")
        assert await editor.diagnostics("flights.conf") == []

    edit(scenario)


def test_a_mistake_in_an_included_file_is_shown_there_and_belongs_to_its_pipeline(edit: Callable[..., None]) -> None:
    async def scenario(editor: Editor) -> None:
        editor.open("hooks.conf")  # alone: the pipeline that includes it is found beside it
        assert await editor.diagnostics("hooks.conf") == []
        editor.type("hooks.conf", "hooks { logging { leve = info } }\n")
        (found,) = await editor.diagnostics("hooks.conf")
        assert (found.code, found.range.start) == ("unknown-option", types.Position(0, 18))
        editor.type("hooks.conf", "hooks { nobody {} }\n")
        (found,) = await editor.diagnostics("hooks.conf", lambda all_: [each.code for each in all_] == ["plugin-missing"])
        editor.type("hooks.conf", "")
        assert await editor.diagnostics("hooks.conf") == []
        complete = await editor.client.text_document_completion_async(types.CompletionParams(**editor.at("hooks.conf", 0, 0)))
        assert isinstance(complete, list)
        assert "hooks" in [item.label for item in complete]

    edit(scenario)


def test_keys_plugins_and_components_are_completed_with_their_help(edit: Callable[..., None]) -> None:
    async def scenario(editor: Editor) -> None:
        async def complete(text: str) -> dict[str, types.CompletionItem]:
            offset = text.index("|")
            before = text[:offset]
            editor.type("flights.conf", text.replace("|", "", 1))
            place = editor.at("flights.conf", before.count("\n"), len(before.rpartition("\n")[2].encode("utf-16-le")) // 2)
            items = await editor.client.text_document_completion_async(types.CompletionParams(**place))
            assert isinstance(items, list)
            return {item.label: item for item in items}

        editor.open("flights.conf")
        keys = await complete(PIPELINE.replace('path = "in.csv"', 'path = "𝄞.csv", hea|'))
        assert keys["header"].detail == "boolean"
        assert keys["header"].documentation == "The first line of each file holds the column names. Default: True."
        edited = keys["header"].text_edit
        assert isinstance(edited, types.TextEdit)
        assert edited.range == types.Range(types.Position(3, 53), types.Position(3, 56))  # 𝄞 is two units of UTF-16
        assert "path" not in keys
        assert {"csv", "parquet"} <= set(await complete(PIPELINE.replace("csv,", "c|,")))
        assert {"flights", "out"} == set(await complete(PIPELINE.replace("[flights]", "[|]")))
        assert await complete(PIPELINE.replace("name = flights", "name = flights # |")) == {}

    edit(scenario)


def test_help_and_definitions(edit: Callable[..., None]) -> None:
    async def scenario(editor: Editor) -> None:
        editor.open("flights.conf")
        hover = await editor.client.text_document_hover_async(types.HoverParams(**editor.at("flights.conf", 3, 22)))
        assert hover is not None
        assert isinstance(hover.contents, types.MarkupContent)
        assert hover.contents.value.startswith("sources.csv of ppf-files")
        assert hover.range == types.Range(types.Position(3, 21), types.Position(3, 24))
        plugin = await editor.client.text_document_definition_async(types.DefinitionParams(**editor.at("flights.conf", 3, 22)))
        assert isinstance(plugin, types.Location)
        assert plugin.uri.endswith("/ppf_files/sources.py")
        component = await editor.client.text_document_definition_async(
            types.DefinitionParams(**editor.at("flights.conf", 4, 36))
        )
        assert component == types.Location(editor.uri("flights.conf"), types.Range(types.Position(3, 0), types.Position(3, 0)))
        nothing = await editor.client.text_document_definition_async(types.DefinitionParams(**editor.at("flights.conf", 0, 10)))
        assert nothing is None

    edit(scenario)


def test_10_kilobytes_cost_300_milliseconds_of_work_after_a_keystroke(tmp_path: Path) -> None:
    # Work, not time: a machine that is busy otherwise is no fault of the server.
    sinks = "".join(f"  out{each} {{ sink = console, inputs = [flights], description = rows }}\n" for each in range(200))
    path = tmp_path / "flights.conf"
    path.write_text(PIPELINE.replace("  out {", f"{sinks}  out {{").replace("options {", "option {"))
    assert path.stat().st_size >= 10_000
    pipelines = Pipelines()
    pipelines.check(str(path))
    costs = []
    for _ in range(5):
        start = time.process_time()
        pipelines.check(str(path))
        costs.append(time.process_time() - start)
    assert "unknown-key" in [finding.problem.code for finding in pipelines.findings(str(path))]
    assert min(costs) + PAUSE < 0.3


def test_a_plugin_that_prints_while_it_is_imported_does_not_spoil_the_protocol(
    edit: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        'import os\nfrom ppf_core import NoOptions, Source\nprint("Content-Length: 2\\r\\n\\r\\n{}", flush=True)\n'
        'os.write(1, b"noise")\nclass Loud(Source[NoOptions]):\n    "Prints."\n    def read(self, context): ...\n'
    )
    install(build_wheel(tmp_path, "acme-loud", offers={"sources.loud": "acme_loud:Loud"}, code=code), tmp_path / "site")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))

    async def scenario(editor: Editor) -> None:
        editor.open("flights.conf")
        assert await editor.diagnostics("flights.conf") == []
        editor.type("flights.conf", PIPELINE.replace("csv, options", "loud, options"))
        (found,) = await editor.diagnostics("flights.conf")
        assert found.code == "unknown-option"

    edit(scenario)
