"""The policy's options: Airflow's configuration, section ``[ai_slo]``, or ``AIRFLOW__AI_SLO__…`` in the environment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

SECTION = "ai_slo"


@dataclass(frozen=True, slots=True)
class Options:
    """How the gates behave that the policy puts in place; as those of ``FreezeGateOperator``."""

    on_frozen: Any
    on_unknown: Any
    max_age: timedelta
    slo_conn_id: str


def read() -> Options:
    """The options in force.

    :raises ConfigurationError: an option is wrong; says which, and what would be right.
    """
    from airflow.sdk.configuration import conf
    from airflow_ai_slo.core.durations import Duration
    from airflow_ai_slo.core.errors import ConfigurationError
    from airflow_ai_slo.core.freeze import MAX_AGE
    from airflow_ai_slo.hooks.gate import check_options
    from airflow_ai_slo.hooks.store import SLOHook

    def option(name: str, default: str) -> str:
        return str(conf.get(SECTION, f"gate_{name}", fallback=default)).strip()

    try:
        max_age = Duration.parse(option("max_age", str(Duration.of(MAX_AGE)))).length
    except ValueError as error:
        raise ConfigurationError(f"[{SECTION}] gate_max_age: {error}") from None
    found = Options(
        on_frozen=option("on_frozen", "fail"),
        on_unknown=option("on_unknown", "block"),
        max_age=max_age,
        slo_conn_id=option("slo_conn_id", SLOHook.default_conn_name),
    )
    try:
        check_options(on_frozen=found.on_frozen, on_unknown=found.on_unknown, max_age=max_age)
    except ConfigurationError as error:
        raise ConfigurationError(f"[{SECTION}] gate_{error}") from None
    return found
