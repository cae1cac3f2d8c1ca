"""What a freeze's thread is told: who froze it further, who lets changes through, who renews it, how it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slo_kit import DAY, HOUR, NOW, an_slo, daily, seen

from airflow_ai_slo import Service, Target, engine
from airflow_ai_slo.alerts import Kind, Message, Receipt
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.store import Store

SPENT = "." * 17 + "xxx"
"""Of 20 runs, 2 may be bad."""


class Inbox:
    name = "inbox"

    def __init__(self, **options: Any) -> None:
        self.got: list[Message] = []
        self.__dict__.update(options)

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        self.got.append(message)
        return Receipt("t")

    @property
    def kinds(self) -> list[Kind]:
        return [message.kind for message in self.got]


def frozen(store: Store, *, notify: tuple[str, ...] = (), **policy: Any) -> None:
    """A service frozen by its SLO ``done``; ``fresh`` still has all of its budget."""
    service = Service(name="scoring", freeze=FreezePolicy(**policy))
    slos = [an_slo(window="20d", notify=notify), an_slo("fresh", window="20d", notify=("data",))]
    targets = [Target(name=name, kind="webhook") for name in ("chat", "data")]
    engine.apply(store, slos, [service], now=NOW - 90 * DAY, targets=targets)
    for slo, verdicts in (("done", SPENT), ("fresh", "." * 20)):
        engine.record(store, [seen(NOW - 20 * DAY, slo=slo), *daily(verdicts, slo=slo)], now=NOW)
    engine.evaluate(store, at=NOW)


def widen(store: Store) -> None:
    engine.record(store, daily("xxx", until=NOW + 3 * HOUR, step=HOUR, slo="fresh"), now=NOW + 3 * HOUR)
    engine.evaluate(store, at=NOW + 3 * HOUR)


def facts(message: Message) -> dict[str, str]:
    return {fact.label: fact.value for fact in message.facts}


def test_an_slo_that_freezes_a_frozen_service_too_is_told_in_its_thread(store: Store) -> None:
    frozen(store)
    widen(store)
    engine.evaluate(store, at=NOW + 4 * HOUR)
    chat, data = Inbox(), Inbox()
    engine.deliver(store, {"default": chat, "data": data}, now=NOW + 4 * HOUR)
    assert chat.kinds == [Kind.FREEZE_STARTED, Kind.FREEZE_WIDENED]
    assert data.kinds == [Kind.FREEZE_WIDENED], "whom the further SLO names hears of the freeze"
    started, wider = chat.got
    assert wider.title == "Frozen, one more SLO: scoring"
    assert wider.thread_key == started.thread_key
    assert wider.since == started.since == NOW
    assert [line.split(":")[0] for line in wider.body[:2]] == ["done", "fresh"]


@pytest.mark.parametrize("drop_definition", [False, True])
def test_the_thaw_goes_to_whoever_heard_of_the_freeze(store: Store, drop_definition: bool) -> None:
    frozen(store, notify=("chat",))
    widen(store)
    if drop_definition:
        engine.apply(store, [an_slo(window="20d"), an_slo("fresh", window="20d")], now=NOW + 3 * HOUR)
    engine.release(store, "scoring", author="ada", reason="agreed", now=NOW + 4 * HOUR)
    boxes = {"chat": Inbox(), "data": Inbox(), "default": Inbox()}
    engine.deliver(store, boxes, now=NOW + 4 * HOUR)
    assert [box.kinds[-1:] for box in boxes.values()] == [[Kind.FREEZE_THAWED], [Kind.FREEZE_THAWED], []]


def test_overrides_and_their_revocation_are_told_in_the_thread(store: Store) -> None:
    frozen(store)
    for author in ("ada", "bob"):
        engine.override(store, "scoring", author=author, reason="hot <fix>", until=NOW + 5 * HOUR, now=NOW + HOUR)
    engine.revoke(store, "scoring", author="eve", reason="rolled back", now=NOW + 2 * HOUR)
    inbox = Inbox()
    engine.deliver(store, {"default": inbox}, now=NOW + 2 * HOUR)
    _, first, second, revoked = inbox.got
    assert inbox.kinds[1:] == [Kind.FREEZE_OVERRIDDEN, Kind.FREEZE_OVERRIDDEN, Kind.FREEZE_OVERRIDE_REVOKED]
    assert (first.title, first.body, second.title) == (
        "Override by ada: scoring",
        ("hot <fix>",),
        "Override by bob: scoring",
    )
    assert facts(first)["Changes pass until"] == "2026-03-10 17:00 UTC"
    assert facts(first)["Frozen since"] == "2026-03-10 12:00 UTC"
    assert (revoked.title, revoked.body) == ("Override revoked by eve: scoring", ("rolled back",))
    assert facts(revoked)["Was given by"].startswith("bob, until 2026-03-10 17:00 UTC; ada, until")
    assert len({message.thread_key for message in inbox.got}) == 1


def test_an_override_given_before_a_freeze_is_told_with_it_and_not_alone(store: Store) -> None:
    engine.apply(store, [an_slo(window="20d")], now=NOW - 90 * DAY)
    engine.override(store, "scoring", author="ada", reason="release week", until=NOW + HOUR, now=NOW - DAY)
    engine.record(store, [seen(NOW - 20 * DAY), *daily(SPENT)], now=NOW)
    engine.evaluate(store, at=NOW)
    inbox = Inbox()
    engine.deliver(store, {"default": inbox}, now=NOW)
    (started,) = inbox.got
    assert "Changes pass until 2026-03-10 13:00 UTC by ada's override: release week." in started.body


def test_a_renewal_says_when_the_freeze_ends_now(store: Store) -> None:
    frozen(store, for_at_most="3d")
    engine.renew(store, "scoring", author="ada", reason="not yet", now=NOW + DAY)
    widen(store)
    inbox = Inbox()
    engine.deliver(store, {"default": inbox, "data": Inbox()}, now=NOW + DAY)
    started, renewed, wider = inbox.got
    assert "It ends by itself on 2026-03-13 12:00 UTC unless renewed." in started.body
    assert (renewed.kind, renewed.title, renewed.body) == (
        Kind.FREEZE_RENEWED,
        "Freeze renewed by ada: scoring",
        ("not yet",),
    )
    assert facts(renewed)["Ends by itself"] == "2026-03-14 12:00 UTC"
    assert "It ends by itself on 2026-03-14 12:00 UTC unless renewed." in wider.body


def ask_override(store: Store) -> None:
    engine.override(store, "scoring", author="ada", reason="fix", until=NOW + DAY, now=NOW + HOUR)


@pytest.mark.parametrize(
    ("remark", "again"),
    [(ask_override, Kind.FREEZE_STARTED), (widen, Kind.FREEZE_WIDENED)],
    ids=["override", "widened"],
)
def test_what_is_said_again_is_the_freeze_and_no_remark_about_it(
    store: Store, remark: Callable[[Store], None], again: Kind
) -> None:
    frozen(store, notify=("chat",))
    remark(store)
    inbox = Inbox(repeat=HOUR)
    engine.deliver(store, {"chat": inbox}, now=NOW + 3 * HOUR)
    engine.deliver(store, {"chat": inbox}, now=NOW + 5 * HOUR)
    assert inbox.kinds[2:] == [again]


def test_a_soft_freeze_says_so_in_every_message_digest_and_notice(store: Store) -> None:
    frozen(store, mode="soft")
    at = NOW + 3 * HOUR
    widen(store)
    engine.digest(store, at=at, period=DAY)
    engine.say(store, ["done"], at=at, key="run 1")
    engine.release(store, "scoring", author="ada", reason="agreed", now=at)
    inbox = Inbox()
    engine.deliver(store, {"default": inbox}, now=at)
    by_kind = {message.kind: message for message in inbox.got}
    titles = [by_kind[kind].title for kind in (Kind.FREEZE_STARTED, Kind.FREEZE_WIDENED, Kind.FREEZE_THAWED)]
    assert titles == ["Soft freeze: scoring", "Soft freeze, one more SLO: scoring", "Soft freeze over: scoring"]
    assert {one.figures["mode"] for one in inbox.got if one.thread_key.startswith("freeze:")} == {"soft"}
    assert facts(by_kind[Kind.DIGEST])["Frozen"] == "scoring (soft, only warns, since 2026-03-10 12:00 UTC)"
    assert by_kind[Kind.NOTICE].body[-1] == "scoring is frozen softly: changes pass with a warning."
