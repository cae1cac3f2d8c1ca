"""Budgets and freezes through Airflow's own metrics, where those are switched on: StatsD, DogStatsD or OpenTelemetry.

StatsD has no tags. There a name holds what elsewhere are tags, as in ``ai_slo.budget_remaining.scores.nightly``: one
name for all SLOs would show the last one sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from airflow_ai_slo.compat.stats import Stats, metrics_backend
from airflow_ai_slo.core.freeze_policy import FreezeMode

if TYPE_CHECKING:
    from airflow_ai_slo.core.evaluation import Evaluation

PREFIX = "ai_slo"
_LONGEST = 250


class Gauge(NamedTuple):
    """One figure."""

    name: str
    value: float
    tags: Mapping[str, str]


def emit(seen: Iterable[Evaluation], frozen: Mapping[str, FreezeMode], *, log: Any, start: bool = False) -> int:
    """Send what was evaluated, and return how many gauges went out; 0 where Airflow's metrics are off. Never raises.

    :param frozen: how each service is frozen that is.
    :param start: whether this process has not set Airflow's metrics up: commands have not, tasks have.
    """
    try:
        backend = metrics_backend()
        if backend is None:
            return 0
        stats = Stats.started() if start else Stats.found()
        return _send(gauges(seen, frozen), stats, backend, log)
    except Exception as error:  # figures about the work must not stop the work
        log.warning("Airflow's metrics did not take SLO gauges: %s", error)
        return 0


def gauges(seen: Iterable[Evaluation], frozen: Mapping[str, FreezeMode]) -> Iterator[Gauge]:
    """What there is to send; nothing for what is unknown."""
    services = dict[str, None]()
    for one in seen:
        tags = {"service": one.slo.service, "slo": one.slo.name}
        services[one.slo.service] = None
        remaining = one.budget.remaining
        if remaining is not None:
            yield Gauge(f"{PREFIX}.budget_remaining", float(remaining), tags)
        for window, rate in one.burn_rates.items():
            if rate is not None:
                yield Gauge(f"{PREFIX}.burn_rate", float(rate), tags | {"window": window})
    for service in services:
        for mode in get_args(FreezeMode):
            yield Gauge(f"{PREFIX}.frozen", float(frozen.get(service) == mode), {"service": service, "mode": mode})


def _send(sending: Iterable[Gauge], stats: Stats, backend: str, log: Any) -> int:
    sent = left_out = alike = 0
    names = set[tuple[str, ...]]()
    for one in sending:
        if backend == "otel":
            stats.gauge(one.name, one.value, one.tags)
        else:
            tags = {name: stats.normal(value) for name, value in one.tags.items()}
            flat = ".".join([one.name, *(value.replace(".", "__") for value in tags.values())])
            if len(flat) > _LONGEST - len(tags) * len("service="):
                left_out += 1
                continue
            name = (one.name, *tags.values()) if backend == "tagged" else (flat,)
            if name in names:
                alike += 1
                continue
            names.add(name)
            stats.gauge(*((one.name, one.value, tags) if backend == "tagged" else (flat, one.value, {})))
        sent += 1
    if left_out:
        log.warning("%d SLO gauge(s) left out: with their names they are longer than StatsD takes", left_out)
    if alike:
        log.warning("%d SLO gauge(s) left out: StatsD cannot tell their names from those of gauges already sent", alike)
    return sent
