"""A gate's options and answer, as operators, sensors and logs show them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from airflow_ai_slo.core.errors import ConfigurationError

if TYPE_CHECKING:
    from airflow_ai_slo.core.freeze import GateAnswer

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


def tell_passing(log: Any, answer: GateAnswer) -> None:
    """Log why a change passes; as a warning where somebody should know of it."""
    from airflow_ai_slo.core.freeze import Gate

    line = explain(answer)
    if answer.outcome is Gate.UNKNOWN:
        log.warning("%s; passing, since on_unknown='allow'", line)
    elif answer.warns:
        log.warning("%s", line)
    else:
        log.info("%s", line)


def explain(answer: GateAnswer) -> str:
    """One line: what the gate says, which SLO, how much budget, what spent it, since when, and what thaws it."""
    from airflow_ai_slo.alerts.freezes import gate_line

    return gate_line(answer)
