"""The indicator of an SLO: where its counts come from."""

from __future__ import annotations

from typing import Any

from airflow_ai_slo.core.airflow_spec import understood
from airflow_ai_slo.core.definition import Indicator
from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.documents.values import Table
from airflow_ai_slo.openslo.problems import Notes, Path, nearest, show
from airflow_ai_slo.openslo.rules.slo import compare_with_threshold
from airflow_ai_slo.openslo.translate import read
from airflow_ai_slo.openslo.translate.catalogue import Catalogue

SOURCES = ("airflow", "great-expectations", "sql", "recorded")
_PARTS = ("good", "bad", "total", "raw")


def build_indicator(spec: Table, objective: Table, objective_at: Path, catalogue: Catalogue, notes: Notes) -> Indicator:
    """The indicator of the SLO, or of its objective where the SLO has none; ``recorded`` where there is neither."""
    holder, at = (spec, ("spec",)) if _holds(spec) else (objective, objective_at)
    if holder.get("indicatorRef") is not None:
        here: Path = (*at, "indicatorRef")
        found = catalogue.find("SLI", read.text(holder, "indicatorRef"), here, notes)
        if found is None:
            return Indicator()
        sli, inner = read.table(found.value, "spec"), here
        if sli.get("thresholdMetric") is not None:
            compare_with_threshold([(objective, objective_at)], notes)
    else:
        sli, inner = read.table(holder, "indicator", "spec"), (*at, "indicator", "spec")
    sources = [_source(metric, here, catalogue, notes) for metric, here in _metrics(sli, inner)]
    kinds = list(dict.fromkeys(sources))
    if len(kinds) > 1:
        notes.warn(inner, f"mixes metric sources {' and '.join(kinds)}; {kinds[0]} is used")
    measured = _measured(sli, objective)
    if kinds == ["airflow"]:
        _check_runs(measured, inner, notes)
    return Indicator(source=kinds[0] if kinds else "recorded", spec=measured)


def _check_runs(measured: dict[str, Any], at: Path, notes: Notes) -> None:
    """What is asked of Airflow's record. A metric that it cannot give is somebody else's to record: a warning."""
    ratio = measured.get("ratioMetric")
    is_counted = isinstance(ratio, dict) and ratio.get("raw") is None
    note, inline = notes.error if is_counted else notes.warn, at[-1] == "spec"

    def told(below: tuple[str, ...], message: str) -> None:
        note((*at, *below) if inline else at, message if inline else f"{'.'.join(below)}: {message}")

    understood(measured, told)


def _holds(value: Table) -> bool:
    return value.get("indicator") is not None or value.get("indicatorRef") is not None


def _metrics(sli: Table, at: Path) -> list[tuple[Table, Path]]:
    """Every metric of an SLI; places are exact only where the SLI is inline."""
    inline = at[-1] == "spec"
    found = []
    if sli.get("thresholdMetric") is not None:
        found.append((read.table(sli, "thresholdMetric"), (*at, "thresholdMetric") if inline else at))
    ratio = read.table(sli, "ratioMetric")
    for part in _PARTS:
        if ratio.get(part) is not None:
            found.append((read.table(ratio, part), (*at, "ratioMetric", part) if inline else at))
    return found


def _source(metric: Table, at: Path, catalogue: Catalogue, notes: Notes) -> str:
    """One of :data:`SOURCES`; what is another tool's is received, so ``recorded``."""
    source = read.table(metric, "metricSource")
    inline = at[-1] != "indicatorRef"
    here: Path = (*at, "metricSource") if inline else at
    kind = read.text(source, "type")
    reference = read.text(source, "metricSourceRef")
    if reference and (not kind or scalars.choose(kind, SOURCES) or reference in catalogue.of("DataSource")):
        found = catalogue.find("DataSource", reference, (*here, "metricSourceRef") if inline else here, notes)
        kind = kind or (read.text(read.table(found.value, "spec"), "type") if found else "recorded")
    if not kind:
        return "recorded"
    meant = scalars.choose(kind, SOURCES)
    at_type: Path = (*here, "type") if inline else here
    if meant is None:
        notes.warn(
            at_type,
            f"{show(kind)} is measured elsewhere: its counts are taken as recorded{nearest(kind, SOURCES)}; "
            f"known here: {', '.join(SOURCES)}",
        )
    elif kind != meant:
        notes.warn(at_type, f"{show(kind)} is written {meant}")
    return meant or "recorded"


def _measured(sli: Table, objective: Table) -> dict[str, Any]:
    """What is measured, as JSON: the metric, and what a threshold metric is compared with."""
    measured = {key: read.plain(sli[key]) for key in ("ratioMetric", "thresholdMetric") if sli.get(key) is not None}
    if "thresholdMetric" in measured:
        for key in ("op", "value"):
            if objective.get(key) is not None:
                measured[key] = read.plain(objective[key])
    return measured
