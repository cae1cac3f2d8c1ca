"""Data quality in words, for the log, the measurement and the XCom."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_ai_slo.expectations.outcome import Outcome, SuiteResult

_ROWS = 40
_ORDER = ("unmet", "error", "empty", "insufficient", "met")
_HEAD = ("expectation", "column", "status", "failing", "of", "")
_CAUSES = {
    "expect_column_psi_to_be_less_than": "data_drift",
    "expect_column_max_timestamp_to_be_recent": "stale_features",
}


def table_of(found: SuiteResult) -> str:
    """Expectations with what became of them; those that matter first, and at most forty."""
    outcomes = sorted(found.outcomes, key=lambda one: _ORDER.index(one.status))
    rows = [_HEAD, *(_row(one) for one in outcomes[:_ROWS])]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if len(outcomes) > _ROWS:
        lines.append(f"and {len(outcomes) - _ROWS} more expectations")
    return f"{found.suite}: {in_words(found)}\n" + "\n".join(lines)


def in_words(found: SuiteResult) -> str:
    """The measurement in one line."""
    text = f"{found.good} of {found.total} judged expectations met"
    if found.rows is not None:
        text += f"; {found.rows.good} of {found.rows.total} rows meet all {found.rows.expectations} that look at rows"
    outside = len(found.outcomes) - found.total
    return text + (f" (not judged: {outside})" if outside else "")


def cause_of(found: SuiteResult) -> str:
    """``data_drift`` or ``stale_features`` where nothing else is unmet, else ``other``."""
    causes = {_CAUSES.get(one.expectation, "other") for one in found.unmet}
    return causes.pop() if len(causes) == 1 else "other"


def _row(one: Outcome) -> tuple[str, ...]:
    return (
        one.expectation,
        one.column or "",
        str(one.status),
        "" if one.unexpected is None else str(one.unexpected),
        "" if one.elements is None else str(one.elements),
        one.message or ("" if one.observed is None or one.elements is not None else f"observed {one.observed}"),
    )
