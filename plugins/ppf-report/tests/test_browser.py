"""The page in a real browser: nothing in it runs, nothing is cut or covered, in light, in dark and on paper."""

import base64
import json
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ppf_report.page import render
from programs import program
from records import NOW, OUT, begun, ended, failed_run, large_run, planned, result

from ppf_core.state import lines
from ppf_core.state.store import RunRecords

FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1300,900")
DARK = ("--blink-settings=preferredColorScheme=0",)

MEASURE = """
const boxes = [...document.querySelectorAll("svg.graph g")];
const inside = (inner, outer) => inner.right <= outer.right + 1 && inner.left >= outer.left - 1;
const rect = (element) => element.getBoundingClientRect();
const rgb = (color) => {
  const numbers = color.match(/-?[\\d.]+(e-?\\d+)?/g).map(Number);
  return color.startsWith("color(srgb") ? numbers.slice(0, 3) : numbers.slice(0, 3).map((each) => each / 255);
};
const light = (color) => {
  const [r, g, b] = rgb(color).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
};
const ground = (element) => {
  const own = getComputedStyle(element).backgroundColor;
  return own === "rgba(0, 0, 0, 0)" && element.parentElement ? ground(element.parentElement) : own;
};
const crossed = [];
for (const svg of document.querySelectorAll("svg.graph")) {
  const all = [...svg.querySelectorAll("g")].map((g) => [g, rect(g.querySelector(".box"))]);
  for (const path of svg.querySelectorAll(".edge")) {
    const box = (end) => "b" + [...path.classList].find((c) => new RegExp(`^${end}\\\\d`).test(c)).slice(1);
    const [from, to] = [box("f"), box("t")];
    const matrix = path.getScreenCTM();
    for (let step = 1; step < 60; step++) {
      const at = path.getPointAtLength((path.getTotalLength() * step) / 60).matrixTransform(matrix);
      const hit = all.find(([g, b]) => !g.classList.contains(from) && !g.classList.contains(to)
        && at.x > b.left + 1 && at.x < b.right - 1 && at.y > b.top + 1 && at.y < b.bottom - 1);
      if (hit) crossed.push(hit[0].textContent.trim());
    }
  }
}
const answer = {
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
  background: light(getComputedStyle(document.body).backgroundColor),
  wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  cut: boxes.flatMap((g) => [...g.querySelectorAll("text")].filter((t) => !inside(rect(t), rect(g.querySelector(".box"))))
    .map((t) => t.textContent)),
  crossed: [...new Set(crossed)],
  lettering: Math.min(...[...document.querySelectorAll("svg.graph text")].map((t) => rect(t).height)),
  pale: [...document.querySelectorAll("p, td, th, a, .badge, pre, dt, dd, h1, h2, h3")]
    .filter((each) => each.textContent.trim() && contrast(getComputedStyle(each).color, ground(each)) < 4.5)
    .map((each) => each.textContent.trim().slice(0, 40)),
  outside: [...document.querySelectorAll(".whole, .attempt")]
    .filter((bar) => !inside(rect(bar), rect(bar.parentElement))).length,
  bars: [...document.querySelectorAll(".whole")].map((bar) => Math.round(rect(bar).width)),
  shown: [...document.querySelectorAll("details table")].every((table) => rect(table).height > 0),
  loaded: performance.getEntriesByType("resource").map((entry) => entry.name),
};
document.body.innerHTML = "<pre id=answer></pre>";
document.getElementById("answer").textContent = btoa(unescape(encodeURIComponent(JSON.stringify(answer))));
"""


