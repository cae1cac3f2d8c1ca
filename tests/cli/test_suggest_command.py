"""``ai-slo suggest`` over files and over what the store has recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cli_runner import Result
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_ai_slo import engine, openslo
from airflow_ai_slo.core.definition import SLO, Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.proposal import Lengths, Proposal
from airflow_ai_slo.core.suggesting import Ran, suggest
from airflow_ai_slo.engine.drafting import Names, documents, is_label
from airflow_ai_slo.store import open_store

AiSlo = Callable[..., Result]
START = datetime(2026, 3, 1, 6, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """90 days of three SLOs: one bad day, all good, and five days alone."""
    rows = ["slo,timestamp,good,total"]
    for day in range(90):
        at = (START + day * DAY).isoformat()
        rows += [f"Daily scores,{at},{int(day != 40)},1", f"rows,{at},{10_000 - day},10000"]
        rows += [f"new,{at},1,1"] if day < 5 else []
    path = tmp_path / "history.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_the_table_says_what_and_why(ai_slo: AiSlo, measured: Path) -> None:
    done = ai_slo("suggest", "--from", measured)
    assert done.code == 0, done.err
    lines = {line.split("  ")[0]: line for line in done.out.splitlines()}
    assert "1 bad" in lines["Daily scores"]
    assert " 0.9 " in lines["Daily scores"]
    assert "2.8 of 28 in 28d" in lines["Daily scores"]
    assert "0.95 left 0.4 in the worst window; 30d or 0.89 would allow 3" in lines["Daily scores"]
    assert "not enough history: 5 runs, 10 are needed" in lines["new"]
    assert "ai-slo apply slos/" in done.err


def test_what_it_writes_is_valid_and_can_be_applied(ai_slo: AiSlo, measured: Path, tmp_path: Path) -> None:
    folder = tmp_path / "slos"
    done = ai_slo("suggest", "--from", measured, "--output", folder, "--format", "json")
    assert done.code == 0, done.err
    assert [path.name for path in sorted(folder.iterdir())] == ["daily-scores.slo.yaml", "rows.slo.yaml"]
    assert ai_slo("validate", "--strict", folder).code == 0
    assert ai_slo("apply", folder).out.splitlines() == [
        "daily-scores: created (generation 1)",
        "rows: created (generation 1)",
    ]
    slos = {slo.name: slo for slo in openslo.require([folder]).slos}
    found = {one["slo"]: one for one in done.json["suggestions"]}
    assert float(slos["daily-scores"].objective) == found["Daily scores"]["objective"] == 0.9
    assert float(slos["rows"].objective) == found["rows"]["objective"] == 0.98
    assert str(slos["rows"].window) == "28d"
    text = (folder / "daily-scores.slo.yaml").read_text()
    assert "# 90 runs from 2026-03-01 to 2026-05-29, 1 bad: 98.89% good" in text


def test_yaml_on_stdout_is_the_same_documents(ai_slo: AiSlo, measured: Path, tmp_path: Path) -> None:
    one_file = tmp_path / "all.yaml"
    assert ai_slo("suggest", "--from", measured, "--output", one_file, "--service", "team").code == 0
    printed = ai_slo("suggest", "--from", measured, "--format", "yaml", "--service", "team").out
    assert printed == one_file.read_text()
    loaded = openslo.require([one_file])
    assert [service.name for service in loaded.services] == ["team"]
    assert {slo.service for slo in loaded.slos} == {"team"}


def test_files_are_not_written_over_by_chance(ai_slo: AiSlo, measured: Path, tmp_path: Path) -> None:
    target = tmp_path / "all.yaml"
    target.write_text("mine")
    done = ai_slo("suggest", "--from", measured, "--output", target)
    assert (done.code, target.read_text()) == (2, "mine")
    assert f"{target}: is there already; --force writes over it" in done.err
    assert ai_slo("suggest", "--from", measured, "--output", target, "--force").code == 0
    assert target.read_text() != "mine"


def test_wrong_options_are_named(ai_slo: AiSlo, measured: Path, tmp_path: Path) -> None:
    for arguments, said in [
        (("--from", measured, "--tag", "x"), "only DAGs have tags"),
        (("--from", measured, "--service", "No Label"), "small letters, digits and hyphens"),
        (("--from", measured, "--window", "1M"), "no fixed length"),
        (("--from", measured, "--dag", "roes"), "no SLO is named 'roes'; did you mean rows?"),
        (("--from", measured, "--output", tmp_path / "x.json"), "name a folder, or a file that ends in .yaml"),
        (("--from", tmp_path / "gone.csv"), "gone.csv: No such file"),
        (("--from", "store", "--service", "team"), "applied SLOs have one"),
    ]:
        done = ai_slo("suggest", *arguments)
        assert (done.code, done.out) == (2, ""), arguments
        assert said in done.err


def test_a_past_that_supports_nothing_answers_no(ai_slo: AiSlo, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    rows = [f"s,{(START + day * DAY).isoformat()},0,1" for day in range(40)]
    path.write_text("slo,timestamp,good,total\n" + "\n".join(rows))
    done = ai_slo("suggest", "--from", path)
    assert done.code == 1
    assert "bad too often for a promise: 0.5 was missed in 12 of 12 windows" in done.out
    done = ai_slo("suggest", "--from", path, "--output", tmp_path / "slos")
    assert (done.code, (tmp_path / "slos").exists()) == (1, False)
    path.write_text("slo,timestamp,good,total\n")
    done = ai_slo("suggest", "--from", path)
    assert (done.code, done.out) == (1, "nothing was measured\n")


def test_only_some_and_only_lately(ai_slo: AiSlo, measured: Path) -> None:
    done = ai_slo("suggest", "--from", measured, "--dag", "D*", "--days", "49", "--window", "7d", "--format", "json")
    (found,) = done.json["suggestions"]
    assert (found["slo"], found["runs"], found["bad"], found["window"]) == ("Daily scores", 49, 0, "7d")
    assert (found["objective"], found["windows"]) == (0.85, 42)
    earlier = ai_slo("suggest", "--from", measured, "--at", "2026-03-20T00:00:00Z", "--format", "json").json
    assert [one["runs"] for one in earlier["suggestions"]] == [19, 5, 19]


def test_what_the_store_has_recorded_with_missing_runs(ai_slo: AiSlo, tmp_path: Path) -> None:
    """Two days are missing; the SLO promises too much."""
    store = open_store(f"sqlite:///{tmp_path / 'slo.db'}")
    schedule = Schedule(cadence="1d", start=START - DAY)
    promised = SLO(name="daily", service="scores", objective="0.99", window="28d", schedule=schedule)
    now = START + 89 * DAY + timedelta(hours=1)
    engine.apply(store, [promised], now=START)
    kept = [
        Measurement(slo="daily", key=str(day), at=START + day * DAY, good=1, total=1, recorded_at=START + day * DAY)
        for day in range(90)
        if day not in (30, 70)
    ]
    engine.record(store, kept, now=now, backfill=True)
    done = ai_slo("suggest", "--from", "store", "--at", now.isoformat())
    assert done.code == 0, done.err
    (line,) = [one for one in done.out.splitlines() if one.startswith("daily")]
    assert "2 bad" in line
    assert "0.99" in line
    assert " 0.9 " in line
    done = ai_slo("suggest", "--from", "store", "--at", now.isoformat(), "--format", "json")
    (found,) = done.json["suggestions"]
    assert (found["runs"], found["bad"], found["worst"], found["stands"], found["objective"]) == (90, 2, 1, 0.99, 0.9)
    written = tmp_path / "slos"
    done = ai_slo("suggest", "--from", "store", "--at", now.isoformat(), "--output", written)
    assert done.code == 0, done.err
    assert "generation 1" in ai_slo("apply", written).out
    (slo,) = openslo.require([written]).slos
    assert (float(slo.objective), slo.service, slo.window, slo.schedule) == (0.9, "scores", promised.window, schedule)


@given(st.text(min_size=1, max_size=80).filter(str.strip), st.booleans())
@example("08", False)
@example("d" * 80, True)
def test_whatever_the_name_the_definition_is_valid_and_means_it(subject: str, by_clock: bool) -> None:
    runs = [Ran(to_micros(START + day * DAY), 1, 1) for day in range(90)]
    at = START + 90 * DAY
    lengths = Lengths(DAY, DAY, Duration(1, "h"))
    proposal = Proposal(
        subject=subject,
        window=Duration(28, "d"),
        suggestion=suggest(runs, window=28 * DAY, now=to_micros(at)),
        since=START,
        until=at,
        cadence="1d" if by_clock else None,
        start=START if by_clock else None,
        lateness=lengths if by_clock else None,
        duration=lengths,
    )
    (text,) = documents([proposal]).values()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "slo.yaml"
        path.write_text(text, encoding="utf-8")
        assert [problem for one in openslo.validate([path], strict=True) for problem in one.problems] == []
        (slo,) = openslo.require([path], schedules=lambda dag_id: Schedule(cadence="1d")).slos
    assert slo.indicator.spec["ratioMetric"]["total"]["metricSource"]["spec"] == {"dag_id": subject}
    assert slo.display_name is not None
    assert slo.display_name.endswith(" completes within 1h")
    if len(subject) <= 43:
        assert slo.display_name == f"{subject} completes within 1h"


def _all_good(subject: str) -> Proposal:
    runs = [Ran(to_micros(START + day * DAY), 1, 1) for day in range(90)]
    at = START + 90 * DAY
    seen = suggest(runs, window=28 * DAY, now=to_micros(at))
    return Proposal(subject=subject, window=Duration(28, "d"), suggestion=seen, since=START, until=at)


@pytest.mark.parametrize(("length", "title"), [(53, "d" * 53), (54, "d" * 52 + "…"), (250, "d" * 52 + "…")])
def test_a_long_dag_id_is_cut_where_openslo_ends_display_names(tmp_path: Path, length: int, title: str) -> None:
    (text,) = documents([_all_good("d" * length)]).values()
    path = tmp_path / "slo.yaml"
    path.write_text(text, encoding="utf-8")
    assert [problem for one in openslo.validate([path], strict=True) for problem in one.problems] == []
    assert openslo.require([path]).slos[0].display_name == f"{title} completes"


@given(st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=30, unique=True))
def test_every_name_becomes_a_label_of_its_own(subjects: list[str]) -> None:
    names = Names()
    labels = [names.of(subject) for subject in subjects]
    assert len(set(labels)) == len(subjects)
    assert all(is_label(f"{label}-completion") for label in labels)
    assert labels == [names.of(subject) for subject in subjects]
