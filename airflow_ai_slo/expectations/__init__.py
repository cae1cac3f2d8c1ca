"""Great Expectations: our expectations for users' suites, and users' suites as SLIs.

>>> from airflow_ai_slo.expectations import ExpectColumnPsiToBeLessThan
>>> suite.add_expectation(ExpectColumnPsiToBeLessThan(column="dep_delay", profile="january"))

Importing this package loads nothing; importing a name loads what it needs, Great Expectations for the expectations.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_ai_slo.expectations.checkpoint import run_checkpoint
    from airflow_ai_slo.expectations.drift import run_drift
    from airflow_ai_slo.expectations.outcome import Outcome, Status, SuiteResult
    from airflow_ai_slo.expectations.profiles import find_profile, register_profile
    from airflow_ai_slo.expectations.psi import ExpectColumnPsiToBeLessThan
    from airflow_ai_slo.expectations.recent import ExpectColumnMaxTimestampToBeRecent
    from airflow_ai_slo.expectations.suite import run_suite

_HOMES = {
    "ExpectColumnMaxTimestampToBeRecent": "recent",
    "ExpectColumnPsiToBeLessThan": "psi",
    "Outcome": "outcome",
    "Status": "outcome",
    "SuiteResult": "outcome",
    "find_profile": "profiles",
    "register_profile": "profiles",
    "run_checkpoint": "checkpoint",
    "run_drift": "drift",
    "run_suite": "suite",
}

__all__ = [
    "ExpectColumnMaxTimestampToBeRecent",
    "ExpectColumnPsiToBeLessThan",
    "Outcome",
    "Status",
    "SuiteResult",
    "find_profile",
    "register_profile",
    "run_checkpoint",
    "run_drift",
    "run_suite",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
