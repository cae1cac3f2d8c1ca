"""Recorded history on its own clock: what would have happened, decided in memory as an engine with a store decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from heapq import heappop, heappush
from itertools import groupby
from typing import Literal

from airflow_ai_slo.alerts.words import moved_line
from airflow_ai_slo.core.definition import SLO, Service, Severity
from airflow_ai_slo.core.errors import UnknownSLOError
from airflow_ai_slo.core.evaluation import plan
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.core.instants import from_micros, to_micros, utc
from airflow_ai_slo.core.stream import Row, Stream
from airflow_ai_slo.core.watching import ALWAYS, Watch
from airflow_ai_slo.core.watching_freezes import Hold, ServiceWatch

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tick:
    """One moment of a replay: what comes in, then what is done.

    :param rows: measurements with the names of their SLOs, all recorded at this instant.
    :param slos: whom a pause or its end concerns; None means all.
    """

    at: datetime
    rows: Sequence[tuple[str, Row]] = ()
    do: Literal["evaluate", "pause", "resume"] | None = None
    slos: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that would have happened to an SLO's incident.

    :param severity: from then on; of one that ended, the last it had.
    :param reason: in plain words.
    """

    slo: str
    at: datetime
    transition: Transition
    severity: Severity
    reason: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What would have happened, oldest first.

    :param streams: what was measured, by SLO.
    :param budgets: budget remaining by SLO, at the instants that were asked for; None while unknown.
    :param ended_at: the last tick's instant; None where there was none.
    """

    transitions: tuple[Event, ...]
    freezes: tuple[Hold, ...]
    streams: Mapping[str, Stream] = field(default_factory=dict)
    budgets: Mapping[str, Sequence[tuple[datetime, Fraction | None]]] = field(default_factory=dict)
    ended_at: datetime | None = None


def replay(
    slos: Sequence[SLO],
    ticks: Iterable[Tick],
    services: Sequence[Service] = (),
    *,
    sample_every: timedelta | None = None,
) -> Replay:
    """Play ticks, in the order of their instants.

    An SLO is looked at only when something came in, or when time alone may have changed what it says: the result is
    that of looking at each one at every evaluation.

    :param services: how services freeze, where that is not the default.
    :param sample_every: keep budgets about that often, at evaluations.
    :raises DefinitionError: an SLO whose windows or schedule cannot be read.
    :raises UnknownSLOError: a tick of an SLO that is not among ``slos``.
    """
    for slo in slos:
        plan(slo, _BEGINNING)
    player = Player(slos, services, sample_every)
    for tick in ticks:
        player.play(tick)
    return player.happened()


class Player:
    """Takes ticks, and keeps what happens."""

    def __init__(self, slos: Sequence[SLO], services: Sequence[Service], sample_every: timedelta | None) -> None:
        self._watches = {slo.name: Watch(slo) for slo in sorted(slos, key=lambda slo: slo.name)}
        self._services = self._watch_services(services)
        self._touched: dict[Watch, None] = dict.fromkeys(self._watches.values())
        self._touched_services: dict[ServiceWatch, None] = dict.fromkeys(self._services.values())
        self._wakes: list[tuple[int, int, Watch | ServiceWatch]] = []
        self._pushed: dict[Watch | ServiceWatch, int] = {}
        self._events: list[Event] = []
        self._sample_every = sample_every
        self._sample_at = _BEGINNING
        self._budgets: dict[str, list[tuple[datetime, Fraction | None]]] = {name: [] for name in self._watches}
        self._ended_at: datetime | None = None

    def play(self, tick: Tick) -> None:
        """Take in what comes, then do what is to be done."""
        if tick.rows:
            self._arrive(tick.rows, to_micros(tick.at))
        at = self._ended_at = utc(tick.at)
        if tick.do == "evaluate":
            self._evaluate(at)
        elif tick.do is not None:
            self._pause(at, tick.slos, ends=tick.do == "resume")

    def happened(self) -> Replay:
        """All that happened so far."""
        held = [hold for service in self._services.values() for hold in service.holds]
        return Replay(
            tuple(sorted(self._events, key=lambda event: (event.at, event.slo))),
            tuple(sorted(held, key=lambda hold: (hold.since, hold.service))),
            {name: watch.stream for name, watch in self._watches.items()},
            self._budgets,
            self._ended_at,
        )

    def _watch_services(self, services: Sequence[Service]) -> dict[str, ServiceWatch]:
        policies = {service.name: service.freeze for service in services}
        members: dict[str, list[Watch]] = {}
        for watch in self._watches.values():
            members.setdefault(watch.slo.service, []).append(watch)
        return {name: ServiceWatch(name, policies.get(name, FreezePolicy()), members[name]) for name in sorted(members)}

    def _arrive(self, rows: Sequence[tuple[str, Row]], now: int) -> None:
        by_slo: dict[str, list[Row]] = {}
        for name, row in rows:
            by_slo.setdefault(name, []).append(row)
        for name, several in by_slo.items():
            watch = self._known(name)
            watch.stream.arrive(several, now)
            self._touched[watch] = None

    def _known(self, name: str) -> Watch:
        found = self._watches.get(name)
        if found is None:
            raise UnknownSLOError(unknown(name, self._watches))
        return found

    def _pause(self, at: datetime, slos: Sequence[str] | None, *, ends: bool) -> None:
        chosen = list(self._watches.values()) if slos is None else [self._known(name) for name in slos]
        for watch in self._watches.values():
            watch.stream.settle(to_micros(at))
        for watch in chosen:
            stream = watch.stream
            is_paused = any(end is None for _, end in stream.pauses)
            if ends and is_paused:
                stream.pauses = [(start, at if end is None else end) for start, end in stream.pauses]
            elif not ends and not is_paused:
                stream.pauses = [*stream.pauses, (at, None)]
            stream.stirred = True
        self._touched.update(dict.fromkeys(self._watches.values()))

    def _evaluate(self, at: datetime) -> None:
        now = to_micros(at)
        self._wake(now)
        watches, self._touched = self._touched, {}
        services, self._touched_services = self._touched_services, {}
        for watch in watches:
            before = watch.severity
            moved, seen = watch.step(at, now)
            for one in moved:
                severity = one.severity or before
                assert severity is not None, "an incident that ends had a severity"  # noqa: S101
                before = one.severity
                self._events.append(Event(watch.slo.name, at, one.transition, severity, moved_line(one, seen)))
            self._push(watch)
            service = self._services.get(watch.slo.service)
            if service is not None:
                services[service] = None
        for service in services:
            service.step(at, now)
            self._push(service)
        if self._sample_every is not None and at >= self._sample_at:
            self._sample(at, self._sample_every)

    def _wake(self, now: int) -> None:
        while self._wakes and self._wakes[0][0] <= now:
            wake, _, one = heappop(self._wakes)
            if wake != one.wake:
                continue
            if isinstance(one, Watch):
                self._touched[one] = None
            else:
                self._touched_services[one] = None
            self._pushed.pop(one, None)

    def _push(self, one: Watch | ServiceWatch) -> None:
        if one.wake < ALWAYS and self._pushed.get(one) != one.wake:
            self._pushed[one] = one.wake
            heappush(self._wakes, (one.wake, id(one), one))

    def _sample(self, at: datetime, every: timedelta) -> None:
        self._sample_at = at + every
        for name, watch in self._watches.items():
            self._budgets[name].append((at, watch.stream.evaluate_budget(at).budget.remaining))


def unknown(name: str, known: Iterable[str]) -> str:
    """What is wrong with a name that no SLO carries."""
    names = sorted(known)
    there = ", ".join(names[:5]) + (", …" if len(names) > 5 else "") if names else "none"
    return f"no SLO named {name}; known: {there}"


class Steps:
    """Ticks of measurements that come in when they say, with an evaluation at every step.

    :param rows: with the names of their SLOs, in the order in which they came in; not empty.
    :param step: evaluations lie at whole multiples of it since 1970, up to the first that has seen everything.
    """

    def __init__(self, rows: Sequence[tuple[str, Row]], step: timedelta) -> None:
        self._rows = rows
        self._step = step // timedelta(microseconds=1)
        self._first, self._last = (-(-rows[place][1].recorded_at // self._step) for place in (0, -1))

    @property
    def start(self) -> datetime:
        """The first evaluation."""
        return from_micros(self._first * self._step)

    @property
    def end(self) -> datetime:
        """The last one."""
        return from_micros(self._last * self._step)

    def __len__(self) -> int:
        """How many evaluations there are."""
        return self._last - self._first + 1

    def __iter__(self) -> Iterator[Tick]:
        now = self._first * self._step
        for recorded_at, group in groupby(self._rows, key=lambda row: row[1].recorded_at):
            while now < recorded_at:
                yield Tick(from_micros(now), do="evaluate")
                now += self._step
            yield Tick(from_micros(recorded_at), tuple(group))
        yield Tick(from_micros(now), do="evaluate")
