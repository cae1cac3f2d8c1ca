"""Measure drift of a pandas DataFrame against a reference profile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.drift.compare import compare, problem
from airflow_ai_slo.measure.drift.counting import count_column
from airflow_ai_slo.measure.drift.profile import Kind, ReferenceProfile
from airflow_ai_slo.measure.drift.raw import RawFigures, raw_figures
from airflow_ai_slo.measure.drift.result import DEFAULT, ColumnDrift, DriftResult, Thresholds, Verdict
from airflow_ai_slo.measure.drift.values import column_of, floats_of, kind_of

if TYPE_CHECKING:
    import pandas as pd


def measure_frame(
    profile: ReferenceProfile,
    frame: pd.DataFrame,
    *,
    columns: Sequence[str] | None = None,
    thresholds: Thresholds = DEFAULT,
    reference: pd.DataFrame | None = None,
) -> DriftResult:
    """Compare a frame with a profile, one pass per column.

    :param columns: which ones; by default all of the profile. One that cannot be compared gets the verdict ``error``.
    :param reference: the reference data itself, where it is at hand: adds the exact KS and the Wasserstein distance.
    """
    names = list(dict.fromkeys(profile.columns if columns is None else columns))
    found = tuple(_measure(profile, frame, name, thresholds, reference) for name in names)
    return DriftResult(profile=profile.name, columns=found)


def _measure(
    profile: ReferenceProfile,
    frame: pd.DataFrame,
    name: str,
    thresholds: Thresholds,
    reference: pd.DataFrame | None,
) -> ColumnDrift:
    known = profile.columns.get(name)
    if known is None:
        reason = profile.skipped.get(name)
        return problem(name, f"column {name!r} is not in the reference" + (f": {reason}" if reason else ""))
    try:
        series = column_of(frame, name)
    except DataError as error:
        return problem(name, str(error), profile=known)
    try:
        counts = count_column(series, known)
    except DataError as error:
        return problem(name, f"column {name!r} {error}", profile=known)
    raw: RawFigures | None = None
    if reference is not None and known.kind.has_order and counts.count and known.count:
        base = column_of(reference, name)
        kind = known.kind if known.kind is Kind.TEXT_LENGTH else kind_of(series) or known.kind
        raw = raw_figures(floats_of(base, known.kind), floats_of(series, kind))
    return compare(known, counts, thresholds=thresholds, raw=raw)


def in_words(result: DriftResult) -> str:
    """The measurement in one line, for logs."""
    tally = {verdict: sum(c.verdict is verdict for c in result.columns) for verdict in Verdict}
    named = ", ".join(c.column for c in result.drifted)
    outside = ", ".join(
        f"{tally[verdict]} {verdict}"
        for verdict in (Verdict.INSUFFICIENT, Verdict.EMPTY, Verdict.ERROR)
        if tally[verdict]
    )
    text = f"{len(result.drifted)} of {len(result.judged)} judged columns drifted"
    return text + (f": {named}" if named else "") + (f" (not judged: {outside})" if outside else "")
