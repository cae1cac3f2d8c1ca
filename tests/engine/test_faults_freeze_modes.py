"""A freeze that is made soft, or hard, while it holds: told once, to those who know of it, and audited."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from slo_kit import DAY, HOUR, NOW, an_slo, seen

from airflow_ai_slo import Service, Target, engine
from airflow_ai_slo.alerts import Kind, Message, Receipt
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.store import Store


@dataclass
class Inbox:
    got: list[Message] = field(default_factory=list)
    threads: list[str | None] = field(default_factory=list)
    name: str = "inbox"

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        self.got.append(message)
        self.threads.append(thread)
        return Receipt("t")


def govern(store: Store, *, at: Any = NOW, **policy: Any) -> None:
    engine.apply(store, [], [Service(name="scoring", freeze=FreezePolicy(**policy))], now=at, author="ada")


def frozen(store: Store, mode: str) -> None:
    target = Target(name="chat", kind="webhook")
    engine.apply(store, [an_slo(notify=["chat"])], now=NOW, targets=[target])
    govern(store, mode=mode)
    engine.record(store, [seen(NOW - 30 * DAY), seen(NOW - DAY), seen(NOW, 0)], now=NOW)
    engine.evaluate(store, at=NOW)


def told(store: Store) -> Inbox:
    inbox = Inbox()
    engine.deliver(store, {"chat": inbox}, now=NOW + 5 * HOUR)
    return inbox


@pytest.mark.parametrize(
    ("before", "after", "title", "line", "action"),
    [
        (
            "hard",
            "soft",
            "Soft freeze, was hard: scoring",
            "The freeze is soft: changes pass with a warning.",
            "softened",
        ),
        ("soft", "hard", "Frozen, was soft: scoring", "Changes labelled p0, reliability, security pass.", "hardened"),
    ],
)
def test_it_is_told_in_the_freeze_s_thread_and_audited_once(
    store: Store, before: str, after: str, title: str, line: str, action: str
) -> None:
    frozen(store, before)
    for number in range(3):
        govern(store, at=NOW + HOUR + number * HOUR, mode=after)
        engine.evaluate(store, at=NOW + HOUR + number * HOUR)
    inbox = told(store)
    assert [one.kind for one in inbox.got] == [Kind.FREEZE_STARTED, Kind.FREEZE_CHANGED]
    assert inbox.threads == [None, "t"]
    changed = inbox.got[1]
    assert (changed.title, changed.body[-1]) == (title, line)
    assert changed.body[0] == "Its policy was changed by ada."
    assert changed.body[1].startswith("done: budget left -400% (1 bad, 0.2 allowed")
    assert changed.figures["mode"] == after
    assert (changed.at, changed.since) == (NOW + HOUR, NOW)
    entries = [entry for entry in engine.audit_log(store, "scoring") if entry.action == action]
    effect = "only warns" if after == "soft" else "stops changes"
    assert [(e.actor, e.at, e.detail) for e in entries] == [
        ("ada", NOW + HOUR, f"the freeze since 2026-03-10 12:00 UTC {effect} from now on")
    ]
    assert engine.freeze_modes(store) == {"scoring": after}


def test_there_and_back_are_two_messages(store: Store) -> None:
    frozen(store, "hard")
    govern(store, at=NOW + HOUR, mode="soft")
    govern(store, at=NOW + 2 * HOUR, mode="hard")
    assert [one.figures["mode"] for one in told(store).got] == ["hard", "soft", "hard"]


def test_another_change_of_policy_and_a_service_that_is_not_frozen_are_told_nobody(store: Store) -> None:
    engine.apply(store, [an_slo()], now=NOW)
    govern(store, mode="soft")
    engine.record(store, [seen(NOW - 30 * DAY), seen(NOW - DAY), seen(NOW, 0)], now=NOW)
    engine.evaluate(store, at=NOW)
    govern(store, at=NOW + HOUR, mode="soft", thaw_above="0.2")
    inbox = Inbox()
    engine.deliver(store, {"default": inbox}, now=NOW + 2 * HOUR)
    assert [one.kind for one in inbox.got] == [Kind.FREEZE_STARTED]


def test_a_freeze_that_lost_its_cause_meanwhile_is_told_all_the_same(store: Store) -> None:
    frozen(store, "hard")
    engine.apply(
        store,
        [an_slo(freeze=False)],
        [Service(name="scoring", freeze=FreezePolicy(mode="soft"))],
        now=NOW + HOUR,
        author="ada",
    )
    assert [one.kind for one in told(store).got] == [Kind.FREEZE_STARTED, Kind.FREEZE_CHANGED]
