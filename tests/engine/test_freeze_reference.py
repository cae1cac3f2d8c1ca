"""Freezes through the whole engine, compared with a slow reading of their definition over plain lists of runs."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from slo_kit import DAY, HOUR, NOW, an_slo, seen

from airflow_ai_slo import engine
from airflow_ai_slo.core.definition import Service
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.freeze import Gate
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.store import Store
from airflow_ai_slo.testing import memory_store

WINDOW = 10 * DAY
NAMES = ("a", "b")


@dataclass
class Slow:
    """One service, decided from lists of (instant, is it good) by the letter of the definition."""

    objective: Fraction
    above: Fraction
    good_runs: int | None
    longest: timedelta | None
    runs: dict[str, list[tuple[datetime, bool]]] = field(default_factory=lambda: {name: [] for name in NAMES})
    causes: set[str] = field(default_factory=set)
    since: datetime | None = None
    let_go: dict[str, int] = field(default_factory=dict)

    def budget(self, name: str, at: datetime) -> tuple[Fraction | None, Fraction | None]:
        """Allowed and remaining."""
        runs = self.runs[name]
        window = [good for when, good in runs if at - WINDOW < when <= at]
        if not window:
            return None, None
        first = min(when for when, _ in runs)
        covered = min(Fraction(1), Fraction((at - first) / timedelta(seconds=1)) / Fraction(WINDOW.total_seconds()))
        if covered <= 0:
            return None, None
        allowed = (1 - self.objective) * len(window) / covered
        return allowed, 1 - window.count(False) / allowed

    def bad(self, name: str) -> int:
        return sum(not good for _, good in self.runs[name])

    def recovered(self, name: str, allowed: Fraction | None) -> bool:
        needed = self.good_runs or (5 if allowed is not None and allowed < 3 else None)
        runs = self.runs[name]
        bads = [when for when, good in runs if not good]
        goods = [when for when, good in runs if good and (not bads or when > bads[-1])]
        if needed is None or len(goods) < needed:
            return False
        return goods[-1] - (bads[-1] if bads else goods[0]) >= DAY

    def evaluate(self, at: datetime) -> None:
        if self.since is not None and self.longest is not None and at - self.since >= self.longest:
            self.stop()
            return
        spent, thaws, by_good_runs = set(), True, dict[str, int]()
        for name in NAMES:
            allowed, remaining = self.budget(name, at)
            if remaining is None:
                thaws = thaws and name not in self.causes
                continue
            enough = self.recovered(name, allowed)
            if remaining <= 0 and not enough and self.bad(name) > self.let_go.get(name, -1):
                spent.add(name)
            thaws = thaws and (remaining > self.above or enough)
            if name in self.causes and remaining <= self.above:
                by_good_runs[name] = self.bad(name)
        if self.since is None and spent:
            self.since, self.causes = at, spent
        elif self.since is not None and thaws:
            self.since, self.causes, self.let_go = None, set(), by_good_runs
        elif self.since is not None:
            self.causes |= spent

    def stop(self) -> None:
        """A release, or the longest duration is over."""
        self.since, self.causes, self.let_go = None, set(), {name: self.bad(name) for name in NAMES}


examples = itertools.count()


@cache
def one_store() -> Store:
    """One for all examples, each with names of its own."""
    return memory_store()


days = st.lists(
    st.fixed_dictionaries({"a": st.sampled_from("...xx_"), "b": st.sampled_from("......x_"), "release": st.booleans()}),
    min_size=4,
    max_size=30,
)


@given(
    days,
    st.sampled_from(["0.9", "0.7", "0.5"]),
    st.fixed_dictionaries(
        {
            "thaw_above": st.sampled_from([None, "0", "0.05", "0.4"]),
            "thaw_after_good_runs": st.sampled_from([None, None, 1, 3]),
            "for_at_most": st.sampled_from([None, None, "4d", "9d"]),
            "mode": st.sampled_from(["hard", "soft"]),
        }
    ),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_freezes_are_those_of_a_slow_reading(
    stream: list[dict[str, Any]], objective: str, policy: dict[str, Any], releases: bool
) -> None:
    store, example = one_store(), next(examples)
    names = {name: f"{name}{example}" for name in NAMES}
    service = Service(name=f"scoring{example}", freeze=FreezePolicy(slos=names["b"], **policy))
    slos = [
        an_slo(names[name], service=service.name, objective=objective, window="10d", freeze=name == "a")
        for name in NAMES
    ]
    engine.apply(store, slos, [service], now=NOW)
    above = Fraction(1, 20) if policy["thaw_above"] is None else Fraction(policy["thaw_above"])
    longest = None if policy["for_at_most"] is None else service.freeze.ends(NOW) - NOW  # type: ignore[operator]
    slow = Slow(Fraction(objective), above, policy["thaw_after_good_runs"], longest)
    for number, day in enumerate(stream):
        at = NOW + number * DAY
        for name in NAMES:
            if day[name] != "_":
                engine.record(store, [seen(at, int(day[name] == "."), 1, slo=names[name])], now=at)
                slow.runs[name].append((at, day[name] == "."))
        engine.evaluate(store, at=at + HOUR, slos=names.values())
        slow.evaluate(at + HOUR)
        held = engine.frozen_services(store).get(service.name)
        causes = set() if held is None else {name[0] for name in held.causes}
        assert causes == slow.causes, number
        assert (None if held is None else held.since) == slow.since, number
        outcome = engine.gate(lambda: store, service.name, now=at + HOUR).outcome
        assert (outcome is Gate.FROZEN) == (slow.since is not None and policy["mode"] == "hard"), number
        if releases and day["release"]:
            try:
                engine.release(store, service.name, author="ada", reason="r", now=at + 2 * HOUR)
            except ConfigurationError:
                assert slow.since is None
            else:
                slow.stop()
