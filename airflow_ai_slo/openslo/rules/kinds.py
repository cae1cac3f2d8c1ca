"""Every kind of OpenSLO v1, and the check of a whole document."""

from __future__ import annotations

from typing import Any

from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.documents.values import Table
from airflow_ai_slo.openslo.problems import Notes, Path, listed, nearest, show
from airflow_ai_slo.openslo.rules import alerts, checks, indicators
from airflow_ai_slo.openslo.rules.common import VERSION, description, metadata
from airflow_ai_slo.openslo.rules.record import optional, record, required
from airflow_ai_slo.openslo.rules.slo import slo_spec

_service_spec = record({"description": optional(description)})


def _has_connection(spec: Table, at: Path, notes: Notes) -> None:
    """Connection details may be anything, null included, but not left out."""
    if "connectionDetails" not in spec:
        notes.letter((*at, "connectionDetails"), "is missing")


_data_source_spec = record(
    {
        "description": optional(description),
        "type": required(checks.text()),
        "connectionDetails": optional(checks.anything),
    },
    _has_connection,
)

_SPECS = {
    "SLO": required(slo_spec),
    "SLI": required(indicators.sli_spec),
    "Service": optional(_service_spec),
    "DataSource": required(_data_source_spec),
    "AlertPolicy": required(alerts.policy_spec),
    "AlertCondition": required(alerts.condition_spec),
    "AlertNotificationTarget": required(alerts.target_spec),
}
KINDS = tuple(_SPECS)
_SAME_VERSION = ("openslo.com/v1",)


def kind_of(document: Table) -> str | None:
    """The kind a document means, whatever its case (``Datasource``); None where it is none of OpenSLO's."""
    return scalars.choose(document.get("kind"), KINDS)


def is_foreign(document: Table) -> bool:
    """Whether a document is another tool's: a Kubernetes object, a workflow, a package file…"""
    version = document.get("apiVersion")
    if isinstance(version, str) and version.startswith("openslo"):
        return False
    return kind_of(document) is None or version == "v1"


def check_document(document: Table, notes: Notes) -> None:
    """Note everything wrong with one document by itself."""
    version = document.get("apiVersion")
    if _is_other_version(version):
        notes.error(("apiVersion",), f"{show(version)} is another version of OpenSLO; {VERSION} is needed")
        return
    _version(version, ("apiVersion",), notes)
    kind = kind_of(document)
    if kind is None:
        _unknown_kind(document.get("kind"), notes)
        return
    checks.choice(*KINDS)(document["kind"], ("kind",), notes)
    _CHECKS[kind](document, (), notes)


def _is_other_version(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("openslo") and value not in (VERSION, *_SAME_VERSION)


def _version(value: Any, at: Path, notes: Notes) -> None:
    if value is None or value == "":
        notes.error(at, f"is missing; write apiVersion: {VERSION}")
    elif isinstance(value, str) and value in _SAME_VERSION:
        notes.letter(at, f"{show(value)} is written {VERSION}")
    elif value != VERSION:
        notes.error(at, f"{show(value)} is not {VERSION}")


def _unknown_kind(value: Any, notes: Notes) -> None:
    if value is None or value == "":
        notes.error(("kind",), f"is missing; one of {listed(KINDS)}")
    else:
        hint = nearest(value, KINDS) if isinstance(value, str) else ""
        notes.error(("kind",), f"{show(value)} is not one of {listed(KINDS)}{hint}")


def _check(kind: str) -> checks.Check:
    return record(
        {
            "apiVersion": optional(checks.anything),
            "kind": optional(checks.anything),
            "metadata": required(metadata),
            "spec": _SPECS[kind],
        }
    )


_CHECKS = {kind: _check(kind) for kind in KINDS}
