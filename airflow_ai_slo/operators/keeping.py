"""How an operator's measurements are recorded, or wait, and how its log and its XCom speak of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from airflow_ai_slo.core.counts import is_bad
from airflow_ai_slo.core.errors import UnknownSLOError
from airflow_ai_slo.core.numbers import plain
from airflow_ai_slo.hooks.store import SLOHook

if TYPE_CHECKING:
    from airflow_ai_slo.compat import Run
    from airflow_ai_slo.core.measurement import Measurement


class Measures(Protocol):
    """What is asked of an operator that measures.

    :param kept: what it has measured in this try, by SLO and key.
    """

    kept: dict[tuple[str, str], Measurement]

    @property
    def hook(self) -> SLOHook: ...

    @property
    def log(self) -> Any: ...


def keep(operator: Measures, measured: Sequence[Measurement], run: Run) -> int:
    """Record, or spool; returns how many the store took.

    :raises UnknownSLOError: an SLO is not applied; nothing is recorded.
    """
    from airflow_ai_slo import engine

    operator.kept.update({(one.slo, one.key): one for one in measured})
    spool = operator.hook.spool
    kept = engine.record_or_spool(operator.hook.open, measured, now=run.now, spool=spool)
    if kept.spooled:
        operator.log.warning("SLO store: %s; %d measurement(s) wait in %s", kept.problem, kept.spooled, spool)
    elif kept.problem:
        operator.log.warning("SLO store: %s", kept.problem)
    if kept.replayed:
        operator.log.info("%d measurement(s) that waited in %s are recorded now", kept.replayed, spool)
    return kept.recorded


def keep_known(operator: Measures, measured: Sequence[Measurement], run: Run) -> tuple[int, list[str]]:
    """How many were recorded, and which SLOs are not applied.

    :raises UnknownSLOError: none of them is.
    """
    try:
        return keep(operator, measured, run), []
    except UnknownSLOError:
        recorded, unknown = 0, list[str]()
    for slo in dict.fromkeys(one.slo for one in measured):
        try:
            recorded += keep(operator, [one for one in measured if one.slo == slo], run)
        except UnknownSLOError:
            unknown.append(slo)
    if len(unknown) == len({one.slo for one in measured}):
        raise UnknownSLOError(f"none of these SLOs is applied: {', '.join(unknown)}")
    operator.log.warning("Not recorded, since no such SLO is applied: %s", ", ".join(unknown))
    return recorded, unknown


def is_bad_now(hook: SLOHook, measured: Measurement) -> bool:
    """Whether it falls short of the SLO's objective; where the store does not tell that, whether anything was bad."""
    objective = hook.objective(measured.slo)
    if objective is None:
        return measured.good < measured.total
    return is_bad(measured.good, measured.total, objective)


def summary(measured: Measurement) -> dict[str, Any]:
    """Small and plain, for XCom."""
    return {
        "slo": measured.slo,
        "at": measured.at.isoformat(),
        "good": plain(measured.good),
        "total": plain(measured.total),
        "value": measured.value,
        "cause": str(measured.cause) if measured.cause else None,
    }


def seen(measured: Measurement) -> str:
    """One line, for the log."""
    value = "" if measured.value is None else f", value {measured.value:g}"
    cause = f", cause {measured.cause}" if measured.cause else ""
    counts = f"{float(measured.good):g} good of {float(measured.total):g}"
    return f"SLO {measured.slo} at {measured.at:%Y-%m-%d %H:%M:%S} UTC: {counts}{value}{cause}"
