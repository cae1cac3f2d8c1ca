"""Freezes, gates, overrides and releases, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from slo_kit import DAY, HOUR, MINUTE, NOW, an_slo, daily, seen

from airflow_ai_slo import engine
from airflow_ai_slo.alerts import Message, Receipt
from airflow_ai_slo.core.corrections import Interval
from airflow_ai_slo.core.definition import Indicator
from airflow_ai_slo.core.errors import ConfigurationError, StoreUnavailableError, UnknownSLOError
from airflow_ai_slo.core.freeze import Gate, GateAnswer
from airflow_ai_slo.store import Store

SPENT = "." * 17 + "xxx"
"""Of 20 runs, 2 may be bad."""


def frozen(store: Store, *more: str, **options: Any) -> Store:
    """A service frozen by the SLO ``done``; others hold."""
    options = {"window": "20d", "thaw_after_good_runs": 99} | options
    names = ["done", *more]
    engine.apply(store, [an_slo(name, **options) for name in names], now=NOW - 90 * DAY)
    engine.record(store, [one for name in more for one in daily("." * 25, slo=name)], now=NOW)
    engine.record(store, [*daily("....."), *daily(SPENT)], now=NOW)
    engine.record(store, [seen(NOW - 20 * DAY)], now=NOW)
    engine.evaluate(store, at=NOW)
    assert set(engine.frozen_services(store)) == {"scoring"}
    return store


def ask(store: Store, at: Any = NOW, **options: Any) -> GateAnswer:
    return engine.gate(lambda: store, "scoring", now=at, **options)


def log(store: Store) -> list[tuple[str, str]]:
    return [(entry.actor, entry.action) for entry in reversed(engine.audit_log(store, "scoring"))]


class Kept:
    name = "kept"

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        self.messages.append(message)
        return Receipt("t")


def test_a_second_spent_slo_widens_the_freeze_and_both_must_recover(store: Store) -> None:
    frozen(store, "other")
    engine.record(store, daily("xxx", until=NOW + 3 * DAY, slo="other"), now=NOW)
    engine.evaluate(store, at=NOW + 3 * DAY)
    assert set(engine.frozen_services(store)["scoring"].causes) == {"done", "other"}
    assert log(store) == [("engine", "frozen"), ("engine", "frozen further")]
    assert [reason.slo for reason in ask(store, NOW + 3 * DAY).reasons] == ["done", "other"]
    # The first has recovered by now, the second has not.
    engine.record(
        store, [one for slo in ("done", "other") for one in daily("." * 18, until=NOW + 21 * DAY, slo=slo)], now=NOW
    )
    engine.evaluate(store, at=NOW + 21 * DAY)
    assert set(engine.frozen_services(store)) == {"scoring"}
    engine.record(
        store, [one for slo in ("done", "other") for one in daily("." * 4, until=NOW + 25 * DAY, slo=slo)], now=NOW
    )
    engine.evaluate(store, at=NOW + 25 * DAY)
    assert engine.frozen_services(store) == {}
    assert log(store)[-1] == ("engine", "thawed")


def test_a_service_thaws_strictly_above_its_share_and_freezes_at_nothing_left(store: Store) -> None:
    engine.apply(store, [an_slo(window="20d", thaw_after_good_runs=99, thaw_above="0.5")], now=NOW)
    good = [seen(NOW - 19 * DAY + n * DAY, 10, 10) for n in range(19)]
    steps = [(0, False), (19, False), (20, True), (11, True), (10, True), (9, False), (20, True)]
    engine.record(store, [seen(NOW - 20 * DAY), *good], now=NOW)
    for minutes, (bad, holds) in enumerate(steps):
        engine.record(store, [seen(NOW, 10 - bad, 10) if bad <= 10 else seen(NOW, 0, 10)], now=NOW + minutes * MINUTE)
        extra = max(0, bad - 10)
        engine.record(store, [seen(NOW - DAY, 10 - extra, 10)], now=NOW + minutes * MINUTE)
        engine.evaluate(store, at=NOW)
        assert bool(engine.frozen_services(store)) == holds, (bad, engine.status(store, at=NOW)[0].budget)


def test_a_service_that_good_runs_thawed_freezes_again_on_a_bad_run_and_not_as_more_runs_count(store: Store) -> None:
    # Of 28 runs, less than three may be bad, so five good ones thaw; of 30, three may, and no number of them would.
    engine.apply(store, [an_slo(window="30d", thaw_above="0")], now=NOW)
    gap = Interval(NOW - 20 * DAY, NOW - 18 * DAY)
    engine.record(store, daily("." * 24 + "xxxx" + "." * 5), now=NOW - 40 * DAY)
    [correction] = engine.add_correction(store, ["done"], period=gap, author="ada", reason="moved", now=NOW - 10 * DAY)
    for days in range(-6, 1):
        engine.evaluate(store, at=NOW + days * DAY)
    assert [one for one in log(store) if one[0] == "engine"] == [("engine", "frozen"), ("engine", "thawed")]
    assert engine.status(store, at=NOW)[0].budget.allowed < 3
    engine.revoke_correction(store, [correction.id], author="ada", reason="it was not", now=NOW)
    engine.evaluate(store, at=NOW + MINUTE)
    [now] = engine.status(store, at=NOW + MINUTE)
    assert now.budget.allowed >= 3
    assert now.exhausted
    assert engine.frozen_services(store) == {}
    engine.record(store, [seen(NOW + DAY, 0, 1)], now=NOW + DAY)
    engine.evaluate(store, at=NOW + DAY)
    assert set(engine.frozen_services(store)) == {"scoring"}


def test_where_nothing_is_known_a_freeze_holds(store: Store) -> None:
    frozen(store)
    engine.evaluate(store, at=NOW + 400 * DAY)
    assert engine.status(store, at=NOW + 400 * DAY)[0].budget.remaining is None
    assert set(engine.frozen_services(store)) == {"scoring"}


def test_opting_out_does_not_thaw_what_is_frozen(store: Store) -> None:
    frozen(store)
    engine.apply(store, [an_slo(window="20d", freeze=False), an_slo("new", window="20d")], now=NOW)
    engine.evaluate(store, at=NOW + MINUTE)
    answer = ask(store, NOW + MINUTE)
    assert answer.outcome is Gate.FROZEN
    assert answer.detail == "done: it no longer counts for freezes; a release thaws"
    engine.release(store, "scoring", author="ada", reason="moved", now=NOW + MINUTE)
    engine.evaluate(store, at=NOW + 2 * MINUTE)
    assert ask(store, NOW + 2 * MINUTE).outcome is Gate.ALLOWED


def test_a_new_generation_freezes_anew_after_the_release(store: Store) -> None:
    frozen(store)
    engine.apply(store, [an_slo(window="20d", indicator=Indicator(source="sql"))], now=NOW)
    engine.evaluate(store, at=NOW)
    engine.release(store, "scoring", author="ada", reason="measures rows now", now=NOW)
    engine.record(store, daily("xxx", until=NOW + 3 * DAY), now=NOW)
    engine.evaluate(store, at=NOW + 3 * DAY)
    assert set(engine.frozen_services(store)) == {"scoring"}


def test_a_clock_that_steps_back_thaws_nothing_although_a_new_slo_was_never_evaluated(store: Store) -> None:
    frozen(store)
    engine.apply(store, [an_slo("new", window="20d")], now=NOW)
    engine.record(store, daily("." * 20, until=NOW - DAY, slo="new"), now=NOW)
    engine.evaluate(store, at=NOW - DAY)
    assert set(engine.frozen_services(store)) == {"scoring"}


def test_a_clock_that_steps_back_freezes_nothing_for_part_of_a_service(store: Store) -> None:
    engine.apply(store, [an_slo(window="20d")], now=NOW)
    engine.record(store, daily("." * 21), now=NOW)
    engine.evaluate(store, at=NOW)
    engine.apply(store, [an_slo("new", window="20d")], now=NOW)
    engine.record(store, daily("." + SPENT, until=NOW - DAY, slo="new"), now=NOW)
    engine.evaluate(store, at=NOW - DAY)
    assert engine.frozen_services(store) == {}
    engine.evaluate(store, at=NOW)
    assert set(engine.frozen_services(store)) == {"scoring"}


def test_the_last_release_counts_however_the_freeze_before_it_ended(store: Store) -> None:
    frozen(store, thaw_after_good_runs=2)
    engine.record(store, daily("..", until=NOW + 2 * DAY), now=NOW)
    engine.evaluate(store, at=NOW + 2 * DAY)
    assert engine.frozen_services(store) == {}
    engine.record(store, daily("x", until=NOW + 3 * DAY), now=NOW)
    engine.evaluate(store, at=NOW + 3 * DAY)
    engine.release(store, "scoring", author="ada", reason="agreed", now=NOW + 3 * DAY)
    engine.evaluate(store, at=NOW + 3 * DAY + HOUR)
    assert engine.frozen_services(store) == {}
    assert [action for _, action in log(store)] == ["frozen", "thawed", "frozen", "released"]


def test_a_release_tells_those_who_were_told_of_the_freeze_and_for_how_long_it_held(store: Store) -> None:
    frozen(store, notify=["oncall"])
    engine.release(store, "scoring", author="ada", reason="agreed", now=NOW + 30 * HOUR)
    channel = Kept()
    engine.deliver(store, {"oncall": channel}, now=NOW + 30 * HOUR)
    started, thawed = channel.messages
    assert (started.title, thawed.title) == ("Frozen: scoring", "Thawed: scoring")
    assert started.thread_key == thawed.thread_key
    assert any("1 d 6 h" in fact.value for fact in thawed.facts)
    assert log(store) == [("engine", "frozen"), ("ada", "released")]


def test_only_a_frozen_service_is_released_and_only_once(store: Store) -> None:
    frozen(store)
    for author, reason in (("", "why"), ("ada", " ")):
        with pytest.raises(ConfigurationError, match="needs an author and a reason"):
            engine.release(store, "scoring", author=author, reason=reason, now=NOW)
    engine.release(store, "scoring", author="ada", reason="agreed", now=NOW)
    with pytest.raises(ConfigurationError, match="service scoring is not frozen"):
        engine.release(store, "scoring", author="ada", reason="again", now=NOW)


def test_an_override_names_who_why_and_until_when(store: Store) -> None:
    frozen(store)
    until = NOW + HOUR
    engine.override(store, "scoring", author=" ada ", reason="hotfix", until=until, now=NOW)
    answer = ask(store, until - timedelta(microseconds=1), actor="deploy")
    assert (answer.outcome, answer.blocks()) == (Gate.ALLOWED, False)
    assert answer.detail == "override by ada until 2026-03-10 13:00 UTC: hotfix"
    assert answer.override is not None
    assert ask(store, until).outcome is Gate.FROZEN
    assert set(engine.frozen_services(store)) == {"scoring"}
    assert ("ada", "override") in log(store)
    assert ("deploy", "allowed") in log(store)


def test_an_override_that_would_never_hold_is_refused(store: Store) -> None:
    frozen(store)
    with pytest.raises(ConfigurationError, match="ends in the future"):
        engine.override(store, "scoring", author="ada", reason="late", until=NOW, now=NOW)
    with pytest.raises(UnknownSLOError, match="no SLO names service nope; known: scoring"):
        engine.override(store, "nope", author="ada", reason="typo", until=NOW + HOUR, now=NOW)
    assert log(store) == [("engine", "frozen")]


def test_the_longest_override_counts(store: Store) -> None:
    frozen(store)
    for hours in (1, 5, 2):
        engine.override(store, "scoring", author=f"{hours}", reason="r", until=NOW + hours * HOUR, now=NOW)
    assert "override by 5" in ask(store, NOW + 4 * HOUR).detail


@pytest.mark.parametrize("label", ["security", "p0", "reliability"])
def test_exempt_changes_pass_a_freeze_and_are_audited(store: Store, label: str) -> None:
    frozen(store)
    answer = ask(store, labels=["docs", label], actor="deploy")
    assert (answer.outcome, answer.detail) == (Gate.ALLOWED, f"exempt: {label}")
    assert log(store)[-1] == ("deploy", "allowed")
    assert ask(store, labels=["docs", "Security"]).outcome is Gate.FROZEN


def test_an_exempt_change_passes_although_the_store_is_away() -> None:
    def away() -> Store:
        raise StoreUnavailableError("the store is away")

    assert engine.gate(away, "scoring", now=NOW).outcome is Gate.UNKNOWN
    answer = engine.gate(away, "scoring", now=NOW, labels=["p0"])
    assert (answer.outcome, answer.detail) == (Gate.ALLOWED, "exempt: p0; not audited: the store is away")


def test_a_gate_believes_no_evaluation_from_the_future(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.evaluate(store, at=NOW + 300 * DAY)
    answer = ask(store)
    assert answer.outcome is Gate.UNKNOWN
    assert "a clock is wrong" in answer.detail
    engine.apply(store, [an_slo("b", service="two")], now=NOW)
    engine.evaluate(store, at=NOW + 3 * MINUTE, slos=["b"])
    assert engine.gate(lambda: store, "two", now=NOW).outcome is Gate.ALLOWED


def test_max_age_is_the_caller_s(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.evaluate(store, at=NOW)
    assert ask(store, NOW + HOUR, max_age=HOUR).outcome is Gate.ALLOWED
    assert ask(store, NOW + HOUR + MINUTE, max_age=HOUR).outcome is Gate.UNKNOWN


def test_one_slo_that_was_never_evaluated_leaves_a_service_unknown(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.evaluate(store, at=NOW)
    engine.apply(store, [an_slo("new")], now=NOW)
    answer = ask(store)
    assert (answer.outcome, answer.detail) == (
        Gate.UNKNOWN,
        "new was never evaluated; run `ai-slo evaluate` or a DAG with EvaluateSLOsOperator",
    )


def test_a_freeze_stays_frozen_when_evaluations_stop(store: Store) -> None:
    frozen(store)
    assert ask(store, NOW + 90 * DAY).outcome is Gate.FROZEN


def test_actors_are_told_apart_in_the_audit_log(store: Store) -> None:
    frozen(store)
    for minute, actor in enumerate(("a", "a", "b", "a", "")):
        ask(store, NOW + minute * MINUTE, actor=actor)
    assert log(store)[1:] == [("a", "frozen"), ("b", "frozen"), ("unnamed", "frozen")]
    assert [entry.at for entry in engine.audit_log(store, limit=2)] == [NOW + 4 * MINUTE, NOW + 2 * MINUTE]
