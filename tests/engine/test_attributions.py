"""Who spent the budget: every figure compared with a slow count, on SQLite and on PostgreSQL."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from slo_kit import DAY, HOUR, NOW, an_slo, daily, seen

from airflow_ai_slo import engine
from airflow_ai_slo.core.attribution import Attribution
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError, UnknownSLOError
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.windows import CalendarWindow
from airflow_ai_slo.store import Store

ODD = 'a "b".c[0] $\\é\u2028😀'
"""A name and a value that no path or pattern would survive."""

Values = tuple[str, ...]

GROUPINGS: Mapping[str, tuple[list[str], Callable[..., str]]] = {
    "cause": ([], lambda cause: cause),
    "version": (
        ["model_version", "prompt_version", "version"],
        lambda model, prompt, other: ", ".join(
            [*([f"model {model}"] if model else []), *([f"prompt {prompt}"] if prompt else []), *[other][: bool(other)]]
        ),
    ),
    "dag": (["dag"], lambda dag: dag),
    "task": (["dag", "task"], lambda dag, task: f"{dag}/{task}" if dag and task else dag or task),
    "attribute:shard": (["shard"], lambda shard: shard),
    f"attribute:{ODD}": ([ODD], lambda value: value),
}


@dataclass
class Slow:
    """One group, summed from the measurements one by one."""

    bad: Fraction = Fraction(0)
    runs: set[datetime] = field(default_factory=set)
    newest: datetime = datetime(1, 1, 1, tzinfo=UTC)


def slowly(
    kept: Mapping[str, Measurement], objective: Fraction, start: datetime, end: datetime, by: str
) -> list[tuple[str, Fraction, Fraction, int, datetime]]:
    """``(name, bad, share, bad runs, newest)`` of the 20 largest groups, and of the rest."""
    names, written = GROUPINGS[by]
    inside = [one for one in kept.values() if start < one.at <= end]
    by_run: dict[datetime, list[Measurement]] = defaultdict(list)
    for one in inside:
        by_run[one.at].append(one)
    missed = {
        at
        for at, ones in by_run.items()
        if (total := sum(one.total for one in ones)) and Fraction(sum(one.good for one in ones)) / total < objective
    }

    def values(one: Measurement) -> Values:
        found = {name: one.attributes.get(name, "") for name in names}
        if by == "task":  # who failed counts rather than who says so
            found["task"] = one.attributes.get("failed_task") or found["task"]
        return tuple(found.values()) or (one.cause or "other",)

    spenders = [one for one in inside if one.good < one.total]
    sizes: dict[Values, Fraction] = defaultdict(Fraction)
    for one in spenders:
        sizes[values(one)] += Fraction(one.total - one.good)
    largest: list[Values | None] = sorted(sizes, key=lambda group: (-sizes[group], group))[:20]
    groups: dict[Values | None, Slow] = defaultdict(Slow)
    for one in spenders:
        group = groups[values(one) if values(one) in largest else None]
        group.bad += Fraction(one.total - one.good)
        group.newest = max(group.newest, one.at)
        if one.at in missed:
            group.runs.add(one.at)
    whole = sum((group.bad for group in groups.values()), Fraction(0))
    return [
        (
            "other groups" if key is None else written(*key) or "not given",
            groups[key].bad,
            groups[key].bad / whole,
            len(groups[key].runs),
            groups[key].newest,
        )
        for key in [*largest, *([None] if None in groups else [])]
    ]


def plain(found: Attribution) -> list[tuple[Any, ...]]:
    return [(one.name, one.bad, one.share, one.bad_runs, one.newest) for one in found.groups]


def attributes(dice: random.Random) -> dict[str, str]:
    """Some versions, some tasks, many shards with sizes that tie, odd names, and often nothing at all."""
    found = {}
    for name, values in (
        ("model_version", ["3", "4", "4-rc1", ""]),
        ("prompt_version", ["7", "8"]),
        ("version", ["2026.1", "", "Äa", "Z", "a"]),
        ("dag", ["flights", "Flights", "ratings"]),
        ("task", ["score", "load"]),
        ("failed_task", ["", "", "", "score", "train"]),
        ("shard", [f"{letter}{number}" for letter in "aAäZ" for number in range(12)]),
        (ODD, [ODD, "1", "true", "null", "{}"]),
    ):
        if dice.random() < 0.6:
            found[name] = dice.choice(values)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_every_figure_of_every_grouping_is_that_of_a_slow_count(store: Store, seed: int) -> None:
    dice = random.Random(seed)
    berlin = ZoneInfo("Europe/Berlin")
    month = CalendarWindow(Duration(1, "M"), berlin, datetime(2020, 1, 1))
    slos = [
        an_slo("rolling", window="7d", objective="0.8"),
        an_slo("month", window=month, objective="0.5", rerun=dice.choice(["replace", "worst"])),
    ]
    engine.apply(store, slos, now=NOW)
    kept: dict[str, Measurement] = {}
    for number in range(250):
        at = NOW - timedelta(hours=dice.randrange(24 * 40))
        total = dice.choice([0, 1, 1, 5, Fraction(7, 10), 100])
        good = total * dice.choice([0, 1, Fraction(1, 2)])
        cause = dice.choice([None, *Cause]) if good < total else None
        key = str(dice.randrange(200))
        one = seen(at, good, total, key=key, cause=cause, attributes=attributes(dice), slo="rolling")
        engine.record(store, [one], now=NOW + number * timedelta(seconds=1))
        kept[key] = one
    first = datetime(2026, 3, 1, tzinfo=berlin).astimezone(UTC)
    engine.record(store, [seen(one.at, one.good, one.total, key=one.key, cause=one.cause, attributes=one.attributes,
                               slo="month") for one in kept.values()], now=NOW)  # fmt: skip
    for at in (NOW, NOW - 3 * DAY):
        for slo, start in ((slos[0], at - 7 * DAY), (slos[1], first)):
            [status] = engine.status(store, at=at, slos=[slo.name])
            for by in GROUPINGS:
                found = engine.attribution(store, slo.name, at=at, by=by)
                assert plain(found) == slowly(kept, slo.objective, start, at, by), (slo.name, by)
                assert (found.start, found.evaluation) == (start, status)
                assert sum(group.bad for group in found.groups) == status.counts.bad
                assert sum(group.share for group in found.groups) in (0, 1)
                of_budget = sum(group.of_budget for group in found.groups if group.of_budget is not None)
                if status.budget.remaining is not None:
                    assert of_budget == 1 - status.budget.remaining


def test_late_and_missing_runs_stand_under_their_causes(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.record(store, daily("." * 16), now=NOW)
    for days, cause in ((3, Cause.MISSING_RUN), (5, Cause.MISSING_RUN), (9, Cause.LATE)):
        engine.record(store, [seen(NOW - days * DAY, 0, cause=cause)], now=NOW)
    found = engine.attribution(store, "done", at=NOW)
    assert plain(found) == [
        ("missing_run", 2, Fraction(2, 3), 2, NOW - 3 * DAY),
        ("late", 1, Fraction(1, 3), 1, NOW - 9 * DAY),
    ]
    # The run that was missing comes in after all.
    engine.record(store, [seen(NOW - 3 * DAY, 0, cause=Cause.LATE)], now=NOW + HOUR)
    assert [(group.name, group.bad) for group in engine.attribution(store, "done", at=NOW).groups] == [
        ("late", 2),
        ("missing_run", 1),
    ]


def test_a_group_knows_the_values_it_is_made_of(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    versions = {"model_version": "4", "prompt_version": "7"}
    old = seen(NOW - 40 * DAY, 0, 100, attributes={"model_version": "3"})
    engine.record(store, [old, seen(NOW, 0, 5, attributes=versions), seen(NOW - HOUR, 1, 2)], now=NOW)
    first, second = engine.attribution(store, "done", at=NOW, by="version").groups
    assert (first.name, first.values) == ("model 4, prompt 7", versions)
    assert (second.name, second.values) == ("not given", {})
    assert (first.of_budget, second.of_budget) == (Fraction(50, 7), Fraction(10, 7))  # 7 were to be, 0.7 allowed bad


def test_a_run_that_several_groups_spoilt_is_one_bad_run_of_each_and_one_that_holds_is_none(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    mapped = [seen(NOW, 0, key=f"m{n}", attributes={"dag": "ab"[n % 2]}) for n in range(4)]
    held = [seen(NOW - HOUR, 19, 20, attributes={"dag": "c"})]
    engine.record(store, mapped + held, now=NOW)
    groups = engine.attribution(store, "done", at=NOW, by="dag").groups
    assert [(group.name, group.bad, group.bad_runs) for group in groups] == [("a", 2, 1), ("b", 2, 1), ("c", 1, 0)]


def test_beyond_the_twenty_largest_groups_the_rest_is_one(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    ones = [seen(NOW, 0, 100 - n, key=str(n), attributes={"run": f"r{n:02}"}) for n in range(30)]
    engine.record(store, [*ones, seen(NOW - HOUR, 0, 1, attributes={"run": "tiny"})], now=NOW)
    groups = engine.attribution(store, "done", at=NOW, by="attribute:run").groups
    assert [group.name for group in groups] == [*(f"r{n:02}" for n in range(20)), "other groups"]
    rest = groups[-1]
    assert (rest.values, rest.bad, rest.bad_runs, rest.newest) == (None, sum(range(71, 81)) + 1, 2, NOW)


def test_a_report_holds_what_the_engine_says_by_cause_version_and_task(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    told = {"dag": "flights", "task": "score", "model_version": "4"}
    ones = [seen(NOW - n * DAY, 0, n + 1, attributes=told if n % 2 else {}, cause=Cause.LATE) for n in range(5)]
    engine.record(store, ones, now=NOW)
    [service] = engine.report(store, at=NOW, period=7 * DAY).services
    [slo] = service.slos
    assert slo.spent == tuple(engine.attribution(store, "done", at=NOW, by=by) for by in ("cause", "version", "task"))
    assert [[(group.name, group.bad) for group in found.groups] for found in slo.spent] == [
        [("late", 15)],
        [("not given", 9), ("model 4", 6)],
        [("not given", 9), ("flights/score", 6)],
    ]
    assert slo.spent_by == {"late": 15}


def test_where_nothing_is_spent_nobody_has_spent_it(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    for measurements in ([], [seen()], [seen(total=0, good=0)]):
        engine.record(store, measurements, now=NOW)
        assert engine.attribution(store, "done", at=NOW, by="version").groups == ()


def test_text_that_no_database_keeps_is_replaced_and_groups_all_the_same(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    broken = {"dag": "a\0b", "task": "\ud800", "no\0te": "x"}
    engine.record(store, [seen(NOW, 0, attributes=broken)], now=NOW)
    assert engine.attribution(store, "done", at=NOW, by="task").groups[0].name == "a\ufffdb/\ufffd"


def test_mistakes_name_what_would_be_right(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    for by in ("model", "attribute:", "attribute:\0", "", "Cause"):
        with pytest.raises(ConfigurationError, match="write cause, version, dag, task or attribute:NAME"):
            engine.attribution(store, "done", at=NOW, by=by)
    with pytest.raises(UnknownSLOError, match="no SLO named nope"):
        engine.attribution(store, "nope", at=NOW)