@pytest.fixture
def chromium(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs Chromium once."""
    binary = program("chromium", "chromium")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [binary, *FLAGS, f"--user-data-dir={tmp_path / 'browser'}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)

    return run


@pytest.fixture
def measured(tmp_path: Path, chromium: Any) -> Callable[..., Mapping[str, Any]]:
    """What a script sees in the page of the run `r1`; only here the page's policy lets one run."""

    def measure(*flags: str, change: Callable[[str], str] = str) -> Mapping[str, Any]:
        html = change(render(RunRecords(tmp_path).report("r1"), NOW))
        policy = re.search(r"<meta http-equiv[^>]*>\n", html)
        assert policy is not None
        page = tmp_path / "page.html"
        page.write_text(html.replace(policy[0], "").replace("</body>", f"<script>{MEASURE}</script></body>"))
        dumped = chromium(*flags, "--dump-dom", page.as_uri()).stdout
        found = re.search(r'<pre id="answer">([^<]*)</pre>', dumped)
        assert found is not None, dumped[-2000:]
        return decoded(found[1])

    return measure


def decoded(text: str) -> Mapping[str, Any]:
    answer: dict[str, Any] = json.loads(base64.b64decode(text))
    return answer


def diamond_run(folder: Path) -> None:
    """Long names, a line that skips stages, an edge without rows, a sink with many rows."""
    plans = [
        planned("a_source_with_quite_a_long_name_that_goes_on_and_on", "source", 1),
        planned("weather", "source", 1),
        planned("left", "transform", 2, {"w": "weather"}),
        planned("middle", "transform", 3, {"left": "left"}),
        planned("right", "transform", 4, {"m": "middle", "w": "weather"}),
        {**OUT, "stage": 5, "inputs": {"r": "right"}, "needs": ["right", "weather"], "name": "measured_flights"},
    ]
    record = begun(folder, plans)
    components = [ended(plan, plan["stage"] - 1, 123.4, rows_written=1234567890) for plan in plans]
    record.end(result("success", 0, components))


def motley_run(folder: Path) -> None:
    """A run that was killed, with a component in every status."""
    statuses: tuple[Any, ...] = ("success", "failed", "skipped", "resumed", "not_run")
    plans = [planned(name, "source", 1) for name in (*statuses, "unfinished", "not_started")]
    record = begun(folder, plans)
    for plan, status in zip(plans, statuses, strict=False):
        record.write(lines.ComponentEnded(ended(plan, 1, 2, status=status)))
    record.write(lines.Pinned("unfinished", "v1"))
    record._file.close()


@pytest.mark.parametrize("flags", [(), DARK], ids=["light", "dark"])
@pytest.mark.parametrize("write", [failed_run, diamond_run, large_run, motley_run])
def test_nothing_is_cut_covered_or_pale(write: Callable[[Path], Any], flags: tuple[str, ...], measured, tmp_path: Path) -> None:
    write(tmp_path)
    seen = measured(*flags)
    assert seen["dark"] is bool(flags)
    assert (seen["background"] < 0.1) is seen["dark"]
    assert (seen["cut"], seen["crossed"], seen["pale"], seen["wide"]) == ([], [], [], 0)
    assert seen["lettering"] > 9
    assert (min(seen["bars"]) >= 3, seen["outside"]) == (True, 0)
    assert seen["loaded"] == []


def test_on_paper_nothing_is_folded_away(measured, tmp_path: Path) -> None:
    failed_run(tmp_path)
    assert measured()["shown"] is False
    on_paper = measured(*DARK, change=lambda html: html.replace("@media print", "@media screen"))
    assert on_paper["shown"] is True
    assert on_paper["background"] > 0.9
    assert (on_paper["pale"], on_paper["wide"]) == ([], 0)


def test_a_narrow_window_scrolls_the_graph_and_not_the_page(measured, tmp_path: Path) -> None:
    diamond_run(tmp_path)
    seen = measured("--window-size=500,900")
    assert (seen["wide"], seen["cut"]) == (0, [])
    assert seen["lettering"] > 7


def test_a_script_in_an_error_does_not_even_try_to_run(chromium, tmp_path: Path) -> None:
    failed_run(tmp_path)
    page = tmp_path / "page.html"
    page.write_text(render(RunRecords(tmp_path).report("r1"), NOW))
    done = chromium("--enable-logging=stderr", "--dump-dom", page.as_uri())
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in done.stdout
    assert "<script" not in done.stdout
    # The policy would refuse a script and tell; it has nothing to refuse.
    assert "Content Security Policy" not in done.stderr


def test_the_page_prints(chromium, tmp_path: Path) -> None:
    large_run(tmp_path)
    page, paper = tmp_path / "page.html", tmp_path / "page.pdf"
    page.write_text(render(RunRecords(tmp_path).report("r1"), NOW))
    chromium(f"--print-to-pdf={paper}", page.as_uri())
    assert len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes())) > 5
