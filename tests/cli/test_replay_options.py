"""Corrections, the picture, progress and the text of a replay; corrections of a backtest."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli_runner import DAILY, Result

from airflow_ai_slo.cli.progress import told
from airflow_ai_slo.engine.ticks import Tick

START = datetime(2026, 1, 1, tzinfo=UTC)
Run = Callable[..., Result]


@pytest.fixture
def spent(tmp_path: Path) -> list[object]:
    """Options of a history with two bad days in a row, which spend the budget."""
    definitions, rows = tmp_path / "slos.yaml", tmp_path / "m.csv"
    definitions.write_text(DAILY.replace("10d", "20d"))
    good = "." * 20 + "xx" + "." * 12
    lines = [f"daily,{(START + timedelta(days=n)).isoformat()},{int(one == '.')},1" for n, one in enumerate(good)]
    rows.write_text("\n".join(["slo,timestamp,good,total", *lines]) + "\n")
    return ["--definitions", definitions, "--measurements", rows]


def corrections(tmp_path: Path, *entries: dict[str, object], name: str = "c.json") -> Path:
    path = tmp_path / name
    path.write_text(json.dumps(list(entries)))
    return path


def test_corrected_days_neither_alert_nor_freeze(ai_slo: Run, spent: list[object], tmp_path: Path) -> None:
    assert ai_slo("replay", *spent, "--format", "json").json["freezes"]
    file = corrections(tmp_path, {"slo": "daily", "from": "2026-01-20T12:00Z", "to": "2026-01-22T00:00Z"})
    found = ai_slo("replay", *spent, "--corrections", file, "--format", "json").json
    assert found == {"transitions": [], "freezes": []}


def test_a_correction_holds_from_when_it_was_saved(ai_slo: Run, spent: list[object], tmp_path: Path) -> None:
    saved = "2026-01-23T09:00:00Z"
    entry = {"service": "flights", "from": "2026-01-20T12:00Z", "to": "2026-01-22T00:00Z", "created_at": saved}
    file = corrections(tmp_path, entry)
    [held] = ai_slo("replay", *spent, "--corrections", file, "--format", "json").json["freezes"]
    assert (held["from"], held["to"]) == ("2026-01-22T00:00:00+00:00", "2026-01-23T09:00:00+00:00")
    at = ["--at", "2026-01-23T08:59:00Z", "--at", saved, "--format", "json"]
    before, after = ai_slo("backtest", *spent, "--corrections", file, *at).json["evaluations"]
    assert ((before["good"], before["total"]), (after["good"], after["total"])) == ((18, 20), (18, 18))


def test_what_the_store_lists_is_read_and_what_was_revoked_left_out(
    ai_slo: Run, spent: list[object], tmp_path: Path
) -> None:
    entry = {"id": 1, "slo": "daily", "from": "2026-01-20T12:00Z", "to": "2026-01-22T00:00Z", "zone": None}
    entry |= {"author": "ann", "reason": "rubbish", "created_at": None, "revoked_at": "2026-01-23T00:00:00Z"}
    file = tmp_path / "list.json"
    file.write_text(json.dumps({"corrections": [entry]}))
    assert ai_slo("replay", *spent, "--corrections", file, "--format", "json").json["freezes"]
    file.write_text(json.dumps({"corrections": [entry | {"revoked_at": None}]}))
    assert not ai_slo("replay", *spent, "--corrections", file, "--format", "json").json["freezes"]


def test_a_recurring_correction_in_yaml(ai_slo: Run, spent: list[object], tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    text = "{slo: daily, from: 2026-01-20T20:00:00Z, rrule: FREQ=DAILY;COUNT=2, duration: 8h, zone: Europe/Berlin}"
    file.write_text(f"# maintenance\n- {text}\n")
    assert ai_slo("replay", *spent, "--corrections", file).out == "no incident, no freeze\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "c.yaml:1: is neither YAML nor JSON"),
        ("daily", "c.yaml: is not a list of corrections"),
        ("[1]", "c.yaml[0]: is not a correction such as"),
        ("[{slo: daily, to: 2026-01-01T00:00:00Z}]", "c.yaml[0]: from is missing"),
        ("[{slo: daily, from: 2026-01-01, to: 2026-01-02}]", "c.yaml[0]: from: "),
        ("[{slo: daily, from: 2026-01-01T00:00:00Z}]", "c.yaml[0]: a correction needs an end"),
        ("[{from: 2026-01-01T00:00:00Z, to: 2026-01-02T00:00:00Z}]", "c.yaml[0]: a correction is of an slo, or of"),
        ("[{slo: x, from: 2026-01-01T00:00:00Z, to: 2026-01-02T00:00:00Z}]", "no SLO named x; known: daily"),
        ("[{slo: daily, from: 2026-01-01T00:00:00Z, untill: 3}]", "c.yaml[0]: untill: a correction has"),
        ("[{slo: daily, from: 2026-01-01T00:00:00Z, rrule: FREQ=HOURLY, duration: 1h}]", "FREQ is one of"),
        ("[{slo: daily, from: 2026-01-01T00:00:00Z, rrule: FREQ=DAILY, duration: soon}]", "c.yaml[0]: duration: "),
        ("[{slo: daily, from: 2026-01-01T00:00:00Z, rrule: FREQ=DAILY, duration: 1h, zone: Mars}]", "zone 'Mars'"),
    ],
)
def test_a_wrong_correction_is_one_line(ai_slo: Run, spent: list[object], tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(text)
    for command in (("replay", *spent), ("backtest", *spent, "--at", "2026-01-20T00:00:00Z")):
        result = ai_slo(*command, "--corrections", file)
        assert (result.code, len(result.err.splitlines())) == (2, 1)
        assert says in result.err


def test_the_picture_goes_into_a_file_and_nothing_else_to_stdout(
    ai_slo: Run, spent: list[object], tmp_path: Path
) -> None:
    for name in ("r.html", "r.svg"):
        result = ai_slo("replay", *spent, "--picture", tmp_path / name, "--format", "json")
        assert result.json["freezes"]
        assert result.err == f"wrote {tmp_path / name}\n"
    ElementTree.parse(tmp_path / "r.svg")
    HTMLParser().feed((tmp_path / "r.html").read_text())
    assert "Missing run" not in (tmp_path / "r.html").read_text()
    assert "Bad run 2026-01-21 00:00 UTC" in (tmp_path / "r.html").read_text()
    for path, says in ((tmp_path / "r.png", "ends in .html or .svg"), (tmp_path / "no" / "r.svg", "No such file")):
        result = ai_slo("replay", *spent, "--picture", path)
        assert (result.code, len(result.err.splitlines())) == (2, 1)
        assert says in result.err


def test_the_text_tells_incidents_and_freezes_in_order(ai_slo: Run, spent: list[object]) -> None:
    lines = ai_slo("replay", *spent).out.splitlines()
    assert lines[0].split() == ["when", "(UTC)", "SLO", "or", "service", "what", "severity", "why"]
    assert lines[2:-2] == sorted(lines[2:-2], key=lambda line: line[:16])
    assert any("frozen" in line and "budget spent by daily" in line for line in lines)
    assert lines[-1].startswith("1 incident, 1 freeze of ")


def test_an_empty_history_draws_an_empty_picture(ai_slo: Run, spent: list[object], tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("slo,timestamp,good,total\n")
    result = ai_slo("replay", *spent, "--picture", tmp_path / "r.html")
    assert result.code == 0
    assert "no budget was known" in (tmp_path / "r.html").read_text()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("out", "says"), [(Terminal(), "\rreplaying 2026-01-11, 26%\x1b[K"), (io.StringIO(), "%\n")])
def test_long_work_is_told_and_short_work_is_not(out: io.StringIO, says: str) -> None:
    ticks = [Tick(START + timedelta(hours=n)) for n in range(1000)]
    for seconds, speaks in ((0.1, False), (3.0, True)):
        moments = iter(range(10_000))
        given = told(ticks, START, ticks[-1].at, out=out, clock=lambda m=moments, s=seconds: next(m) * s)
        assert list(given) == ticks
        assert bool(out.getvalue()) == speaks
    assert says in out.getvalue()
