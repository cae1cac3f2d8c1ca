"""Recorded history on its own clock: what would have happened, decided in memory as an engine with a store decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from airflow_ai_slo.alerts.words import moved_line
from airflow_ai_slo.core.definition import SLO, Service, Severity
from airflow_ai_slo.core.errors import UnknownSLOError
from airflow_ai_slo.core.evaluation import plan
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.core.instants import to_micros, utc
from airflow_ai_slo.core.stream import Row, Stream
from airflow_ai_slo.core.watching import ALWAYS, Watch
from airflow_ai_slo.core.watching_freezes import Hold, ServiceWatch
from airflow_ai_slo.engine.ticks import Tick
from airflow_ai_slo.reports.model import BudgetPoint

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


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
    :param history: budget and SLI by SLO, at the instants that were asked for.
    :param started_at: the first tick's instant; None where there was none.
    :param ended_at: the last one's.
    """

    transitions: tuple[Event, ...]
    freezes: tuple[Hold, ...]
    streams: Mapping[str, Stream] = field(default_factory=dict)
    history: Mapping[str, Sequence[BudgetPoint]] = field(default_factory=dict)
    started_at: datetime | None = None
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
        self._history: dict[str, list[BudgetPoint]] = {name: [] for name in self._watches}
        self._started_at: datetime | None = None
        self._ended_at: datetime | None = None
        self._evaluated_at = -ALWAYS

    def play(self, tick: Tick) -> None:
        """Take in what comes, then do what is to be done."""
        if tick.rows:
            self._arrive(tick.rows, to_micros(tick.at))
        at = utc(tick.at)
        if tick.do == "correct":
            self._correct(tick, to_micros(at))
            return
        self._ended_at = at
        if self._started_at is None:
            self._started_at = at
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
            self._history,
            self._started_at,
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
            self._touched_services[self._services[watch.slo.service]] = None

    def _known(self, name: str) -> Watch:
        found = self._watches.get(name)
        if found is None:
            raise UnknownSLOError(unknown(name, self._watches))
        return found

    def _pause(self, at: datetime, slos: Sequence[str] | None, *, ends: bool) -> None:
        for watch in self._chosen(slos, to_micros(at)):
            stream = watch.stream
            is_paused = any(end is None for _, end in stream.pauses)
            if ends and is_paused:
                stream.pauses = [(start, at if end is None else end) for start, end in stream.pauses]
            elif not ends and not is_paused:
                stream.pauses = [*stream.pauses, (at, None)]
            stream.stirred = True
        self._touched.update(dict.fromkeys(self._watches.values()))

    def _correct(self, tick: Tick, now: int) -> None:
        for watch in self._chosen(tick.slos, now):
            watch.stream.correct(tick.drops, now)
        self._touched.update(dict.fromkeys(self._watches.values()))

    def _chosen(self, slos: Sequence[str] | None, now: int) -> list[Watch]:
        """SLOs by name, once the runs of all that were due have settled."""
        chosen = list(self._watches.values()) if slos is None else [self._known(name) for name in slos]
        for watch in self._watches.values():
            watch.stream.settle(now)
        return chosen

    def _evaluate(self, at: datetime) -> None:
        now, before = to_micros(at), self._evaluated_at
        self._evaluated_at = now
        self._wake(now)
        if not self._touched and not self._touched_services and self._sample_every is None:
            return
        watches, self._touched = self._touched, {}
        services, self._touched_services = self._touched_services, {}
        for watch in watches:
            severity_before, version = watch.severity, watch.version
            moved, seen = watch.step(at, now, before)
            for one in moved:
                severity = one.severity or severity_before
                assert severity is not None, "an incident that ends had a severity"  # noqa: S101
                severity_before = one.severity
                self._events.append(Event(watch.slo.name, at, one.transition, severity, moved_line(one, seen)))
            self._push(watch)
            if watch.version != version:
                services[self._services[watch.slo.service]] = None
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
            seen, points = watch.stream.evaluate_budget(at), self._history[name]
            since = points[-1].at if points else None
            held = None if since is None else watch.stream.counts(to_micros(since), to_micros(at))
            burn = None if held is None else held.burn_rate(watch.slo.objective)
            points.append(BudgetPoint(at, seen.budget.remaining, seen.sli, burn))


def unknown(name: str, known: Iterable[str]) -> str:
    """What is wrong with a name that no SLO carries."""
    names = sorted(known)
    there = ", ".join(names[:5]) + (", …" if len(names) > 5 else "") if names else "none"
    return f"no SLO named {name}; known: {there}"
