"""Who is told of what: targets by service, SLO and severity, stored so that any evaluator knows them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

import pytest
from slo_kit import DAY, HOUR, NOW, an_slo, daily
from sqlalchemy import select

from airflow_ai_slo import SLO, Service, Target, engine
from airflow_ai_slo.alerts import Kind, Link, Message, Receipt
from airflow_ai_slo.core.definition import BurnRule, Severity
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError, DefinitionError, UnknownSLOError
from airflow_ai_slo.store import Store, tables, targets

CHAT = Target(name="chat", kind="slack", channel="#ml")
PAGER = Target(name="pager", kind="pagerduty", takes=("page",))
DESK = Target(name="desk", kind="email", channel="desk@example.org", takes=("ticket", "digest"))
RULES = (
    BurnRule(severity=Severity.TICKET, long=Duration(10, "d"), short=None, factor=Fraction(1)),
    BurnRule(severity=Severity.PAGE, long=Duration(2, "d"), short=None, factor=Fraction(5)),
)


class Inbox:
    name = "inbox"

    def __init__(self) -> None:
        self.got: list[Message] = []

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        self.got.append(message)
        return Receipt()


def slo(**changes: object) -> SLO:
    return an_slo(rules=RULES, **({"freeze": False} | changes))


def told(store: Store) -> dict[str, list[str]]:
    """Kinds of the messages to each target, in order."""
    found: dict[str, list[str]] = {}
    with store.read() as connection:
        for row in connection.execute(select(tables.outbox).order_by(tables.outbox.c.id)):
            found.setdefault(row.target, []).append(json.loads(row.message)["kind"])
    return found


def live(store: Store, verdicts: str, *, start: datetime = NOW) -> datetime:
    """One run and one evaluation a day."""
    for number, verdict in enumerate(verdicts):
        at = start + number * DAY
        engine.record(store, daily(verdict, until=at), now=at)
        engine.evaluate(store, at=at)
    return start + (len(verdicts) - 1) * DAY


def prepared(store: Store, *, service: Service | None = None, **changes: object) -> None:
    engine.apply(store, [slo(**changes)], [service] if service else [], now=NOW, targets=[CHAT, PAGER, DESK])
    engine.record(store, daily("." * 30, until=NOW - DAY), now=NOW)


def test_a_ticket_goes_to_those_who_take_tickets_and_a_page_joins_the_pager(store: Store) -> None:
    prepared(store, notify=("pager", "desk"))
    live(store, "x.xx")
    assert told(store)["desk"][:2] == ["incident_opened", "incident_escalated"]
    assert told(store)["pager"] == ["incident_escalated"]
    assert "default" not in told(store)


def test_whoever_was_told_hears_the_end_of_it(store: Store) -> None:
    prepared(store, notify=("pager", "desk"))
    live(store, "x.xx" + "." * 20)
    assert told(store)["pager"][0] == "incident_escalated"
    assert told(store)["pager"][-1] == told(store)["desk"][-1] == "incident_resolved"


def test_what_no_target_takes_goes_to_the_default_one(store: Store) -> None:
    prepared(store, notify=("pager",))
    live(store, "x.xx")
    assert told(store) == {"default": ["incident_opened", "incident_escalated"], "pager": ["incident_escalated"]}


def test_a_service_names_targets_for_all_its_slos(store: Store) -> None:
    prepared(store, service=Service(name="scoring", notify=("chat",)))
    live(store, "x.x")
    assert list(told(store)) == ["chat"]


def test_a_target_that_two_name_is_told_once(store: Store) -> None:
    prepared(store, service=Service(name="scoring", notify=("chat",)), notify=("chat",))
    live(store, "x.x")
    assert told(store) == {"chat": ["incident_opened"]}


def test_a_freeze_goes_to_those_who_take_freezes(store: Store) -> None:
    prepared(store, notify=("chat", "pager", "desk"), freeze=True)
    live(store, "x.xxx")
    assert "freeze_started" in told(store)["chat"]
    assert "freeze_started" not in told(store)["pager"] + told(store)["desk"]


def test_a_freeze_says_what_spent_the_budget_and_what_thaws_it(store: Store) -> None:
    prepared(store, freeze=True, runbook="https://wiki.example/scores")
    live(store, "xxxx")
    inbox = Inbox()
    engine.deliver(store, {"default": inbox}, now=NOW + 9 * DAY)
    (frozen,) = [message for message in inbox.got if message.kind is Kind.FREEZE_STARTED]
    assert frozen.body[0].startswith("done: budget left 0% (3 bad, 3 allowed; spent by other 3), since ")
    assert "thaws when more than 5% of its budget is left" in frozen.body[1]
    assert [(link.label, link.url) for link in frozen.links] == [("Runbook of done", "https://wiki.example/scores")]


def test_an_alert_links_to_the_runbook_the_run_and_the_report(store: Store) -> None:
    prepared(store, runbook="https://wiki.example/scores")
    bad = [replace(one, attributes={"run_url": "https://airflow.example/run"}) for one in daily("x", until=NOW)]
    engine.record(store, [*bad, *daily("x", until=NOW - HOUR)], now=NOW)
    engine.evaluate(store, at=NOW)
    inbox = Inbox()
    engine.deliver(store, {"default": inbox}, now=NOW, links=[Link("Report", "https://example.org/slo")])
    assert [link.label for link in inbox.got[0].links] == ["Runbook", "Run that spent most", "Report"]
    assert inbox.got[0].since == NOW
    assert inbox.got[0].figures["objective"] == 0.9


def test_targets_stay_until_they_are_defined_anew(store: Store) -> None:
    prepared(store)
    engine.apply(store, [], now=NOW, targets=[Target(name="chat", kind="slack", channel="#other", mention=("here",))])
    with store.read() as connection:
        known = targets.known(connection)
    assert known == {
        "chat": Target(name="chat", kind="slack", channel="#other", mention=("here",)),
        "pager": PAGER,
        "desk": DESK,
    }


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"takes": ("pages",)}, "'pages' is not one of page, ticket, freeze, digest"),
        ({"mention": ("@alice",)}, "'@alice' is not here, channel or the ID"),
        ({"name": ""}, "not text of 1 to 250 characters"),
    ],
)
def test_a_wrong_target_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        Target(**({"name": "chat", "kind": "slack"} | wrong))  # type: ignore[arg-type]


def test_a_digest_goes_once_to_those_who_take_it_and_says_who_needs_care(store: Store) -> None:
    prepared(store, notify=("desk",), freeze=True)
    last = live(store, "xxxx")
    engine.apply(store, [an_slo("calm", service="other", freeze=False)], now=last)
    for _ in range(2):
        assert engine.digest(store, at=last, period=7 * DAY, key="monday") == ["desk"]
    inbox = Inbox()
    engine.deliver(store, {"desk": inbox}, now=last)
    (digest,) = [message for message in inbox.got if message.kind is Kind.DIGEST]
    assert digest.title == "1 of 2 SLOs need care"
    assert digest.body[0].startswith("done: SPENT, budget left ")
    assert digest.body[1].startswith("calm: unknown, budget left unknown")
    facts = {fact.label: fact.value for fact in digest.facts}
    assert facts["SLOs"] == "2: 1 spent, 0 burning, 1 unknown"
    assert facts["Incidents"] == "1 opened, 0 resolved in 7 d"
    assert facts["Frozen"].startswith("scoring (since ")


def test_a_digest_of_some_services_leaves_the_others_out(store: Store) -> None:
    prepared(store)
    assert engine.digest(store, at=NOW, period=DAY, services=["scoring"], targets=["chat"]) == ["chat"]
    with pytest.raises(UnknownSLOError, match="no SLO names service nobodys; known: scoring"):
        engine.digest(store, at=NOW, period=DAY, services=["nobodys"])


@pytest.mark.parametrize(
    ("target", "said"),
    [("caht", "no target named caht; known: chat, desk, pager"), ("pager", "pager is of kind pagerduty")],
)
def test_a_digest_to_nowhere_is_refused(store: Store, target: str, said: str) -> None:
    prepared(store)
    with pytest.raises(ConfigurationError, match=said):
        engine.digest(store, at=NOW, period=DAY, targets=[target])


def test_a_notice_says_how_an_slo_stands_and_decides_nothing(store: Store) -> None:
    prepared(store)
    engine.record(store, daily("xxxx", until=NOW + 3 * DAY), now=NOW + 3 * DAY)
    for _ in range(2):
        engine.say(store, ["done"], at=NOW + 3 * DAY, key="run 1", text="score failed")
    inbox = Inbox()
    engine.deliver(store, {"default": inbox}, now=NOW + 3 * DAY)
    assert [(message.kind, message.title) for message in inbox.got] == [(Kind.NOTICE, "score failed")]
    assert inbox.got[0].body[0].startswith("done: SPENT")


def test_an_acknowledgement_goes_into_the_incidents_thread(store: Store) -> None:
    prepared(store, notify=("chat",))
    with pytest.raises(ConfigurationError, match="done has no open incident"):
        engine.acknowledge(store, "done", author="Ann", now=NOW)
    last = live(store, "x.x")
    for _ in range(2):
        assert engine.acknowledge(store, "done", author="Ann", note="reloading", now=last) == ["chat"]
    inbox = Inbox()
    engine.deliver(store, {"chat": inbox}, now=last + timedelta(hours=1))
    opened, acknowledged = inbox.got
    assert acknowledged.kind is Kind.INCIDENT_ACKNOWLEDGED
    assert acknowledged.thread_key == opened.thread_key
    assert (acknowledged.title, acknowledged.body) == ("Ann is looking at it: done", ("reloading",))
    with pytest.raises(ConfigurationError, match="author"):
        engine.acknowledge(store, "done", author=" ", now=last)
