"""A gate's options and answer, as operators, sensors and logs show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Literal, get_args

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.freeze import Gate, GateAnswer, Reason

OnUnknown = Literal["block", "allow"]
OnFrozen = Literal["fail", "skip"]


def labels_of(labels: str | Iterable[str]) -> tuple[str, ...]:
    """A change's labels; one string holds several, separated by commas, so that a template can fill them."""
    parts = labels.split(",") if isinstance(labels, str) else labels
    return tuple(label.strip() for label in parts if label.strip())


def check_options(*, on_unknown: str, max_age: timedelta, on_frozen: str = "fail") -> None:
    """Refuse options a gate cannot follow.

    :raises ConfigurationError: which one, and what would be right.
    """
    for name, value, known in (("on_unknown", on_unknown, OnUnknown), ("on_frozen", on_frozen, OnFrozen)):
        if value not in get_args(known):
            right = " or ".join(repr(choice) for choice in get_args(known))
            raise ConfigurationError(f"{name}={value!r}: write {right}")
    if not isinstance(max_age, timedelta) or max_age <= timedelta(0):
        raise ConfigurationError(f"max_age={max_age!r}: give a timedelta above zero, such as timedelta(hours=26)")


def explain(answer: GateAnswer) -> str:
    """One line: what the gate says and why, and what would thaw it."""
    what = f"changes to service {answer.service}"
    if answer.outcome is Gate.FROZEN:
        return ". ".join(filter(None, (f"{what} are frozen: {_reasons(answer.reasons)}", answer.detail)))
    if answer.outcome is Gate.UNKNOWN:
        return f"whether {what} may go out is unknown: {answer.detail}"
    return f"{what} are allowed: {answer.detail}"


def _reasons(reasons: Sequence[Reason]) -> str:
    from airflow_ai_slo.alerts import words

    return "; ".join(
        f"SLO {one.slo} has {'an unknown share' if one.remaining is None else words.percent_left(one.remaining)} "
        f"of its error budget left, frozen since {words.instant(one.since)}"
        for one in reasons
    )
