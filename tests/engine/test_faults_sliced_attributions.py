"""Who spent the budget of an SLO that counts slices: compared with a slow count."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from slo_kit import DAY, HOUR, MINUTE, NOW, an_slo, seen

from airflow_ai_slo import engine
from airflow_ai_slo.core.corrections import Interval
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.store import Store

LENGTH = 20 * MINUTE
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def sliced(**changes: Any) -> Any:
    values = {"budgeting": "Timeslices", "slice_target": "0.9", "slice_window": "20m", "window": "2d"}
    return an_slo("done", **values | changes)


def end_of_slice(at: datetime) -> datetime:
    return EPOCH + -(-(at - EPOCH) // LENGTH) * LENGTH


def slowly(kept: list[Measurement], start: datetime, end: datetime, *, ratios: bool) -> dict[str, Fraction]:
    slices: dict[datetime, list[Measurement]] = defaultdict(list)
    for one in kept:
        if start < end_of_slice(one.at) <= end:
            slices[end_of_slice(one.at)].append(one)
    spent: dict[str, Fraction] = defaultdict(Fraction)
    for ones in slices.values():
        total, lost = sum(one.total for one in ones), sum(one.total - one.good for one in ones)
        whole = Fraction(lost) / total if ratios else Fraction(int(Fraction(lost) / total > Fraction(1, 10)))
        for one in ones:
            if whole and one.good < one.total:
                spent[one.attributes["dag"]] += whole * (one.total - one.good) / lost
    return spent


def test_a_bad_slice_is_laid_to_the_bad_measurements_within_it(store: Store) -> None:
    engine.apply(store, [sliced()], now=NOW)
    dags = {number: {"dag": name} for number, name in enumerate(["loud", "quiet", "fine"])}
    engine.record(
        store,
        [
            seen(NOW - 13 * MINUTE, 0, 3, key="a", attributes=dags[0]),
            seen(NOW - 7 * MINUTE, 0, 1, key="b", attributes=dags[1]),
            seen(NOW - 3 * MINUTE, 5, 5, key="c", attributes=dags[2]),
            # A slice that is good although not all in it is: it spends nothing.
            seen(NOW - 25 * MINUTE, 99, 100, key="d", attributes=dags[2]),
        ],
        now=NOW,
    )
    found = engine.attribution(store, "done", at=NOW, by="dag")
    assert found.evaluation.counts[:3] == (1, 2, 1)
    assert [(one.name, one.bad, one.share, one.bad_runs, one.newest) for one in found.groups] == [
        ("loud", Fraction(3, 4), Fraction(3, 4), 1, NOW),
        ("quiet", Fraction(1, 4), Fraction(1, 4), 1, NOW),
    ]


def test_a_freeze_says_in_slices_what_spent_it(store: Store) -> None:
    engine.apply(store, [sliced(freeze=True)], now=NOW)
    rows = [
        seen(NOW - 3 * DAY, 1, 1, key="old"),
        seen(NOW - 13 * MINUTE, 0, 300, key="a", cause="late"),
        seen(NOW - 7 * MINUTE, 0, 100, key="b", cause="other"),
    ]
    engine.record(store, rows, now=NOW)
    engine.evaluate(store, at=NOW)
    answer = engine.gate(lambda: store, "scoring", now=NOW)
    assert [reason.spent_by for reason in answer.reasons] == [{"late": Fraction(3, 4), "other": Fraction(1, 4)}]
    assert sum(answer.reasons[0].spent_by.values()) == answer.reasons[0].spent


def test_the_open_slice_and_slices_before_the_window_are_laid_to_nobody(store: Store) -> None:
    engine.apply(store, [sliced(window="1d")], now=NOW)
    ats = [NOW - DAY - MINUTE, NOW - DAY, NOW - DAY + MINUTE, NOW + MINUTE]
    engine.record(store, [seen(at, 0, 1) for at in ats], now=NOW)
    found = engine.attribution(store, "done", at=NOW + 5 * MINUTE)
    assert [(one.name, one.bad, one.newest) for one in found.groups] == [("other", 1, NOW - DAY + LENGTH)]


@pytest.mark.parametrize("budgeting", ["Timeslices", "RatioTimeslices"])
@pytest.mark.parametrize("end", [NOW, NOW + 7 * MINUTE, EPOCH - 5 * DAY + MINUTE])
def test_shares_are_those_of_a_slow_count_and_add_up(store: Store, budgeting: str, end: datetime) -> None:
    dice = random.Random(f"{budgeting}{end}")
    engine.apply(store, [sliced(budgeting=budgeting)], now=end - 5 * DAY)
    kept = []
    for number in range(300):
        total = dice.randint(1, 40)
        good = total - dice.choice([0, 0, 1, total // 3, total])
        at = end - timedelta(seconds=dice.randrange(3 * 86400))
        dag, cause = f"dag {dice.randrange(30)}", dice.choice([None, Cause.LATE])
        kept.append(seen(at, good, total, key=f"{number}", attributes={"dag": dag}, cause=cause))
    engine.record(store, kept, now=end)
    found = engine.attribution(store, "done", at=end, by="dag")
    expected = slowly(kept, end - 2 * DAY, end, ratios=budgeting == "RatioTimeslices")
    assert sum(one.bad for one in found.groups) == found.evaluation.budget.consumed
    assert len(found.groups) == min(len(expected), 21)
    assert {one.name for one in found.groups} - {"other groups"} <= expected.keys()
    for one in found.groups:
        if one.name != "other groups":
            assert abs(one.bad - expected[one.name]) < Fraction(1, 10**9)
    kept_back = sum(expected.values()) - sum(expected.get(one.name, 0) for one in found.groups)
    assert abs(sum(one.bad for one in found.groups if one.values is None) - kept_back) < Fraction(1, 10**9)


def test_a_correction_takes_its_slices_out(store: Store) -> None:
    engine.apply(store, [sliced()], now=NOW)
    engine.record(store, [seen(NOW - 2 * HOUR, 0, 1), seen(NOW - HOUR, 0, 1)], now=NOW)
    period = Interval(NOW - 3 * HOUR, NOW - 90 * MINUTE)
    engine.add_correction(store, ["done"], period=period, author="ada", reason="a drill", now=NOW)
    found = engine.attribution(store, "done", at=NOW)
    assert [(one.bad, one.newest) for one in found.groups] == [(1, NOW - HOUR)]
