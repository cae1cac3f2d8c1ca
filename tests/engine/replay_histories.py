"""Random recorded histories, and what an engine with a store makes of them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from airflow_ai_slo import SLO, Service, engine
from airflow_ai_slo.core.corrections import Interval
from airflow_ai_slo.core.definition import BurnRule, Schedule, Severity
from airflow_ai_slo.core.durations import Duration, Runs
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.stream import Row
from airflow_ai_slo.core.windows import CalendarWindow
from airflow_ai_slo.engine.replaying import Replay
from airflow_ai_slo.engine.ticks import Tick
from airflow_ai_slo.store import definitions, freezes, incidents
from airflow_ai_slo.store.recurring import stretches
from airflow_ai_slo.testing import memory_store

T0 = datetime(2026, 3, 26, tzinfo=UTC)
"""Three days before the clocks change in Berlin."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
LONG_AGO, FAR = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    """One line of a history; ``slo`` None means all, for pauses."""

    at: datetime
    do: str
    measurements: tuple[Measurement, ...] = ()
    slo: str | None = None
    drops: Interval | None = None


@dataclass(frozen=True)
class History:
    slos: tuple[SLO, ...]
    services: tuple[Service, ...]
    lines: tuple[Line, ...]


Told = tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]


def by_engine(history: History) -> Told:
    """Through record, evaluate, pause and resume on a store, evaluated every time."""
    store = memory_store(history.slos, history.services)
    for line in history.lines:
        named = None if line.slo is None else [line.slo]
        if line.do == "record":
            engine.record(store, line.measurements, now=line.at)
        elif line.do == "pause":
            engine.pause(store, named, author="ann", reason="test", now=line.at)
        elif line.do == "resume":
            engine.resume(store, named, now=line.at)
        elif line.do == "correct":
            assert line.drops is not None
            names = named or [slo.name for slo in history.slos]
            engine.add_correction(store, names, period=line.drops, author="ann", reason="test", now=line.at)
        else:
            engine.evaluate(store, at=line.at)
    with store.read() as connection:
        active = definitions.active(connection)
        events = [e for one in active for e in incidents.events(connection, one.slo_id, LONG_AGO, FAR)]
        held = [
            f
            for s in sorted({one.slo.service for one in active})
            for f in freezes.history(connection, s, LONG_AGO, FAR)
        ]
    store.engine.dispose()
    events.sort(key=lambda event: (event.at, event.slo))
    return (
        [(event.slo, event.at, str(event.transition), event.severity, event.reason) for event in events],
        sorted((one.service, one.since, one.until, tuple(sorted(one.causes.items()))) for one in held),
    )


def told(happened: Replay) -> Told:
    return (
        [(event.slo, event.at, str(event.transition), event.severity, event.reason) for event in happened.transitions],
        sorted((one.service, one.since, one.until, tuple(sorted(one.causes.items()))) for one in happened.freezes),
    )


def ticks(lines: Iterable[Line]) -> list[Tick]:
    return [_tick(line) for line in lines]


def _tick(line: Line) -> Tick:
    named = None if line.slo is None else [line.slo]
    if line.do == "record":
        return Tick(line.at, tuple((one.slo, _row(one, line.at)) for one in line.measurements))
    if line.drops is not None:
        return Tick(line.at, do="correct", slos=named, drops=stretches(line.drops))
    return Tick(line.at, do=line.do, slos=named)  # type: ignore[arg-type]


def _row(one: Measurement, now: datetime) -> Row:
    missing, backfill = one.cause is Cause.MISSING_RUN, one.attributes.get("run_type") == "backfill"
    return Row(to_micros(one.at), one.good, one.total, to_micros(now), one.key, missing, backfill)


