"""A snapshot as families of metrics, named as Prometheus names them.

What is unknown has no sample, never a 0. Everything is a gauge: a window's counts fall as it slides, when a run is
measured again and when a correction drops it, and a counter that falls reads as a restart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Literal, get_args

from airflow_ai_slo import __version__
from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.freeze_policy import FreezeMode
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.engine.gauges import Reading, Snapshot

MOST_SERIES = 100_000
"""Series of SLOs that are exposed, unless somebody asks for another limit."""

PREFIX = "ai_slo"

_ABOUT_ONE = (
    ("objective_ratio", "Share of good events that is promised."),
    ("sli_ratio", "Share of good events in the SLO's window."),
    ("coverage_ratio", "Share of the SLO's window that has been watched."),
    ("error_budget_remaining_ratio", "Share of the error budget that is left, below 0 where it is overspent."),
    ("error_budget_allowed_events", "Bad events that the whole window may hold."),
    ("error_budget_consumed_events", "Bad events in the SLO's window."),
    ("window_good_events", "Good events in the SLO's window."),
    ("window_events", "Events in the SLO's window."),
    ("window_bad_runs", "Bad runs in the SLO's window."),
    ("window_runs", "Runs in the SLO's window."),
    ("last_measurement_timestamp_seconds", "When the newest measured interval ended, since 1970."),
    ("last_evaluation_timestamp_seconds", "When incidents and freezes were last decided, since 1970."),
)
"""Families that have one series at most for each SLO, and what they hold, in the order of :func:`_figures`."""

_UNITS = ("ratio", "events", "runs", "seconds", "messages", "measurements")


@dataclass(frozen=True, slots=True)
class Family:
    """Series of one name.

    :param kind: an ``info`` shows 1 always, and what it says is in its labels.
    :param samples: what each series shows, by its labels as they are written.
    """

    name: str
    help: str
    kind: Literal["gauge", "info"] = "gauge"
    samples: dict[str, float] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        """The last part of its name, where that is a unit."""
        last = self.name.rpartition("_")[2]
        return last if last in _UNITS else ""


def families(seen: Snapshot, *, most: int = MOST_SERIES) -> list[Family]:
    """Every family, those without a sample too.

    :param most: so many series of SLOs at most. Beyond them whole SLOs are left out, the last ones by name, so that
        which ones there are does not change from scrape to scrape; ``ai_slo_slos_left_out`` says how many.
    """
    shown = _within(seen.readings, most)
    return [*_about_all(seen, len(seen.readings) - len(shown)), *_about_slos(shown), _about_services(seen)]


def store_is_away() -> list[Family]:
    """What is left to say when the store cannot be used."""
    return [_store_up(0), _build()]


def _within(readings: Iterable[Reading], most: int) -> list[Reading]:
    shown = []
    for reading in readings:
        # As many as it can have, not as it has: which SLOs are shown must not hang on what is known of them.
        most -= len(_ABOUT_ONE) + len(Severity) + len(reading.evaluation.needs.places) + 2
        if most < 0:
            break
        shown.append(reading)
    return shown


def _about_slos(readings: Iterable[Reading]) -> list[Family]:
    singles = [Family(f"{PREFIX}_{name}", text) for name, text in _ABOUT_ONE]
    defined = Family(f"{PREFIX}_definition", "The SLO and its window.", "info")
    burn = Family(f"{PREFIX}_burn_rate", "How fast budget is spent over a window, 1 being just what is allowed.")
    incident = Family(f"{PREFIX}_incident_open", "Whether an incident of this severity is open.")
    for reading in readings:
        slo = reading.evaluation.slo
        labels = f'service="{_escaped(slo.service)}",slo="{_escaped(slo.name)}"'
        for family, figure in zip(singles, _figures(reading), strict=True):
            if figure is not None:
                family.samples[f"{{{labels}}}"] = float(figure)
        defined.samples[f'{{{labels},window="{slo.window}"}}'] = 1.0
        for window, rate in reading.evaluation.burn_rates.items():
            if rate is not None:
                burn.samples[f'{{{labels},window="{window}"}}'] = float(rate)
        for severity in Severity:
            incident.samples[f'{{{labels},severity="{severity.label}"}}'] = float(reading.incident is severity)
    return [defined, *singles, burn, incident]


def _figures(reading: Reading) -> tuple[Exact | float | None, ...]:
    seen = reading.evaluation
    counts, left = seen.counts, seen.budget
    return (
        seen.slo.objective,
        seen.sli,
        left.coverage,
        left.remaining,
        left.allowed,
        left.consumed,
        counts.good,
        counts.total,
        counts.bad_runs,
        counts.runs,
        _seconds(reading.newest.measured),
        _seconds(reading.newest.evaluated),
    )


def _about_all(seen: Snapshot, left_out: int) -> list[Family]:
    singles: tuple[tuple[str, str, float | None], ...] = (
        ("snapshot_timestamp_seconds", "When these figures were taken, since 1970.", _seconds(seen.at)),
        ("slos", "SLOs that are applied.", len(seen.readings)),
        ("slos_left_out", "SLOs without series here, because the limit of series is reached.", left_out),
        ("outbox_pending_messages", "Messages that wait for a channel.", seen.messages["pending"]),
        ("outbox_failed_messages", "Messages that were given up.", seen.messages["failed"]),
        ("spool_waiting_measurements", "Measurements that wait on this machine for the store.", seen.spooled),
    )
    found = [_store_up(1), _build()]
    for name, text, figure in singles:
        samples = {} if figure is None else {"": float(figure)}
        found.append(Family(f"{PREFIX}_{name}", text, samples=samples))
    return found


def _about_services(seen: Snapshot) -> Family:
    family = Family(f"{PREFIX}_freeze", "Whether the service is frozen so, where hard stops changes and soft warns.")
    for service, frozen in seen.freezes.items():
        for mode in get_args(FreezeMode):
            family.samples[f'{{mode="{mode}",service="{_escaped(service)}"}}'] = float(frozen == mode)
    return family


def _store_up(up: int) -> Family:
    return Family(f"{PREFIX}_store_up", "Whether the SLO store can be used.", samples={"": float(up)})


def _build() -> Family:
    samples = {f'{{version="{__version__}"}}': 1.0}
    return Family(f"{PREFIX}_build", "The version of airflow-ai-slo.", "info", samples)


def _seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()


@lru_cache(maxsize=4096)
def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
