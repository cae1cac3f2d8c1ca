"""Drift for logs and XComs: a short table, and a small dict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_ai_slo.measure.drift import Check, ColumnDrift, DriftResult

_ROWS = 40
_ORDER = ("drift", "error", "empty", "insufficient", "stable")
_HEAD = ("column", "verdict", "PSI", "p", "reference", "current", "")


def table_of(found: DriftResult) -> str:
    """Columns with verdict, PSI, p and how many values; those that matter first, and at most forty."""
    columns = sorted(found.columns, key=lambda one: (_ORDER.index(one.verdict), -(one.psi or 0), one.column))
    rows = [_HEAD, *(_row(one) for one in columns[:_ROWS])]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if len(columns) > _ROWS:
        lines.append(f"and {len(columns) - _ROWS} more columns")
    lines += [_check(check) for check in found.checks if check.ok is not True]
    return f"Drift from {found.profile}:\n" + "\n".join(lines)


def summary(found: DriftResult, most: int) -> dict[str, Any]:
    """What an XCom holds of it: ``{drifted, worst_psi, share_drifted, not_judged}``."""
    outside = [one for one in found.columns if one not in found.judged]
    return {
        "drifted": names_of(found.drifted, most),
        "worst_psi": found.worst_psi,
        "share_drifted": found.share_drifted,
        "not_judged": {one.column: str(one.verdict) for one in outside[:most]},
    }


def names_of(columns: Sequence[ColumnDrift], most: int) -> list[str]:
    """Names by falling PSI, at most so many."""
    return [one.column for one in sorted(columns, key=lambda one: -(one.psi or 0))[:most]]


def _row(one: ColumnDrift) -> tuple[str, ...]:
    remark = "; ".join(part for part in (one.message, *one.warnings) if part)
    return (
        one.column,
        str(one.verdict),
        "" if one.psi is None else f"{one.psi:.3f}",
        "" if one.chi2_p is None else f"{one.chi2_p:.2g}",
        "" if one.n_reference is None else str(one.n_reference),
        "" if one.n_current is None else str(one.n_current),
        remark,
    )


def _check(check: Check) -> str:
    state = "could not be judged" if check.ok is None else "not met"
    of = f" of {check.column}" if check.column else ""
    return f"{check.name}{of}: {state}" + (f", {check.message}" if check.message else "")
