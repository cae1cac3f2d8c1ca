"""Freeze policies of services, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from slo_kit import DAY, HOUR, MINUTE, NOW, an_slo, daily, seen

from airflow_ai_slo import engine
from airflow_ai_slo.alerts import Message, Receipt
from airflow_ai_slo.core.definition import Service
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.freeze import Gate, GateAnswer
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.store import Store

SPENT = "." * 17 + "xxx"
"""Of 20 runs, 2 may be bad."""


class Kept:
    name = "kept"

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        self.messages.append(message)
        return Receipt("t")


def told(store: Store, at: datetime) -> list[Message]:
    channel = Kept()
    engine.deliver(store, {"default": channel}, now=at)
    return channel.messages


def govern(store: Store, at: datetime = NOW, **policy: Any) -> None:
    engine.apply(store, [], [Service(name="scoring", freeze=FreezePolicy(**policy))], now=at, author="ada")


def spent(store: Store, policy: dict[str, Any], **slo: Any) -> None:
    """A service whose SLO ``done`` has spent its budget, evaluated."""
    govern(store, **policy)
    engine.apply(store, [an_slo(**({"window": "20d", "thaw_after_good_runs": 99} | slo))], now=NOW - 90 * DAY)
    measurements = [seen(NOW - 20 * DAY), *daily(SPENT[:-1], until=NOW - DAY), seen(NOW, 0, 1, cause="late")]
    engine.record(store, measurements, now=NOW)
    engine.evaluate(store, at=NOW)


def ask(store: Store, at: datetime = NOW, **options: Any) -> GateAnswer:
    return engine.gate(lambda: store, "scoring", now=at, **options)


def log(store: Store) -> list[tuple[str, str]]:
    return [(entry.actor, entry.action) for entry in reversed(engine.audit_log(store, "scoring"))]


def is_frozen(store: Store) -> bool:
    return "scoring" in engine.frozen_services(store)


def test_a_policy_can_name_slos_that_did_not_opt_in(store: Store) -> None:
    spent(store, {"slos": ["done"]}, freeze=False)
    assert is_frozen(store)
    assert ask(store).outcome is Gate.FROZEN


def test_a_policy_that_names_an_slo_nobody_applied_leaves_the_gate_unknown(store: Store) -> None:
    govern(store, slos="done, dnoe")
    engine.apply(store, [an_slo()], now=NOW)
    engine.evaluate(store, at=NOW)
    answer = ask(store)
    assert answer.outcome is Gate.UNKNOWN
    assert answer.detail == (
        "the freeze policy of service scoring names dnoe, which none of its applied SLOs is called"
    )
    govern(store, slos="*")
    assert ask(store).outcome is Gate.ALLOWED


def test_a_service_without_a_policy_keeps_the_defaults_and_one_of_another_service_does_not_matter(store: Store) -> None:
    engine.apply(store, [], [Service(name="other", freeze=FreezePolicy(slos="*", mode="soft"))], now=NOW)
    engine.apply(store, [an_slo("free", freeze=False, service="scoring")], now=NOW)
    engine.evaluate(store, at=NOW)
    assert "opted in" in ask(store).detail


def test_the_service_s_share_thaws_where_the_slo_gives_none(store: Store) -> None:
    spent(store, {"thaw_above": "0.5"})
    engine.record(store, daily("." * 18, until=NOW + 18 * DAY), now=NOW)
    engine.evaluate(store, at=NOW + 18 * DAY)
    assert is_frozen(store)  # two of two are still in the window
    engine.record(store, daily("..", until=NOW + 20 * DAY), now=NOW)
    engine.evaluate(store, at=NOW + 19 * DAY)
    assert is_frozen(store)  # half is left, and half is not more than half
    engine.evaluate(store, at=NOW + 20 * DAY)
    assert not is_frozen(store)


def test_the_service_s_good_runs_thaw_where_the_slo_gives_none(store: Store) -> None:
    spent(store, {"thaw_after_good_runs": 2}, thaw_after_good_runs=None)
    engine.record(store, daily("..", until=NOW + 2 * DAY), now=NOW)
    engine.evaluate(store, at=NOW + DAY)
    assert is_frozen(store)
    engine.evaluate(store, at=NOW + 2 * DAY)
    assert not is_frozen(store)
    assert told(store, NOW)[-1].body[0] == "done: 2 good runs in a row over 2 d."


def test_a_soft_freeze_lets_changes_pass_with_a_warning(store: Store) -> None:
    spent(store, {"mode": "soft"})
    answer = ask(store, actor="deploy")
    assert (answer.outcome, answer.warns, answer.blocks()) == (Gate.ALLOWED, True, False)
    assert [reason.slo for reason in answer.reasons] == ["done"]
    assert answer.detail.startswith(
        "the freeze is soft and only warns: SLO done has -50% of its error budget left "
        "(3 bad, 2 allowed; spent by other 2, late 1), frozen since 2026-03-10 12:00 UTC. done: thaws when"
    )
    assert log(store) == [("ada", "policy"), ("engine", "frozen"), ("deploy", "allowed")]
    assert [message.title for message in told(store, NOW)] == ["Soft freeze: scoring"]
    govern(store, mode="hard")
    assert ask(store).outcome is Gate.FROZEN


def test_a_soft_policy_opens_no_gate_that_does_not_know(store: Store) -> None:
    spent(store, {"mode": "soft"})
    stale = ask(store, NOW + 2 * DAY)
    assert (stale.outcome, stale.warns) == (Gate.UNKNOWN, False)


def test_a_freeze_ends_by_itself_and_only_a_new_bad_run_starts_another(store: Store) -> None:
    spent(store, {"for_at_most": "3d"})
    ends = NOW + 3 * DAY
    assert ask(store).ends_at == ends
    assert ask(store).detail.endswith("; it ends by itself on 2026-03-13 12:00 UTC unless renewed")
    engine.evaluate(store, at=ends - MINUTE)
    assert is_frozen(store)
    engine.evaluate(store, at=ends)
    assert not is_frozen(store)
    engine.evaluate(store, at=ends + MINUTE)
    assert not is_frozen(store)
    answer = ask(store, ends + MINUTE)
    assert (answer.outcome, answer.ends_at) == (Gate.ALLOWED, None)
    assert told(store, ends)[-1].body == (
        "It ended by itself after 3 d, not renewed.",
        "done had spent its budget.",
    )
    engine.record(store, [seen(ends + HOUR, 0, 1)], now=ends + HOUR)
    engine.evaluate(store, at=ends + HOUR)
    assert is_frozen(store)
    assert log(store)[-1] == ("engine", "frozen")
    assert ("engine", "expired") in log(store)


def test_a_renewed_freeze_holds_for_its_longest_duration_once_more(store: Store) -> None:
    spent(store, {"for_at_most": "3d"})
    ends = engine.renew(store, "scoring", author="ada", reason="still broken", now=NOW + 2 * DAY)
    assert ends == NOW + 5 * DAY == ask(store, NOW + 2 * DAY).ends_at
    engine.evaluate(store, at=NOW + 4 * DAY)
    assert is_frozen(store)
    engine.evaluate(store, at=NOW + 5 * DAY)
    assert not is_frozen(store)
    assert [action for _, action in log(store) if action in ("renewed", "expired")] == ["renewed", "expired"]


def test_only_a_freeze_with_a_longest_duration_is_renewed(store: Store) -> None:
    spent(store, {})
    for options, says in (
        ({"author": "", "reason": "r"}, "a renewal needs an author and a reason"),
        ({"author": "ada", "reason": "r"}, "sets no longest duration .annotation airflow-ai-slo/freeze-for-at-most"),
    ):
        with pytest.raises(ConfigurationError, match=says):
            engine.renew(store, "scoring", now=NOW, **options)
    with pytest.raises(ConfigurationError, match="service other is not frozen; frozen: scoring"):
        engine.renew(store, "other", author="ada", reason="r", now=NOW)


def test_a_longest_duration_ends_a_freeze_that_nothing_else_could(store: Store) -> None:
    spent(store, {"for_at_most": "3d"})
    engine.apply(store, [an_slo(window="20d", freeze=False)], now=NOW)
    engine.evaluate(store, at=NOW + 2 * DAY)
    assert is_frozen(store)
    engine.evaluate(store, at=NOW + 3 * DAY)
    assert not is_frozen(store)


def test_the_policy_s_labels_pass_and_no_others(store: Store) -> None:
    spent(store, {"exempt_labels": ["hotfix"]})
    passed = ask(store, labels=["hotfix", "docs"])
    assert (passed.outcome, passed.detail) == (Gate.ALLOWED, "exempt: hotfix")
    stopped = ask(store, labels=["p0"])
    assert stopped.outcome is Gate.FROZEN
    assert stopped.detail.endswith("; not exempt: p0; exempt here: hotfix")
    govern(store, exempt_labels=())
    assert ask(store, labels=["p0"]).detail.endswith("; not exempt: p0; exempt here: no label")
    assert told(store, NOW)[0].body[-1] == "Changes labelled hotfix pass."


def test_a_change_of_policy_is_audited_and_the_same_one_is_not(store: Store) -> None:
    govern(store)
    assert log(store) == []
    govern(store, mode="soft")
    govern(store, mode="soft")
    govern(store)
    entries = engine.audit_log(store, "scoring")
    assert [(e.actor, e.action, e.detail.split(";")[0]) for e in entries] == [
        ("ada", "policy", "hard freeze"),
        ("ada", "policy", "soft freeze"),
    ]


def test_a_release_tells_who_and_why(store: Store) -> None:
    spent(store, {})
    engine.release(store, "scoring", author="ada", reason="agreed with <b>risk</b>", now=NOW + HOUR)
    started, thawed = told(store, NOW + HOUR)
    assert started.body[0] == (
        "done: budget left -50% (3 bad, 2 allowed; spent by other 2, late 1), since 2026-03-10 12:00 UTC."
    )
    assert thawed.body == ("released by ada: agreed with <b>risk</b>.", "done had spent its budget.")


def test_a_bad_run_dated_after_a_release_freezes_once_it_is_seen(store: Store) -> None:
    spent(store, {})
    engine.record(store, [seen(NOW + 2 * HOUR, 0, 1)], now=NOW)
    engine.release(store, "scoring", author="ada", reason="agreed", now=NOW + HOUR)
    engine.evaluate(store, at=NOW + HOUR)
    assert not is_frozen(store)
    engine.evaluate(store, at=NOW + 2 * HOUR)
    assert is_frozen(store)


def test_overlapping_overrides_hold_until_the_last_ends_or_all_are_revoked(store: Store) -> None:
    spent(store, {})
    for hours in (1, 5, 3):
        engine.override(store, "scoring", author=f"a{hours}", reason="r", until=NOW + hours * HOUR, now=NOW)
    assert "override by a5" in ask(store, NOW + 2 * HOUR).detail
    revoked = engine.revoke(store, "scoring", author="bob", reason="enough", now=NOW + 2 * HOUR)
    assert [one.author for one in revoked] == ["a5", "a3"]
    assert ask(store, NOW + 2 * HOUR).outcome is Gate.FROZEN
    assert engine.audit_log(store, "scoring")[1].detail == (
        "enough (by a5 until 2026-03-10T17:00+00:00, a3 until 2026-03-10T15:00+00:00)"
    )
    with pytest.raises(ConfigurationError, match="service scoring has no override in force"):
        engine.revoke(store, "scoring", author="bob", reason="again", now=NOW + 2 * HOUR)
    engine.override(store, "scoring", author="eve", reason="r", until=NOW + 9 * HOUR, now=NOW + 3 * HOUR)
    assert "override by eve" in ask(store, NOW + 3 * HOUR).detail


@pytest.mark.parametrize(
    ("author", "reason", "says"),
    [
        ("a" * 251, "r", "author: 251 characters; at most 250"),
        ("a", "r" * 2001, "reason: 2001 characters; at most 2000"),
        ("a", "r\0", "reason: holds characters that are no text"),
        ("\ud800", "r", "author: holds characters that are no text"),
    ],
)
def test_what_no_store_could_keep_is_refused(store: Store, author: str, reason: str, says: str) -> None:
    spent(store, {})
    with pytest.raises(ConfigurationError, match=says):
        engine.override(store, "scoring", author=author, reason=reason, until=NOW + HOUR, now=NOW)


def test_too_few_measurements_neither_freeze_nor_block(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    engine.evaluate(store, at=NOW)
    assert (ask(store).outcome, ask(store).detail) == (Gate.ALLOWED, "not frozen; nothing measured yet: done")
    assert not is_frozen(store)
