"""SLOs in Python: what is refused, what starts a new generation, and that JSON keeps all of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.definition import MOST_RULES, SLO, BurnRule, Indicator, Schedule, Severity
from airflow_ai_slo.core.durations import Duration, Runs
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.serialize import slo_from_dict, slo_to_dict
from airflow_ai_slo.core.windows import CalendarWindow, RollingWindow


def slo(**changes: Any) -> SLO:
    return SLO(**({"name": "done", "service": "scoring", "objective": "0.9"} | changes))


def rule(factor: object, op: Any = "gt") -> BurnRule:
    return BurnRule(
        severity=Severity.PAGE,
        long=Duration(1, "h"),
        short=None,
        factor=Fraction(str(factor)),
        op=op,
    )


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", ""),
        ("name", "n" * 251),
        ("name", "a\0"),
        ("service", ""),
        ("objective", 0),
        ("objective", 1),
        ("objective", "99.5"),
        ("objective", float("nan")),
        ("window", "28 days"),
        ("window", 28),
        ("alerting", "loud"),
        ("rerun", "latest"),
        ("budgeting", "Events"),
        ("confidence", 1.5),
        ("thaw_above", 1),
        ("thaw_above", "-0.1"),
        ("thaw_after_good_runs", 0),
        ("thaw_after_good_runs", "5"),
        ("notify", [""]),
    ],
)
def test_a_wrong_field_is_named_in_one_line(field: str, wrong: object) -> None:
    with pytest.raises(DefinitionError) as caught:
        slo(**{field: wrong})
    assert caught.value.path == field
    assert str(caught.value).startswith(f"{field}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("factor", "op"), [(10, "gt"), ("10.5", "gte"), (0, "gt"), (-1, "lt")])
def test_a_rule_that_could_never_fire_is_refused(factor: object, op: str) -> None:
    with pytest.raises(DefinitionError, match=r"rules\[1\]\.factor: "):
        slo(rules=[rule(2), rule(factor, op)])


def test_a_factor_just_below_the_highest_burn_is_fine() -> None:
    assert slo(rules=[rule("9.999"), rule(50, "lt")]).alerting == "none"


def test_more_rules_than_can_be_watched_are_refused() -> None:
    with pytest.raises(DefinitionError, match="rules: "):
        slo(rules=[rule(2)] * (MOST_RULES + 1))


def test_an_objective_is_exactly_what_is_written() -> None:
    assert slo(objective=0.995).objective == Fraction(995, 1000)
    assert slo(objective="0.1").objective == Fraction(1, 10)
    assert slo(objective=Fraction(1, 3)).objective == Fraction(1, 3)


def test_defaults_are_those_of_the_documents() -> None:
    plain = slo()
    assert str(plain.window) == "30d"
    assert (plain.alerting, plain.rerun, plain.freeze, plain.thaw_above) == (
        "workbook",
        "replace",
        False,
        None,
    )
    assert plain.title == "done"
    assert slo(display_name="Done in time").title == "Done in time"


def test_only_editing_what_is_measured_makes_another_fingerprint() -> None:
    plain = slo(indicator=Indicator(source="sql", spec={"a": 1, "b": [2]}))
    same = slo(indicator=Indicator(source="sql", spec={"b": [2], "a": 1}), objective="0.5", window="7d", freeze=True)
    assert plain.fingerprint == same.fingerprint
    assert plain.fingerprint != slo(indicator=Indicator(source="sql", spec={"a": 2, "b": [2]})).fingerprint
    assert plain.fingerprint != slo(indicator=Indicator(source="recorded", spec={"a": 1, "b": [2]})).fingerprint


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
shares = st.fractions(Fraction(1, 10**6), 1 - Fraction(1, 10**6))
durations = st.builds(Duration, st.integers(1, 99), st.sampled_from("mhdw"))
calendar_windows = st.builds(
    CalendarWindow,
    st.builds(Duration, st.integers(1, 12), st.sampled_from("dwMQY")),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]).map(ZoneInfo),
    st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
schedules = st.builds(
    Schedule,
    cadence=st.sampled_from(["1d", "0 6 * * *"]),
    zone=st.sampled_from(["UTC", "Asia/Kathmandu"]),
    start=st.none() | st.datetimes(timezones=st.just(UTC)),
    deadline=st.none() | st.just("cadence") | durations,
    end=st.none() | st.datetimes(datetime(2200, 1, 1), datetime(2300, 1, 1), timezones=st.just(UTC)),
    late=st.sampled_from(["bad", "accept"]),
)


@st.composite
def slos(draw: st.DrawFn) -> SLO:
    objective = draw(shares)
    rules = st.builds(
        BurnRule,
        severity=st.sampled_from(Severity),
        long=durations | st.builds(Runs, st.integers(1, 500)),
        short=st.none() | durations | st.builds(Runs, st.integers(1, 500)),
        factor=st.fractions(Fraction(1, 1000), Fraction(999, 1000)).map(lambda share: share / (1 - objective)),
        min_bad_long=st.integers(1, 5),
        min_bad_short=st.integers(1, 5),
        op=st.sampled_from(["gt", "gte", "lt", "lte"]),
    )
    budgeting = draw(st.sampled_from(["Occurrences", "Timeslices", "RatioTimeslices"]))
    schedule = draw(st.none() | schedules)
    slices = st.builds(Duration, st.integers(1, 90), st.sampled_from("mhdw"))
    presets = [None, "workbook", "seed", "none"] + (["pipeline"] if schedule else [])
    return draw(
        st.builds(
            SLO,
            name=texts,
            service=texts,
            objective=st.just(objective),
            window=st.builds(RollingWindow, durations) | calendar_windows,
            indicator=st.builds(Indicator, source=texts, spec=st.dictionaries(texts, json_values, max_size=3)),
            display_name=st.just("") | texts,
            description=st.just("") | texts,
            budgeting=st.just(budgeting),
            slice_target=shares if budgeting == "Timeslices" else st.none() | shares,
            slice_window=st.none() | durations if budgeting == "Occurrences" else slices,
            alerting=st.sampled_from(presets),
            rules=st.lists(rules, max_size=3),
            schedule=st.just(schedule),
            rerun=st.sampled_from(["replace", "first", "worst"]),
            confidence=st.none() | shares,
            freeze=st.booleans(),
            thaw_above=shares,
            thaw_after_good_runs=st.none() | st.integers(1, 30),
            labels=st.dictionaries(texts, texts, max_size=3),
            notify=st.lists(texts, max_size=3),
        )
    )


@given(slos())
def test_json_keeps_every_definition_exactly(definition: SLO) -> None:
    read = slo_from_dict(json.loads(json.dumps(slo_to_dict(definition))))
    assert read == definition
    assert read.fingerprint == definition.fingerprint
    assert slo_to_dict(read) == slo_to_dict(definition)
