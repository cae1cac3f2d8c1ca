"""From a column's profile and what was counted to figures and a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from airflow_ai_slo.measure.drift.cells import ColumnCounts, paired
from airflow_ai_slo.measure.drift.profile import ColumnProfile, Kind
from airflow_ai_slo.measure.drift.result import DEFAULT, ColumnDrift, Thresholds, Verdict
from airflow_ai_slo.measure.drift.statistics import (
    chi_square,
    js_distance,
    ks_binned,
    l_inf,
    psi,
    shares,
    total_variation,
)

if TYPE_CHECKING:
    from airflow_ai_slo.measure.drift.raw import RawFigures


def compare(
    profile: ColumnProfile,
    counts: ColumnCounts,
    *,
    thresholds: Thresholds = DEFAULT,
    raw: RawFigures | None = None,
) -> ColumnDrift:
    """Judge one column.

    :param counts: of the current data, in the profile's cells.
    :param raw: figures that need the values themselves, where both sides had them at hand.
    """
    null_rate_change = _null_rate_change(profile, counts)
    if not profile.count or not counts.count:
        return ColumnDrift(
            column=profile.name,
            kind=profile.kind,
            verdict=Verdict.EMPTY,
            n_reference=profile.count,
            n_current=counts.count,
            null_rate_change=null_rate_change,
            warnings=_warnings(None, null_rate_change, None, thresholds),
            message=f"the {'reference' if not profile.count else 'current data'} holds no values",
        )
    cells = paired(profile, counts)
    p, q = shares(cells.reference), shares(cells.current)
    index = psi(p, q)
    chi2, chi2_p, cramers_v = chi_square(cells.reference, cells.current)
    unseen = None if counts.unseen is None else counts.unseen / counts.count
    vanished = _vanished(profile, counts)
    return ColumnDrift(
        column=profile.name,
        kind=profile.kind,
        verdict=_verdict(index, chi2_p, thresholds),
        n_reference=profile.count,
        n_current=counts.count,
        psi=index,
        js_distance=js_distance(p, q),
        chi2=chi2,
        chi2_p=chi2_p,
        cramers_v=cramers_v,
        tv=total_variation(p, q),
        linf=l_inf(p, q),
        ks_binned=ks_binned(cells.reference, cells.current) if profile.kind.has_order else None,
        ks=raw.ks if raw else None,
        ks_p=raw.ks_p if raw else None,
        wasserstein_norm=raw.wasserstein_norm if raw else None,
        null_rate_change=null_rate_change,
        new_category_share=unseen,
        vanished_category_share=sum(vanished.values()) / profile.count if not profile.kind.has_order else None,
        warnings=_warnings(index, null_rate_change, unseen, thresholds) + _gone(vanished, profile.count, thresholds),
    )


def problem(name: str, message: str, *, profile: ColumnProfile | None = None, kind: Kind | None = None) -> ColumnDrift:
    """A column that cannot be compared, and why."""
    return ColumnDrift(
        column=name,
        kind=profile.kind if profile else kind,
        verdict=Verdict.ERROR,
        n_reference=profile.count if profile else None,
        message=message,
    )


def _verdict(index: float, p: float, thresholds: Thresholds) -> Verdict:
    if index <= thresholds.psi:
        return Verdict.STABLE
    return Verdict.DRIFT if p < thresholds.p else Verdict.INSUFFICIENT


def _null_rate_change(profile: ColumnProfile, counts: ColumnCounts) -> float | None:
    if profile.null_rate is None or not counts.rows:
        return None
    return (counts.rows - counts.count) / counts.rows - profile.null_rate


def _vanished(profile: ColumnProfile, counts: ColumnCounts) -> dict[str, int]:
    """Categories with a cell of their own that no longer occur, and how often they did."""
    pairs = zip(profile.categories, profile.counts, strict=False)
    return {category: count for category, count in pairs if count and not counts.categories.get(category)}


def _gone(vanished: Mapping[str, int], total: int, thresholds: Thresholds) -> tuple[str, ...]:
    share = sum(vanished.values()) / total
    if share <= thresholds.new_category_share:
        return ()
    named = ", ".join(repr(category) for category in list(vanished)[:5])
    more = f" and {len(vanished) - 5} more" if len(vanished) > 5 else ""
    return (f"categories that made up {share:.1%} of the reference are gone: {named}{more}",)


def _warnings(
    index: float | None, null_rate_change: float | None, unseen: float | None, thresholds: Thresholds
) -> tuple[str, ...]:
    found = []
    if index is not None and thresholds.warning < index <= thresholds.psi:
        found.append(f"PSI {index:.3f} is above {thresholds.warning:g}")
    if null_rate_change is not None and abs(null_rate_change) > thresholds.null_rate_change:
        found.append(f"the share of missing values moved by {null_rate_change:+.1%}")
    if unseen is not None and unseen > thresholds.new_category_share:
        found.append(f"{unseen:.1%} of the values are in new categories")
    return tuple(found)
