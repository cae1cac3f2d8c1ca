"""Evaluations decide once, whatever happens around them; on SQLite and on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from slo_kit import DAY, HOUR, NOW, an_slo, daily, seen

from airflow_ai_slo import engine
from airflow_ai_slo.alerts import Message, Receipt
from airflow_ai_slo.core.definition import BurnRule, Indicator, Severity
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError, DeliveryError
from airflow_ai_slo.core.freeze import Gate
from airflow_ai_slo.store import Store

RULES = [
    BurnRule(severity=Severity.PAGE, long=Duration(7, "d"), short=Duration(2, "d"), factor=Fraction(2)),
    BurnRule(severity=Severity.TICKET, long=Duration(7, "d"), short=None, factor=Fraction(1)),
]


class Inbox:
    """A channel that keeps what it is sent, and can be told to fail."""

    name = "inbox"

    def __init__(self, *failures: Exception) -> None:
        self.got: list[tuple[str, str | None, bool]] = []
        self.failures = list(failures)

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        if self.failures:
            raise self.failures.pop(0)
        self.got.append((message.title, thread, again))
        return Receipt(thread or f"t{len(self.got)}")

    @property
    def titles(self) -> list[str]:
        return [title for title, _, _ in self.got]


def play(store: Store, verdicts: str, inbox: Inbox, *, until: datetime = NOW) -> None:
    """Record day by day, evaluate an hour later, deliver."""
    for one in daily(verdicts, until=until):
        engine.record(store, [one], now=one.at)
        engine.evaluate(store, at=one.at + HOUR)
        engine.deliver(store, {"default": inbox}, now=one.at + HOUR)


def test_an_incident_opens_escalates_and_resolves_in_one_thread(store: Store) -> None:
    engine.apply(store, [an_slo(rules=RULES, freeze=False)], now=NOW - 60 * DAY)
    inbox = Inbox()
    play(store, "." * 30 + "x.x.......", inbox)
    assert inbox.titles == ["Ticket: done", "Now a page: done", "Down to a ticket: done", "Resolved: done"]
    assert [thread for _, thread, _ in inbox.got] == [None, "t1", "t1", "t1"]


def test_evaluating_again_changes_nothing(store: Store) -> None:
    engine.apply(store, [an_slo(rules=RULES, freeze=False)], now=NOW - 60 * DAY)
    inbox = Inbox()
    play(store, "." * 20 + "xx", inbox)
    before = list(inbox.titles)
    for minutes in range(0, 600, 60):
        engine.evaluate(store, at=NOW + HOUR + timedelta(minutes=minutes))
    engine.deliver(store, {"default": inbox}, now=NOW + 12 * HOUR)
    assert inbox.titles == before == ["Ticket: done", "Now a page: done"]


def test_many_evaluators_at_once_open_one_incident_and_send_one_message(store: Store) -> None:
    engine.apply(store, [an_slo(rules=RULES)], now=NOW - 60 * DAY)
    engine.record(store, daily("." * 20 + "xxxxx"), now=NOW)
    inbox = Inbox()

    def work(_: int) -> None:
        engine.evaluate(store, at=NOW + HOUR)
        engine.deliver(store, {"default": inbox}, now=NOW + HOUR)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(16)))
    assert sorted(inbox.titles) == ["Frozen: scoring", "Page: done"]


def test_a_clock_that_steps_back_decides_nothing(store: Store) -> None:
    engine.apply(store, [an_slo(rules=RULES, freeze=False)], now=NOW - 60 * DAY)
    inbox = Inbox()
    play(store, "." * 20 + "xx", inbox)
    engine.evaluate(store, at=NOW - 10 * DAY)
    engine.deliver(store, {"default": inbox}, now=NOW + 2 * HOUR)
    assert inbox.titles == ["Ticket: done", "Now a page: done"]


def test_a_spent_budget_freezes_until_good_runs_in_a_row(store: Store) -> None:
    engine.apply(store, [an_slo(window="20d")], now=NOW - 90 * DAY)
    inbox = Inbox()
    play(store, "." * 20 + "xx....", inbox)
    assert inbox.titles == ["Frozen: scoring"]
    play(store, ".", inbox, until=NOW + DAY)
    assert inbox.titles == ["Frozen: scoring", "Thawed: scoring"]
    answer = engine.gate(lambda: store, "scoring", now=NOW + DAY + HOUR)
    assert (answer.outcome, answer.reasons) == (Gate.ALLOWED, ())


def test_a_frozen_gate_says_which_slo_how_much_and_since_when(store: Store) -> None:
    engine.apply(store, [an_slo(window="20d")], now=NOW - 90 * DAY)
    engine.record(store, daily("." * 20 + "xxx"), now=NOW)
    engine.evaluate(store, at=NOW)
    answer = engine.gate(lambda: store, "scoring", now=NOW + HOUR, actor="deploy")
    assert answer.outcome is Gate.FROZEN
    [reason] = answer.reasons
    assert (reason.slo, reason.remaining, reason.since) == ("done", Fraction(-1, 2), NOW)
    assert "5 good runs in a row" in answer.detail
    log = engine.audit_log(store, "scoring")
    assert [(entry.actor, entry.action) for entry in log] == [("deploy", "frozen"), ("engine", "frozen")]


def test_polling_a_gate_is_one_decision_in_the_audit_log(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    for minutes in range(5):
        engine.gate(lambda: store, "scoring", now=NOW + timedelta(minutes=minutes), actor="sensor")
    assert len(engine.audit_log(store)) == 1


def test_a_release_holds_until_the_next_bad_run(store: Store) -> None:
    engine.apply(store, [an_slo(window="20d")], now=NOW - 90 * DAY)
    engine.record(store, daily("." * 20 + "xxx"), now=NOW)
    engine.evaluate(store, at=NOW)
    engine.release(store, "scoring", author="ada", reason="agreed", now=NOW)
    engine.evaluate(store, at=NOW + HOUR)
    assert engine.frozen_services(store) == {}
    assert "released" in engine.gate(lambda: store, "scoring", now=NOW + HOUR).detail
    engine.record(store, [seen(NOW + DAY, good=0)], now=NOW + DAY)
    engine.evaluate(store, at=NOW + DAY)
    assert set(engine.frozen_services(store)) == {"scoring"}


def test_an_override_passes_until_it_ends(store: Store) -> None:
    engine.apply(store, [an_slo(window="20d")], now=NOW - 90 * DAY)
    engine.record(store, daily("." * 20 + "xxx"), now=NOW)
    engine.evaluate(store, at=NOW)
    engine.override(store, "scoring", author="ada", reason="hotfix", until=NOW + HOUR, now=NOW)
    during = engine.gate(lambda: store, "scoring", now=NOW + timedelta(minutes=30))
    assert (during.outcome, during.override and during.override.author) == (Gate.ALLOWED, "ada")
    assert engine.gate(lambda: store, "scoring", now=NOW + HOUR).outcome is Gate.FROZEN
    for author, reason, until in (("", "x", NOW + HOUR), ("ada", " ", NOW + HOUR), ("ada", "x", NOW)):
        with pytest.raises(ConfigurationError):
            engine.override(store, "scoring", author=author, reason=reason, until=until, now=NOW)


def test_a_gate_without_an_answer_is_unknown_and_blocks(store: Store) -> None:
    def ask(at: datetime = NOW) -> Any:
        return engine.gate(lambda: store, "scoring", now=at)

    assert "no SLO of service scoring is applied" in ask().detail
    engine.apply(store, [an_slo(freeze=False)], now=NOW)
    assert "opted in" in ask().detail
    engine.apply(store, [an_slo()], now=NOW)
    assert "never evaluated" in ask().detail
    engine.evaluate(store, at=NOW)
    assert ask(NOW + 26 * HOUR).outcome is Gate.ALLOWED
    stale = ask(NOW + 27 * HOUR)
    assert stale.outcome is Gate.UNKNOWN
    assert stale.blocks()
    assert not stale.blocks(on_unknown="allow")
    nobody = engine.gate(lambda: store, " ", now=NOW)
    assert (nobody.outcome, nobody.detail) == (Gate.UNKNOWN, "no service is named; give the one that SLOs name")
    assert nobody.blocks()


def test_a_freeze_outlives_a_change_of_what_is_measured(store: Store) -> None:
    engine.apply(store, [an_slo(window="20d", rules=RULES)], now=NOW - 90 * DAY)
    engine.record(store, daily("." * 20 + "xxx"), now=NOW)
    engine.evaluate(store, at=NOW)
    engine.apply(store, [an_slo(window="20d", rules=RULES, indicator=Indicator(source="sql"))], now=NOW)
    inbox = Inbox()
    engine.deliver(store, {"default": inbox}, now=NOW)
    assert any(title.startswith("Closed: done") for title in inbox.titles)
    engine.record(store, daily("." * 10, until=NOW + 10 * DAY), now=NOW + 10 * DAY)
    engine.evaluate(store, at=NOW + 10 * DAY)
    assert set(engine.frozen_services(store)) == {"scoring"}


def test_failed_messages_wait_in_order_and_lose_nothing(store: Store) -> None:
    engine.apply(store, [an_slo(rules=RULES, freeze=False)], now=NOW - 60 * DAY)
    for one in daily("." * 20 + "x.x"):
        engine.record(store, [one], now=one.at)
        engine.evaluate(store, at=one.at + HOUR)
    inbox = Inbox(DeliveryError("slow down", retry_after=120))
    first = engine.deliver(store, {"default": inbox}, now=NOW + HOUR)
    assert (first.sent, first.failed, first.pending) == (0, 1, 2)
    assert engine.deliver(store, {"default": inbox}, now=NOW + HOUR + timedelta(minutes=1)).sent == 0
    assert engine.deliver(store, {"default": inbox}, now=NOW + HOUR + timedelta(minutes=5)).pending == 0
    assert inbox.got == [("Ticket: done", None, True), ("Now a page: done", "t1", False)]


def test_a_message_that_can_never_be_sent_is_given_up_and_says_why(store: Store) -> None:
    engine.apply(store, [an_slo(rules=RULES, freeze=False)], now=NOW - 60 * DAY)
    engine.record(store, daily("." * 20 + "xx"), now=NOW)
    engine.evaluate(store, at=NOW + HOUR)
    inbox = Inbox(DeliveryError("invalid_auth", permanent=True))
    result = engine.deliver(store, {"default": inbox}, now=NOW + HOUR)
    assert (result.sent, result.failed, result.pending) == (0, 1, 0)
    assert result.problems == ("default: invalid_auth",)


def test_without_a_channel_messages_wait(store: Store) -> None:
    engine.apply(store, [an_slo(rules=RULES, freeze=False, notify=["slo-alerts"])], now=NOW - 60 * DAY)
    engine.record(store, daily("." * 20 + "xx"), now=NOW)
    engine.evaluate(store, at=NOW + HOUR)
    assert engine.deliver(store, {}, now=NOW + HOUR).pending == 1
    inbox = Inbox()
    engine.deliver(store, {"slo-alerts": inbox}, now=NOW + HOUR)
    assert inbox.titles == ["Page: done"]


def test_a_crash_between_sending_and_noting_asks_the_channel_first(store: Store) -> None:
    engine.apply(store, [an_slo(rules=RULES, freeze=False)], now=NOW - 60 * DAY)
    engine.record(store, daily("." * 20 + "xx"), now=NOW)
    engine.evaluate(store, at=NOW + HOUR)

    class Killed(BaseException):
        pass

    class Dies(Inbox):
        def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
            super().send(message, thread=thread, again=again)
            raise Killed

    dies, inbox = Dies(), Inbox()
    with pytest.raises(Killed):
        engine.deliver(store, {"default": dies}, now=NOW + HOUR)
    assert engine.deliver(store, {"default": inbox}, now=NOW + HOUR).sent == 0
    assert engine.deliver(store, {"default": inbox}, now=NOW + 2 * HOUR).sent == 1
    assert inbox.got == [("Page: done", None, True)]


def test_a_report_holds_history_causes_incidents_and_freezes(store: Store) -> None:
    engine.apply(store, [an_slo(window="20d", rules=RULES)], now=NOW - 90 * DAY)
    play(store, "." * 20 + "xxx" + "." * 7, Inbox())
    report = engine.report(store, at=NOW + HOUR, period=30 * DAY)
    [service] = report.services
    [slo] = service.slos
    assert service.freezes
    assert service.frozen is None
    assert [incident.severity for incident in slo.incidents]
    assert slo.spent_by == {"other": 3}
    assert [one.good for one in slo.worst] == [0, 0, 0]
    assert slo.history[-1].remaining == slo.evaluation.budget.remaining
    assert min(point.remaining for point in slo.history if point.remaining is not None) < 0
