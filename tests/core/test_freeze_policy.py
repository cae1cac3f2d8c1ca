"""What a service says about its freezes, and the decision compared with a slow one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import airflow_ai_slo
from airflow_ai_slo.core.definition import SLO, Service
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.freeze import Standing, Streak, decide
from airflow_ai_slo.core.freeze_policy import FreezePolicy, Terms
from airflow_ai_slo.core.serialize import service_from_dict, service_to_dict

AT = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def slo(name: str = "done", **changes: Any) -> SLO:
    return SLO(**({"name": name, "service": "x", "objective": "0.9"} | changes))


def test_an_slo_counts_when_it_opted_in_or_the_service_names_it() -> None:
    plain, opted = slo(), slo("opted", freeze=True)
    assert [FreezePolicy().counts(one) for one in (plain, opted)] == [False, True]
    assert [FreezePolicy(slos=["done"]).counts(one) for one in (plain, opted)] == [True, True]
    assert [FreezePolicy(slos="other").counts(one) for one in (plain, opted)] == [False, True]
    assert [FreezePolicy(slos="*").counts(one) for one in (plain, opted)] == [True, True]


def test_an_slo_s_own_terms_come_before_its_service_s() -> None:
    policy = FreezePolicy(thaw_above="0.2", thaw_after_good_runs=3)
    assert policy.terms(slo()) == Terms(Fraction(1, 5), 3)
    assert policy.terms(slo(thaw_above=0, thaw_after_good_runs=7)) == Terms(Fraction(0), 7)
    assert FreezePolicy(thaw_above=0).terms(slo()) == Terms(Fraction(0), None)
    assert FreezePolicy().terms(slo()) == Terms(Fraction(1, 20), None)


def test_which_labels_pass() -> None:
    assert FreezePolicy().exempt(["docs", "security", "p0"]) == ["p0", "security"]
    assert FreezePolicy(exempt_labels="hotfix").exempt(["security", "hotfix"]) == ["hotfix"]
    assert FreezePolicy(exempt_labels=()).exempt(["security"]) == []


def test_names_that_no_slo_carries() -> None:
    assert FreezePolicy(slos="a, b, *").missing(["b", "c"]) == ["a"]
    assert FreezePolicy().missing([]) == []


def test_a_freeze_ends_after_its_longest_duration() -> None:
    assert FreezePolicy(for_at_most="14d").ends(AT) == AT + timedelta(days=14)
    assert FreezePolicy(for_at_most=Duration(2, "h")).ends(AT) == AT + 2 * HOUR
    assert FreezePolicy().ends(AT) is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"slos": ""}, "slos: '' is not a name"),
        ({"slos": ["a,b"]}, "slos: 'a,b' is not a name"),
        ({"slos": [1]}, "slos: 1 is not a name"),
        ({"thaw_above": 1}, "thaw_above: 1 must be at least 0 and below 1"),
        ({"thaw_above": "much"}, "thaw_above: 'much' is not a number"),
        ({"thaw_after_good_runs": 0}, "thaw_after_good_runs: 0 is not a whole number above 0"),
        ({"thaw_after_good_runs": True}, "thaw_after_good_runs: True is not a whole number"),
        ({"for_at_most": "1M"}, "for_at_most: 1M is not in m, h, d or w; write 14d"),
        ({"for_at_most": "long"}, "for_at_most: 'long' is not a duration"),
        ({"for_at_most": 14}, "for_at_most: 14 is not in m, h, d or w"),
        ({"mode": "mild"}, "mode: 'mild' is not one of hard, soft"),
        ({"exempt_labels": ["p0", ""]}, "exempt_labels: '' is not a name"),
    ],
)
def test_a_wrong_policy_is_refused_in_one_line(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        FreezePolicy(**wrong)
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "policy",
    [
        FreezePolicy(),
        FreezePolicy(
            slos="a, b",
            thaw_above="0.1",
            thaw_after_good_runs=2,
            for_at_most="2w",
            mode="soft",
            exempt_labels=["hotfix"],
        ),
    ],
)
def test_a_service_is_read_back_as_it_was_written(policy: FreezePolicy) -> None:
    service = Service(name="x", description="d", labels={"team": "a"}, freeze=policy)
    assert service_from_dict(json.loads(json.dumps(service_to_dict(service)))) == service
    assert airflow_ai_slo.FreezePolicy is FreezePolicy


standings = st.lists(
    st.builds(
        lambda name, bad, total, hours, runs, above, needed, new: Standing(
            name,
            None if not total else 10 * bad >= total,
            None if not total else 1 - Fraction(10 * bad, total),
            Fraction(total, 10) if total else None,
            Terms(above, needed),
            Streak(runs, hours * HOUR),
            new,
        ),
        st.sampled_from("abc"),
        st.integers(0, 8),
        st.integers(0, 60),
        st.integers(0, 48),
        st.integers(0, 7),
        st.sampled_from([Fraction(0), Fraction(1, 20), Fraction(1, 2)]),
        st.sampled_from([None, 1, 3]),
        st.booleans(),
    ),
    max_size=3,
    unique_by=lambda one: one.slo,
)


def slow(members: list[Standing], causes: frozenset[str] | None, *, held: bool) -> frozenset[str] | None:
    """The freeze decision, spelt out case by case from its definition."""
    spent, thaw = set(), True
    for one in members:
        # allowed < 3 takes 5 good runs unless told otherwise; at least a day of them.
        needed = one.terms.good_runs
        if needed is None and one.allowed is not None and one.allowed < 3:
            needed = 5
        streak = needed is not None and one.streak.good_runs >= needed and one.streak.length >= 24 * HOUR
        if one.remaining is None:
            if causes and one.slo in causes:
                thaw = False
            continue
        if one.remaining <= 0 and one.new_bad and not streak:
            spent.add(one.slo)
        if not (one.remaining > one.terms.above or streak):
            thaw = False
    if causes is None:
        return frozenset(spent) if spent else None
    if thaw and not held:
        return None
    return causes | spent


@given(standings, st.sampled_from([None, frozenset("a"), frozenset("b"), frozenset("ab")]), st.booleans())
def test_the_decision_is_that_of_a_slow_one(members: list[Standing], causes: frozenset[str] | None, held: bool) -> None:
    held = held and causes is not None
    assert decide(members, causes, held=held) == slow(members, causes, held=held)
