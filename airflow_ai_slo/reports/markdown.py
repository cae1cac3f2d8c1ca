"""The Markdown report: the same facts as the page, for pull requests, issues and terminals (GitHub's dialect)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from airflow_ai_slo.reports.model import Report
from airflow_ai_slo.reports.plots.sparkline import Spark
from airflow_ai_slo.reports.tables import Cell, Table
from airflow_ai_slo.reports.text import clean
from airflow_ai_slo.reports.verdict import State
from airflow_ai_slo.reports.view import ReportView, ServiceView, SLOView, view

_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_SPECIAL = re.compile(r"[\\`*_\[\]|~#$&<>]")
_BLOCK_START = re.compile(r"([-+=:]|\d+(?=[.)]))")
_LEVELS = "▁▂▃▄▅▆▇█"
_GAP = "·"
_TURN = "┊"
_SQUARES = {"met": "■", "missed": "□", "unknown": _GAP}
_BAR = 10
_TREND = 20
_SIGNS = {
    State.PAGE: "◆",
    State.EXHAUSTED: "●",
    State.TICKET: "■",
    State.BELOW: "▾",
    State.UNKNOWN: "○",
    State.HEALTHY: "✓",
}
_NO_DATA = """Write a first SLO, apply it, and let a run be measured:

1. Describe it in `slos/first.yaml` (OpenSLO) or in Python.
2. `ai-slo apply slos/`
3. Let the DAG record its runs, or `ai-slo record NAME --good 1 --total 1`.
4. `ai-slo evaluate`, then write this report again."""


def document(report: Report) -> str:
    """The whole document, ending in a newline."""
    return "\n\n".join(_report(view(report))) + "\n"


def escape(text: str) -> str:
    """Foreign text as one line of literal Markdown: no markup, no HTML, no table cell of its own."""
    line = " ".join(clean(text).split())
    return _SPECIAL.sub(lambda found: _HTML.get(found[0], "\\" + found[0]), line)


def paragraph(text: str) -> str:
    """Foreign text as a paragraph that cannot start a list, a heading or a rule."""
    line = escape(text)
    start = _BLOCK_START.match(line)
    if start is None:
        return line
    return line[: start.end()] + "\\" + line[start.end() :] if line[0].isdigit() else "\\" + line


def table(header: Sequence[str], numbers: Sequence[bool], rows: Iterable[Sequence[str]]) -> str:
    """A pipe table of cells that are escaped already; columns of numbers are aligned right."""
    lines = [header, ["--:" if number else "---" for number in numbers], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def bar(share: float | None) -> str:
    """Ten cells. Neither full nor empty where the share is neither."""
    if share is None:
        return _GAP * _BAR
    full = round(share * _BAR)
    if 0 < share < 1:
        full = min(max(full, 1), _BAR - 1)
    return "█" * full + "░" * (_BAR - full)


def trend(line: Spark | None) -> str:
    """Budget left over the period, as characters; below 0 the lowest, unknown a dot."""
    if line is None:
        return ""
    step = max(1, -(-len(line.shares) // _TREND))
    shares = line.shares[::-1][::step][::-1]
    drawn = [
        _GAP if share is None else _LEVELS[min(max(int(share * len(_LEVELS)), 0), len(_LEVELS) - 1)] for share in shares
    ]
    turn = len(drawn) - -(-(len(line.shares) - line.before) // step) if line.before else 0
    return "".join(drawn[:turn]) + (_TURN if turn else "") + "".join(drawn[turn:])


def _report(report: ReportView) -> Iterable[str]:
    yield f"# {escape(report.title)}"
    generated = f" · generated {report.generated}" if report.generated else ""
    yield f"{escape(report.period)} ({report.length}){generated}"
    for sentence in report.sentences:
        text = escape(sentence.text)
        yield {"lead": f"**{text}**", "ice": f"> {text}"}.get(sentence.tone, text)
    yield "## Overview"
    yield _overview(report) if report.overview else _NO_DATA
    for service in report.services:
        yield from _service(service)


def _overview(report: ReportView) -> str:
    header = ["SLO", "Service", "State", "SLI", "Objective", "Budget left", "", "Burn now", "Trend"]
    numbers = [False, False, False, True, True, True, False, True, False]
    rows = [_overview_row(slo) for slo in report.overview]
    if report.label:
        agreed = any(slo.sla for slo in report.overview)
        header += [escape(report.label), "", "Met ■ or missed □", *["SLA"][:agreed]]
        numbers += [True, False, False, *[False][:agreed]]
        rows = [(*row, *_period(slo, agreed=agreed)) for row, slo in zip(rows, report.overview, strict=True)]
    return table(header, numbers, rows)


def _period(slo: SLOView, *, agreed: bool) -> Iterable[str]:
    found = slo.period
    yield found.sli if found else ""
    yield escape(found.text) if found else ""
    yield "".join(_SQUARES[one.state] for one in found.squares) if found else ""
    if agreed:
        yield slo.sla.figure if slo.sla else ""


def _overview_row(slo: SLOView) -> tuple[str, ...]:
    burn = slo.burn.figure if slo.burn.tone == "unknown" else f"{slo.burn.figure} {slo.burn.detail}"
    return (
        escape(slo.title),
        escape(slo.service),
        _badges(slo),
        slo.sli,
        slo.objective,
        slo.left.text,
        f"{bar(slo.left.share)} {escape(slo.left.events)}",
        burn,
        trend(slo.spark),
    )


def _badges(slo: SLOView) -> str:
    return ", ".join(f"{_SIGNS[badge.state]} {badge.label}" for badge in slo.badges)


def _service(service: ServiceView) -> Iterable[str]:
    yield f"## Service {escape(service.name)}"
    if service.description:
        yield paragraph(service.description)
    if service.frozen:
        yield f"> **Frozen.** {escape(service.frozen)}"
    if service.override:
        yield f"> **Override.** {escape(service.override)}"
    if not service.slos:
        yield "No SLO belongs to this service yet."
    for slo in service.slos:
        yield from _slo(slo)
    yield from _tables(service.tables)


def _slo(slo: SLOView) -> Iterable[str]:
    yield f"### {escape(slo.title)}"
    yield f"{_badges(slo)} · <code>{escape(slo.name)}</code>"
    if slo.description:
        yield paragraph(slo.description)
    yield "\n".join(f"- {escape(tile.label)}: **{tile.figure}** ({escape(tile.detail)})" for tile in slo.tiles)
    if slo.period and len(slo.period.squares) > 1:
        squares = "".join(_SQUARES[one.state] for one in slo.period.squares)
        yield f"The last periods, met ■ or missed □: {squares} ({slo.period.missed or 'nothing measured'})"
    yield from slo.notes
    if slo.next_step:
        sentence, command = slo.next_step
        yield f"> {escape(sentence)}" + (f" <code>{escape(command)}</code>" if command else "")
    if slo.plot:
        yield slo.plot.description
    yield from _tables(slo.tables)
    yield "#### Definition"
    yield "\n".join(f"- {term.name}: {escape(term.text)}" for term in slo.definition)


def _tables(tables: Sequence[Table]) -> Iterable[str]:
    for one in tables:
        yield f"#### {escape(one.caption)}"
        numbers = [head.kind == "number" for head in one.header]
        yield table([escape(head.text) for head in one.header], numbers, [[_cell(c) for c in row] for row in one.rows])
        if one.more:
            yield escape(one.more)


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    if cell.url:
        return f"[{text}](<{cell.url.replace('|', '%7C').replace('&', '&amp;')}>)"
    if cell.kind == "code":
        return f"<code>{text}</code>"
    if cell.kind == "bar":
        return f"{bar(cell.share)} {text}"
    return text
