"""The server: what an editor says and asks, answered from `Pipelines`. Lines and columns of the protocol count from 0."""

import asyncio
import os
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from ppf_core import DraftSpot, PipelineDrafts
from ppf_lsp.pipelines import Finding, Pipelines

PAUSE = 0.05
"""Seconds after a keystroke before the file is judged: of a burst, only the last text is."""

_TOKEN = re.compile(r"\"[^\"\n]*\"?|[^\s,{}\[\]=:]+|\S")
_KINDS = {
    "key": types.CompletionItemKind.Property,
    "plugin": types.CompletionItemKind.Class,
    "component": types.CompletionItemKind.Reference,
    "value": types.CompletionItemKind.EnumMember,
}


class PipelineServer(LanguageServer):
    """A language server for pipeline files."""

    def __init__(self) -> None:
        super().__init__("ppf-lsp", version("ppf-lsp"))
        self.pipelines = Pipelines(PipelineDrafts())
        self._uris: dict[str, str] = {}
        self._waiting: dict[str, asyncio.TimerHandle] = {}

    # ---- what the editor says

    def opened(self, uri: str) -> None:
        """A file is open: from here on the editor's text of it counts."""
        path = _path(uri)
        self._uris[path] = uri
        self._take(path, uri)
        self.pipelines.open(path, self._top(path))
        self.judge(path)

    def changed(self, uri: str) -> None:
        """Its text is another one."""
        path = _path(uri)
        self._take(path, uri)
        for root in self.pipelines.owners(path):
            if root in self._waiting:
                self._waiting[root].cancel()
            self._waiting[root] = asyncio.get_running_loop().call_later(PAUSE, self._check, root)

    def closed(self, uri: str) -> None:
        """It is not open any more: what lies on the disk counts."""
        path = _path(uri)
        self.pipelines.drafts.texts.pop(path, None)
        self._uris.pop(path, None)
        owners = self.pipelines.owners(path)
        if owners == [path]:
            self._publish(self.pipelines.forget(path))
        else:
            self.judge(path)

    def judge(self, path: str) -> None:
        """Tells the editor what is wrong with the pipelines of a file."""
        for root in self.pipelines.owners(path):
            self._check(root)

    def judge_all(self) -> None:
        """The same for all that is open: a file that it includes may have changed on the disk."""
        for path in list(self._uris):
            self.judge(path)

    # ---- what it asks

    def spot(self, uri: str, position: types.Position) -> DraftSpot | None:
        """What is at a place."""
        path, document = _path(uri), self.workspace.get_text_document(uri)
        at = document.position_codec.position_from_client_units(document.lines, position)
        root = self.pipelines.owners(path)[0]
        return self.pipelines.drafts.spot(root, position.line + 1, at.character + 1, path)

    def span(self, uri: str, line: int, start: int, end: int) -> types.Range:
        """A part of a line as the editor counts: its columns may be those of UTF-16."""
        document = self.workspace.get_text_document(uri)
        ends = [types.Position(line, column) for column in (start, end)]
        return types.Range(*(document.position_codec.position_to_client_units(document.lines, each) for each in ends))

    # ----

    def _check(self, root: str) -> None:
        self._waiting.pop(root, None)
        self._publish(self.pipelines.check(root))

    def _take(self, path: str, uri: str) -> None:
        self.pipelines.drafts.texts[path] = self.workspace.get_text_document(uri).source

    def _top(self, path: str) -> str | None:
        """The folder of the workspace that a file lies in."""
        tops = [os.path.realpath(top) for folder in self.workspace.folders.values() if (top := to_fs_path(folder.uri))]
        return next((top for top in tops if Path(path).is_relative_to(top)), None)

    def _publish(self, paths: set[str]) -> None:
        for path in sorted(paths):
            uri = self._uris.get(path) or from_fs_path(path) or ""
            found = [self._diagnostic(uri, finding) for finding in self.pipelines.findings(path)]
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found))

    def _diagnostic(self, uri: str, finding: Finding) -> types.Diagnostic:
        problem = finding.problem
        line, column = (problem.line or 1) - 1, (problem.column or 1) - 1
        lines = self.workspace.get_text_document(uri).lines
        token = _TOKEN.match(lines[line], column) if line < len(lines) else None
        return types.Diagnostic(
            range=self.span(uri, line, column, token.end() if token else column + 1),
            message=f"{problem.message}\n{problem.hint}" if problem.hint else problem.message,
            severity=types.DiagnosticSeverity.Warning if finding.is_warning else types.DiagnosticSeverity.Error,
            code=problem.code,
            source="ppf",
        )


def make_server() -> PipelineServer:
    """A server that answers what editors ask of pipeline files."""
    server = PipelineServer()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def _opened(params: types.DidOpenTextDocumentParams) -> None:
        server.opened(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def _changed(params: types.DidChangeTextDocumentParams) -> None:
        server.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def _closed(params: types.DidCloseTextDocumentParams) -> None:
        server.closed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def _on_disk(_params: Any) -> None:
        server.judge_all()

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["=", " ", "[", "{", '"']))
    def _complete(params: types.CompletionParams) -> list[types.CompletionItem]:
        uri, position = params.text_document.uri, params.position
        spot = server.spot(uri, position)
        if spot is None:
            return []
        span = server.span(uri, position.line, spot.column - 1, spot.column - 1 + len(spot.word))
        return [
            types.CompletionItem(
                label=offer.text,
                kind=_KINDS[offer.kind],
                detail=offer.type or None,
                documentation=offer.help or None,
                sort_text=f"{0 if offer.required else 1}{index:04}",
                text_edit=types.TextEdit(span, offer.text),
            )
            for index, offer in enumerate(spot.offers)
        ]

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def _hover(params: types.HoverParams) -> types.Hover | None:
        spot = server.spot(params.text_document.uri, params.position)
        if spot is None or not spot.help:
            return None
        start = spot.column - 1
        span = server.span(params.text_document.uri, params.position.line, start, start + len(spot.word))
        return types.Hover(types.MarkupContent(types.MarkupKind.PlainText, spot.help), span)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def _define(params: types.DefinitionParams) -> types.Location | None:
        spot = server.spot(params.text_document.uri, params.position)
        if spot is None or spot.definition is None:
            return None
        file, line = spot.definition
        place = types.Position(line - 1, 0)
        return types.Location(from_fs_path(file) or "", types.Range(place, place))

    return server


def _path(uri: str) -> str:
    return os.path.realpath(to_fs_path(uri) or uri)