def a_history(dice: random.Random, *, runs: int = 40, corrections: int = 0) -> History:
    """Two or three SLOs, late, missing, rerun, mapped, backfilled and paused.

    :param corrections: at most so many, saved before, during or after what they drop.
    """
    step = dice.choice([5 * MINUTE, 20 * MINUTE, HOUR, HOUR, 3 * HOUR, 6 * HOUR, DAY])
    names = ["a", "b", "c"][: dice.choice([1, 2, 2, 3])]
    slos = tuple(_slo(dice, name, step) for name in names)
    services = tuple(_service(dice, name) for name in ("x", "y") if dice.random() < 0.5)
    lines: list[Line] = []
    for slo in slos:
        lines += _records(dice, slo.name, step, runs)
    end = max((line.at for line in lines), default=T0)
    for _ in range(dice.choice([0, 0, 1, 2])):
        start = T0 + step * runs * dice.random()
        slo_name = dice.choice([None, *names])
        lines.append(Line(start, "pause", slo=slo_name))
        lines.append(Line(start + step * dice.randrange(1, 12), "resume", slo=dice.choice([None, slo_name])))
    lines += [_correction(dice, names, step, runs) for _ in range(dice.randrange(corrections + 1))]
    every = max(step * dice.choice([0.25, 1, 1, 2, 7]), MINUTE) if dice.random() < 0.8 else None
    at, last = T0, end + step * dice.randrange(0, 15)
    while at < last:
        lines.append(Line(at, "evaluate"))
        at += _times(step, dice.random() * 3) + MINUTE if every is None else _times(every, 1)
    lines.sort(key=lambda line: line.at)
    return History(slos, services, tuple(lines))


def _correction(dice: random.Random, names: Sequence[str], step: timedelta, runs: int) -> Line:
    """One that begins and ends on a run, or between two, or recurs by the day."""
    slo, start = dice.choice([None, *names]), T0 + step * dice.randrange(-5, runs) + _times(step, dice.choice([0, 0.5]))
    if dice.random() < 0.2:
        drops = Interval(start, rrule="FREQ=DAILY;COUNT=9", duration=Duration(3, "h"), zone="Europe/Berlin")
    else:
        drops = Interval(start, start + step * dice.choice([1, 1, 3, 10, 25]))
    saved_at = T0 - DAY if dice.random() < 0.3 else T0 + step * dice.randrange(runs + 10)
    return Line(saved_at, "correct", slo=slo, drops=drops)


def _times(length: timedelta, share: float) -> timedelta:
    return timedelta(microseconds=int(length / timedelta(microseconds=1) * share))


def _slo(dice: random.Random, name: str, step: timedelta) -> SLO:
    schedule = _schedule(dice, step) if dice.random() < 0.65 else None
    values: dict[str, Any] = {
        "name": name,
        "service": dice.choice(["x", "x", "y"]),
        "objective": dice.choice(["0.5", "0.8", "0.9", "0.9", "0.95", "0.99"]),
        "window": _window(dice, step),
        "schedule": schedule,
        "alerting": dice.choice(["workbook", "seed", "none"] + ["pipeline"] * 4 * (schedule is not None)),
        "rules": tuple(_rule(dice, step) for _ in range(dice.choice([0, 0, 1, 2]))),
        "rerun": dice.choice(["replace", "replace", "first", "worst"]),
        "freeze": dice.random() < 0.7,
        "thaw_above": dice.choice([None, None, "0", "0.5"]),
        "thaw_after_good_runs": dice.choice([None, None, 1, 3]),
        "confidence": dice.choice([None, None, None, "0.9"]),
    }
    if dice.random() < 0.2:
        values |= {
            "budgeting": dice.choice(["Timeslices", "RatioTimeslices"]),
            "slice_target": "0.8",
            "slice_window": Duration.of(dice.choice([step, 2 * step, 3 * HOUR])),
        }
    if values["rules"] == () and dice.random() < 0.1:
        del values["alerting"]
    try:
        return SLO(**values)
    except ValueError:
        return SLO(**(values | {"rules": ()}))


def _window(dice: random.Random, step: timedelta) -> Any:
    if dice.random() < 0.35:
        length = dice.choice([Duration(1, "d"), Duration(1, "w"), Duration(1, "M"), Duration(1, "Q")])
        return CalendarWindow(
            length, dice.choice([BERLIN, ZoneInfo("UTC")]), datetime(2025, 12, 29 if length.unit == "w" else 1)
        )
    return str(Duration.of(max(step * dice.choice([5, 10, 20, 20, 100]), HOUR)))


