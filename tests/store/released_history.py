"""What the store of every release holds in the tests of migrations, and the figures that must come of it ever after."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pandas as pd
from slo_kit import DAY, HOUR, NOW, an_slo, daily, seen

from airflow_ai_slo import FreezePolicy, Service, Target, engine
from airflow_ai_slo.alerts import Message, Receipt
from airflow_ai_slo.core.corrections import Interval
from airflow_ai_slo.core.definition import Indicator, Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import DeliveryError
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.core.sketch import sketch_of
from airflow_ai_slo.measure.drift import build_profile, profile_to_dict
from airflow_ai_slo.reports.shapes import evaluation_json, percentiles_json
from airflow_ai_slo.store import Store

START = NOW - 40 * DAY
LATER = NOW + 6 * HOUR


class Takes:
    """A channel that takes every message, or wants to be left alone."""

    name = "test"

    def __init__(self, error: DeliveryError | None = None) -> None:
        self.error = error

    def send(self, message: Message, *, thread: str | None, again: bool = False) -> Receipt:
        if self.error is not None:
            raise self.error
        return Receipt(thread or f"thread of {message.thread_key}")


def fill(store: Store) -> None:
    """A history that leaves rows in every table: runs good, bad, late and missing, corrections, freezes, messages."""
    for step in (_define, _record, _correct, _evaluate, _decide, _keep):
        step(store)


def _define(store: Store) -> None:
    scoring = Service(name="scoring", freeze=FreezePolicy(for_at_most="5d"), notify=("ops",), labels={"team": "ml"})
    slos = [
        an_slo("spent", alerting="seed", display_name="Spent by mistakes"),
        an_slo("expected", alerting=None, schedule=Schedule(cadence="1d", start=START, deadline=Duration.parse("2h"))),
        an_slo("read", service="reading", objective="0.99", freeze=False),
        an_slo("corrected", service="reading", rerun="worst"),
        an_slo("edited", service="editing", indicator=Indicator(source="sql", spec={"query": "SELECT 1"})),
        an_slo("quiet", service="reading", freeze=False, no_data_after="12h"),
    ]
    targets = [Target(name="ops", kind="slack", channel="#ops"), Target(name="away", kind="slack", takes=("digest",))]
    engine.apply(store, slos, [scoring], now=START, author="ann", targets=targets)


def _record(store: Store) -> None:
    third = Fraction(1, 3)
    bad = {"cause": Cause.DATA_DRIFT, "attributes": {"model_version": "4", "détail": 'a "b"; c\n\\'}}
    runs = daily("." * 30, until=NOW - DAY, slo="spent")
    runs += [seen(NOW - timedelta(minutes=5 * i), 0, 1, slo="spent", value=0.25, **bad) for i in range(1, 5)]
    runs += daily("....x...._....x.._........x.x", until=NOW - DAY, slo="expected")
    runs += [seen(NOW - i * HOUR, 100 - i, 100, slo="read", sketch=sketch_of([i + 1.0, 250.0])) for i in range(50)]
    runs += [seen(NOW - i * DAY, 2 * third, 1, slo="corrected") for i in range(20)]
    runs += daily("...x", until=NOW - 5 * DAY, slo="edited") + daily("..", until=NOW - 2 * DAY, slo="quiet")
    for run in sorted(runs, key=lambda one: one.at):
        engine.record(store, [run], now=run.at + timedelta(minutes=1))
    engine.record(store, [seen(NOW - DAY, 1, 3, slo="corrected")], now=NOW)
    changed = an_slo("edited", service="editing", indicator=Indicator(source="sql", spec={"query": "SELECT 2"}))
    engine.apply(store, [changed], now=NOW, author="bob")
    engine.record(store, daily("x.", until=NOW, slo="edited"), now=NOW)


def _correct(store: Store) -> None:
    weekly = Interval(
        NOW - 19 * DAY, NOW + 30 * DAY, rrule="FREQ=WEEKLY", duration=Duration.parse("1d"), zone="Europe/Berlin"
    )
    once = Interval(NOW - 3 * DAY, NOW - 2 * DAY)
    for period, reason in ((weekly, "maintenance"), (once, "a holiday"), (Interval(NOW - 9 * DAY, NOW), "a mistake")):
        engine.add_correction(store, ["corrected"], period=period, author="ann", reason=reason, now=NOW)
    newest = max(one.id for one in engine.corrections(store))
    engine.revoke_correction(store, [newest], author="bob", reason="it was none", now=NOW)
    engine.pause(store, ["expected"], author="ann", reason="a freeze of the warehouse", now=NOW - HOUR)
    engine.resume(store, ["expected"], now=NOW)


def _evaluate(store: Store) -> None:
    engine.evaluate(store, at=NOW)
    engine.deliver(store, {"ops": Takes(), "default": Takes(DeliveryError("slow down", retry_after=600))}, now=NOW)
    engine.evaluate(store, at=NOW + HOUR)


def _decide(store: Store) -> None:
    until = NOW + 3 * HOUR
    engine.override(store, "scoring", author="ann", reason="a fix", until=until, now=NOW + HOUR)
    engine.gate(lambda: store, "scoring", now=NOW + 2 * HOUR, actor="deploy/gate run")
    engine.revoke(store, "scoring", author="bob", reason="it went out", now=NOW + 2 * HOUR)
    # Behind what was seen, and seen by no evaluation yet.
    late = [seen(NOW - 9 * DAY, 0, 1, slo="spent", key="late"), *daily("x", until=NOW - 4 * DAY, slo="expected")]
    engine.record(store, late, now=NOW + 2 * HOUR)


def _keep(store: Store) -> None:
    frame = pd.DataFrame({"delay": [float(i % 17) for i in range(300)], "carrier": ["AA", "UA", "Ä"] * 100})
    engine.save_profile(store, build_profile(frame, name="january", now=NOW, source="a test"), now=NOW)


def figures(store: Store) -> dict[str, Any]:
    """What the history comes to, as plain JSON; nothing here changes the store."""
    names = [one.slo.name for one in engine.status(store, at=LATER, now=LATER)]
    told: dict[str, Callable[[], Any]] = {
        "status": lambda: [evaluation_json(one) for one in engine.status(store, at=LATER, now=LATER)],
        "spent": lambda: {name: _spent(store, name) for name in names},
        "percentiles": lambda: {k: percentiles_json(v) for k, v in engine.percentiles(store, at=LATER).items()},
        "frozen": lambda: {
            k: [v.since.isoformat(), sorted(v.causes)] for k, v in engine.frozen_services(store).items()
        },
        "corrections": lambda: [[one.slo, one.author, one.reason] for one in engine.corrections(store, revoked=True)],
        "audit": lambda: [[one.at.isoformat(), one.actor, one.action] for one in engine.audit_log(store)],
        "profile": lambda: profile_to_dict(engine.read_profile(store, "january")),
        "silent": lambda: sorted(engine.silences(store, at=LATER)),
    }
    found: dict[str, Any] = json.loads(json.dumps({name: tell() for name, tell in told.items()}))
    return found


def _spent(store: Store, slo: str) -> list[list[Any]]:
    found = engine.attribution(store, slo, at=LATER)
    return [[one.name, float(one.bad), one.bad_runs, one.newest.isoformat()] for one in found.groups]
