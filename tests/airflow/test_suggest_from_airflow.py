"""Objectives for DAGs, from the runs that a real Airflow has on record."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from airflow.sdk import Asset, CronTriggerTimetable, MultipleCronTriggerTimetable
from past_kit import DAY, HOUR, MINUTE, NOW, a_dag, add_runs, another_schedule, daily, steps

from airflow_ai_slo import engine, openslo
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.proposal import Outcome, Proposal
from airflow_ai_slo.engine import drafting, proposing
from airflow_ai_slo.reconcile.importing import import_history
from airflow_ai_slo.reconcile.suggesting import suggest_for_dags
from airflow_ai_slo.store import Store
from airflow_ai_slo.timetables import schedule_in_airflow

pytestmark = pytest.mark.usefixtures("airflow_home")
MONTH = Duration(28, "d")


def proposed(dag_id: str, *, days: int = 90, at: datetime = NOW) -> Proposal:
    (one,) = suggest_for_dags(at=at, back=timedelta(days=days), window=MONTH, dags=[dag_id])
    return one


def objective(one: Proposal) -> float | None:
    return None if one.chosen is None else float(one.chosen.objective)


def imported(one: Proposal, store: Store, folder: Path, *, days: int = 90) -> engine.Applied:
    """Apply what is proposed as it is written, and import the same past."""
    path = folder / "slos.yaml"
    path.write_text(drafting.joined(drafting.documents([one]).values()), encoding="utf-8")
    assert all(document.valid for document in openslo.validate([path], strict=True))
    loaded = openslo.require([path], schedules=schedule_in_airflow)
    engine.apply(store, loaded.slos, loaded.services, now=NOW)
    (seen,) = import_history(store, now=NOW, back=timedelta(days=days)).evaluations
    return seen


def test_a_daily_dag_with_one_failure(store: Store, tmp_path: Path) -> None:
    dag_id = a_dag("scores")
    minutes = [timedelta(minutes=one) for one in (20, 25, 31, 42)]
    add_runs(dag_id, daily("." * 50 + "x" + "." * 39), took=minutes)
    one = proposed(dag_id)
    assert (one.suggestion.runs, one.failed, one.late, one.missing) == (90, 1, 0, 0)
    assert (objective(one), one.cadence, one.start) == (0.9, "0 6 * * *", None)
    assert one.lateness is not None
    assert one.duration is not None
    assert (one.lateness.longest, str(one.lateness.promised)) == (42 * MINUTE, "45m")
    assert one.duration.longest == 41 * MINUTE
    seen = imported(one, store, tmp_path)
    assert (seen.counts.good, seen.counts.total, seen.coverage) == (28, 28, 1)
    assert seen.budget.allowed == one.chosen.allowed == Fraction("2.8")  # type: ignore[union-attr]


def test_the_past_that_it_speaks_of_is_the_one_that_is_imported(store: Store, tmp_path: Path) -> None:
    """Failed, late, missing and repeated runs: as many in the suggestion as in the budget of the same 90 days."""
    dag_id = a_dag("mixed")
    random.seed(7)
    past = daily("".join(random.choice("........x_") for _ in range(90)))
    add_runs(dag_id, past[:60], took=[20 * MINUTE, 22 * MINUTE])
    add_runs(dag_id, past[60:61], took=9 * HOUR)
    add_runs(dag_id, past[61:], took=20 * MINUTE)
    one = suggest_for_dags(at=NOW, back=90 * DAY, window=Duration(90, "d"), dags=[dag_id])[0]
    assert one.failed > 2
    assert one.missing > 2
    assert (one.late, objective(one)) == (1, 0.6)
    seen = imported(one, store, tmp_path)
    assert (seen.counts.runs, seen.counts.total - seen.counts.good) == (one.suggestion.runs, one.suggestion.bad)
    assert one.suggestion.bad == one.failed + one.late + one.missing
    assert seen.budget.remaining is not None
    assert seen.budget.remaining > 0


def test_a_run_that_hung_is_late_and_makes_no_deadline() -> None:
    dag_id = a_dag("hung")
    past = daily("." * 90)
    add_runs(dag_id, past[:-5])
    add_runs(dag_id, past[-5:-4], took=20 * HOUR)
    add_runs(dag_id, past[-4:])
    one = proposed(dag_id)
    assert one.lateness is not None
    assert (str(one.lateness.promised), one.late, objective(one)) == ("20m", 1, 0.9)


@pytest.mark.parametrize(
    ("verdicts", "outcome", "note"),
    [
        ("", Outcome.NOT_ENOUGH, "not enough history: 0 runs, 10 are needed"),
        (".", Outcome.NOT_ENOUGH, "not enough history: 1 run, 10 are needed"),
        ("." * 9, Outcome.NOT_ENOUGH, "not enough history: 9 runs, 10 are needed"),
        ("x" * 90, Outcome.TOO_OFTEN_BAD, "bad too often for a promise: 0.5 was missed in 64 of 64 windows"),
        ("x" * 20, Outcome.TOO_OFTEN_BAD, "bad too often for a promise: 0.5 was missed"),
        ("." * 90, Outcome.SUGGESTED, "0.98 allows only 0.56 bad; 60d or 0.89 would allow 3"),
        ("." * 10, Outcome.SUGGESTED, "0.8 takes more runs to tell (11 good ones in a row are)"),
    ],
)
def test_pasts_at_the_edges(verdicts: str, outcome: Outcome, note: str) -> None:
    dag_id = a_dag("edge")
    if verdicts:
        add_runs(dag_id, daily(verdicts))
    one = proposed(dag_id)
    assert (one.outcome, proposing.note(one)) == (outcome, note)
    assert len(drafting.documents([one])) == (outcome is Outcome.SUGGESTED)


def test_a_dag_that_has_got_better_is_told_so() -> None:
    better, worse = a_dag("better"), a_dag("worse")
    add_runs(better, daily("x.x.x" * 8 + "." * 50))
    add_runs(worse, daily("." * 50 + "x.x.x" * 8))
    assert "the last 45 days alone support 0.9: --days 45" in proposing.note(proposed(better))
    assert objective(proposed(better, days=45)) == 0.9
    assert "alone support" not in proposing.note(proposed(worse))


def test_runs_by_hand_count_only_where_nobody_else_starts_any() -> None:
    scheduled, by_hand = a_dag("scheduled"), a_dag("byhand", schedule=None)
    add_runs(scheduled, daily("." * 30))
    irregular = [NOW - timedelta(hours=hours) for hours in itertools.accumulate([1, 2, 50, 3, 3, 90, 10] * 8)]
    for dag_id in (scheduled, by_hand):
        add_runs(dag_id, [(at, "x" if n in (20, 40) else ".") for n, at in enumerate(irregular)], run_type="manual")
    one = proposed(scheduled)
    assert (one.suggestion.runs, one.suggestion.bad) == (30, 0)
    one = proposed(by_hand)
    assert (one.suggestion.runs, one.suggestion.bad, one.cadence, one.lateness) == (56, 2, None, None)
    assert one.duration is not None
    assert (one.duration.longest, str(one.duration.promised)) == (19 * MINUTE, "20m")
    assert objective(one) is not None
    assert "max_duration: 20m" in drafting.joined(drafting.documents([one]).values())


def test_a_dag_that_data_starts(store: Store, tmp_path: Path) -> None:
    dag_id = a_dag("data", schedule=[Asset("features")])
    add_runs(dag_id, daily("." * 60), run_type="asset_triggered")
    one = proposed(dag_id)
    assert (one.suggestion.runs, one.cadence, one.missing) == (60, None, 0)
    seen = imported(one, store, tmp_path)
    assert (seen.counts.good, seen.counts.total) == (28, 28)


def test_a_schedule_that_changed_half_way(store: Store, tmp_path: Path) -> None:
    """Daily at six until 1 February, hourly since: what never was hourly is no missing run."""
    dag_id = a_dag("changed")
    since = datetime(2026, 2, 1, 12, tzinfo=UTC)
    add_runs(dag_id, [one for one in daily("x" * 40 + "." * 50) if one[0] < since])
    another_schedule(dag_id, "0 * * * *", since)
    hours = int((NOW - since) / HOUR)
    add_runs(dag_id, steps("." * (hours - 1) + "x", until=NOW - HOUR, step=HOUR))
    one = proposed(dag_id)
    assert (one.suggestion.runs, one.failed, one.missing) == (hours, 1, 0)
    assert (one.cadence, one.start, objective(one)) == ("0 * * * *", since, 0.99)
    assert "another schedule until 2026-02-01: runs before do not count" in proposing.note(one)
    seen = imported(one, store, tmp_path)
    assert seen.counts.bad == 1
    assert seen.counts.total in (671, 672)


def test_a_catchup_dag_from_long_ago_is_not_missing_what_was_not_looked_at(store: Store, tmp_path: Path) -> None:
    dag_id = a_dag("catchup", catchup=True)
    add_runs(dag_id, daily("." * 90))
    one = proposed(dag_id)
    assert (one.suggestion.runs, one.missing, objective(one)) == (90, 0, 0.95)
    assert one.start == NOW - 90 * DAY
    assert imported(one, store, tmp_path).counts.good == 28


def test_clocks_that_change_make_no_run_late_or_missing(store: Store, tmp_path: Path) -> None:
    """Every local morning in Berlin over the end of March."""
    dag_id = a_dag("berlin", schedule=CronTriggerTimetable("30 2 * * *", timezone="Europe/Berlin"))
    at = datetime(2026, 4, 20, 12, tzinfo=UTC)
    from airflow_ai_slo.core.cadence import Cadence

    cadence = Cadence.of(schedule_in_airflow(dag_id))
    slots = list(cadence.slots(at - 60 * DAY, at, at - 70 * DAY))
    assert {slot.hour for slot in slots} == {0, 1}
    add_runs(dag_id, [(slot, ".") for slot in slots])
    one = proposed(dag_id, days=60, at=at)
    assert (one.suggestion.runs, one.suggestion.bad, one.cadence) == (len(slots), 0, "30 2 * * * in Europe/Berlin")


def test_several_crons_are_no_cadence_yet_what_never_ran_is_missing(store: Store, tmp_path: Path) -> None:
    twice = MultipleCronTriggerTimetable("0 6 * * *", "0 18 * * *", timezone="UTC")
    dag_id = a_dag("crons", schedule=twice, known_since=NOW - 60 * DAY)
    morning, evening = daily("." * 60), daily("." * 30 + "_" + "." * 29, until=NOW - DAY, hour=18)
    add_runs(dag_id, sorted(morning + evening))
    one = proposed(dag_id)
    assert (one.suggestion.runs, one.missing, one.failed, one.cadence) == (120, 1, 0, None)
    assert one.lateness is not None
    assert "cadence" in proposing.note(one)
    seen = imported(one, store, tmp_path)
    assert seen.counts.total in (55, 56)


def test_runs_that_go_on_are_bad_once_they_cannot_be_in_time() -> None:
    dag_id = a_dag("going")
    past = daily("." * 60)
    add_runs(dag_id, past[:-1])
    add_runs(dag_id, [(past[-1][0], "?")])
    assert proposed(dag_id, at=past[-1][0] + 10 * MINUTE).suggestion.bad == 0
    late = proposed(dag_id, at=past[-1][0] + 50 * MINUTE)
    assert (late.suggestion.runs, late.late) == (60, 1)


def test_which_dags(airflow_home: Path) -> None:
    tagged, other = a_dag("picked_out", tags=["picked", "eu"]), a_dag("picked_out", tags=["picked"])
    names = _names(dags=["picked_out_*"])
    assert names == sorted([tagged, other])
    assert _names(tags=["picked", "eu"]) == [tagged]
    assert _names(dags=[other], tags=["eu"]) == []
    with pytest.raises(ConfigurationError, match=rf"no DAG is named '{tagged}x'; did you mean {tagged}\?"):
        _names(dags=[f"{tagged}x"])


def _names(dags: Sequence[str] = (), tags: Sequence[str] = ()) -> list[str]:
    return [one.subject for one in suggest_for_dags(at=NOW, back=DAY, window=MONTH, dags=dags, tags=tags)]