def _schedule(dice: random.Random, step: timedelta) -> Schedule:
    crons = {5 * MINUTE: "*/5 * * * *", HOUR: "0 * * * *", DAY: "0 6 * * 1-5", 6 * HOUR: "0 */6 * * *"}
    cadence = crons[step] if step in crons and dice.random() < 0.4 else str(Duration.of(step))
    start = dice.choice([None, T0 - 3 * step, T0, T0 + 2 * step])
    return Schedule(
        cadence=cadence,
        zone=dice.choice(["UTC", "Europe/Berlin"]),
        start=start,
        end=dice.choice([None, None, T0 + 25 * step]),
        deadline=dice.choice(
            ["cadence", "cadence", None, Duration.of(max(step / 4, MINUTE) // MINUTE * MINUTE), Duration.of(3 * step)]
        ),
        late=dice.choice(["bad", "bad", "accept"]),
    )


def _rule(dice: random.Random, step: timedelta) -> BurnRule:
    longs = [Runs(1), Runs(4), Runs(9), Duration.of(max(4 * step, MINUTE)), Duration.of(max(9 * step, MINUTE))]
    long = dice.choice(longs)
    shorts = (
        [None, Runs(1), Runs(3)]
        if isinstance(long, Runs)
        else [None, Duration.of(step), Duration.of(2 * step), Runs(2)]
    )
    return BurnRule(
        severity=dice.choice([Severity.TICKET, Severity.PAGE]),
        long=long,
        short=dice.choice(shorts),
        factor=Fraction(dice.choice(["0.5", "1", "1.5"])),
        min_bad_long=dice.choice([1, 1, 2]),
        op=dice.choice(["gt", "gt", "gte"]),
    )


def _service(dice: random.Random, name: str) -> Service:
    policy = FreezePolicy(
        slos=dice.choice([(), "*", "a"]),
        thaw_above=dice.choice([None, "0.2"]),
        thaw_after_good_runs=dice.choice([None, None, 2]),
        for_at_most=dice.choice([None, None, "6h", "2d"]),
    )
    return Service(name=name, freeze=policy)


def _records(dice: random.Random, slo: str, step: timedelta, runs: int) -> list[Line]:
    lines: list[Line] = []
    badness, lateness, absence = (dice.choice([0.0, 0.1, 0.3, 0.6]) for _ in range(3))
    unit = dice.choice([1, 1, 1, 100, Fraction(1, 2)])
    kinds = dice.choice(
        [("plain",), ("plain",), ("plain", "mapped", "rerun", "moved", "empty", "early", "backfill", "told")]
    )
    for number in range(runs):
        if dice.random() < absence:
            continue
        at = T0 + number * step
        delay = (
            _times(step, dice.choice([0.0, 0.05, 0.5])) if dice.random() > lateness else _times(step, dice.random() * 9)
        )
        one = _measured(dice, slo, f"{number}", at, unit, badness)
        kind = dice.choice(kinds)
        if kind == "early":
            one = replace(one, at=at - _times(step, 0.3))
        elif kind == "empty":
            one = replace(one, good=0, total=0)
        elif kind == "told":
            one = replace(one, good=0, cause=Cause.MISSING_RUN)
        elif kind == "backfill":
            one = replace(one, attributes={"run_type": "backfill"})
            delay = _times(step, dice.random() * 20)
        lines.append(Line(at + delay, "record", _mapped(dice, one, badness) if kind == "mapped" else (one,)))
        if kind in ("rerun", "moved"):
            again = _measured(dice, slo, f"{number}", at if kind == "rerun" else at + _times(step, 0.5), unit, badness)
            lines.append(Line(at + delay + _times(step, dice.random() * 6), "record", (again,)))
    return lines


def _measured(dice: random.Random, slo: str, key: str, at: datetime, unit: Any, badness: float) -> Measurement:
    total = unit * dice.choice([1, 1, 1, 2, 5])
    good = total if dice.random() > badness else total * Fraction(dice.choice([0, 0, 1, 3]), 4)
    return Measurement(slo=slo, key=key, at=at, good=good, total=total)


def _mapped(dice: random.Random, one: Measurement, badness: float) -> tuple[Measurement, ...]:
    more = [replace(one, key=f"{one.key}-{n}", good=0 if dice.random() < badness else one.total) for n in range(3)]
    return (one, *more)


def shortened(history: History, differs: Any) -> Sequence[Line]:
    """The lines that are left when every one that does not matter is taken out; for people who look at a failure."""
    lines = list(history.lines)
    size = len(lines) // 2
    while size:
        place = 0
        while place < len(lines):
            fewer = lines[:place] + lines[place + size :]
            if differs(replace(history, lines=tuple(fewer))):
                lines = fewer
            else:
                place += size
        size //= 2
    return lines
