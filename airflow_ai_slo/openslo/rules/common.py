"""What every kind shares: metadata, operators, durations."""

from __future__ import annotations

import re
from typing import Any

from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.problems import Notes, Path, show
from airflow_ai_slo.openslo.rules import checks
from airflow_ai_slo.openslo.rules.record import expected, optional, record, required

VERSION = "openslo/v1"
OPERATORS = ("gt", "gte", "lt", "lte")
BUDGETING = ("Occurrences", "Timeslices", "RatioTimeslices")

_DURATION = re.compile(r"[0-9]{1,18}[mhdwMQY]")
_KEY = r"[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?"
_LABEL_KEY = re.compile(_KEY)
_DNS = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_ANNOTATION_KEY = re.compile(rf"(?=.{{0,253}}/[^/]*$|[^/]*$)({_DNS}(\.{_DNS})*/)?{_KEY}")

description = checks.text(longest=1050)
display_name = checks.text(longest=63)
operator = checks.choice(*OPERATORS)


def duration(value: Any, at: Path, notes: Notes) -> None:
    """A duration shorthand such as ``28d``. By the letter ``0d`` is one too; what uses it decides."""
    if isinstance(value, str):
        if not _DURATION.fullmatch(value):
            notes.error(at, f"{show(value)} is not a duration; write a whole number and m, h, d, w, M, Q or Y: 28d")
    else:
        notes.error(at, f"{show(value)} is not a duration; write a whole number and its unit, such as 28d")


def minutes_or_duration(value: Any, at: Path, notes: Notes) -> None:
    """A duration shorthand, or a bare number of minutes."""
    if not scalars.is_number(value):
        duration(value, at, notes)
    elif not isinstance(value, int) or not 0 < value < 10**9:
        notes.error(at, f"{show(value)} is not a whole number of minutes; write 5m")


def _label_value(value: Any, at: Path, notes: Notes) -> None:
    if isinstance(value, str):
        return
    checks.items(checks.text())(value, at, notes) if isinstance(value, list) else checks.text()(value, at, notes)


_labels = checks.table(
    _LABEL_KEY,
    "a label key is up to 63 letters, digits, '-', '_' and '.', and begins and ends with a letter or digit",
    _label_value,
)
_annotations = checks.table(
    _ANNOTATION_KEY,
    "an annotation key is up to 63 letters, digits, '-', '_' and '.', after an optional DNS prefix and '/'",
    checks.text(),
)

_METADATA = {
    "name": required(checks.name),
    "displayName": optional(display_name),
    "labels": optional(_labels),
    "annotations": optional(_annotations),
}
metadata = record(_METADATA)
inline_metadata = record(_METADATA | {"name": expected(checks.name, "an unnamed one")})
