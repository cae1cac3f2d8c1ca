"""Drift through Great Expectations: what the drift operator runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.expectations.outcome import Outcome, Status, SuiteResult
from airflow_ai_slo.expectations.profiles import find_profile, looking_in
from airflow_ai_slo.expectations.suite import Suite, run_suite
from airflow_ai_slo.measure.data.frames import is_spark
from airflow_ai_slo.measure.data.sql import DIALECTS, engine_of
from airflow_ai_slo.measure.drift.compare import problem
from airflow_ai_slo.measure.drift.profile import ReferenceProfile
from airflow_ai_slo.measure.drift.result import DEFAULT, Check, ColumnDrift, DriftResult, Event, Thresholds
from airflow_ai_slo.measure.drift.spark import measure_spark
from airflow_ai_slo.measure.drift.tables import measure_table

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Engine

_PSI = "expect_column_psi_to_be_less_than"


def run_drift(
    profile: ReferenceProfile | str | None = None,
    frame: pd.DataFrame | None = None,
    *,
    columns: Sequence[str] | None = None,
    suite: Suite | None = None,
    connection: str | Engine | None = None,
    table: str | None = None,
    sql: str | None = None,
    thresholds: Thresholds = DEFAULT,
    event: Event = "columns",
    weights: Mapping[str, Exact] | None = None,
    parameters: Mapping[str, Any] | None = None,
    folders: Sequence[str | Path] = (),
    imports: Sequence[str] = (),
) -> DriftResult:
    """Measure drift of a frame, a table or a query through Great Expectations.

    Spark, and databases that Great Expectations does not count in, are counted by the same definitions without it.

    :param profile: the reference, or its name (see ``find_profile``). Not needed with a suite, which names its own.
    :param columns: which ones of the profile; by default all.
    :param suite: a suite to run instead; its drift expectations become columns, its others checks.
    :param event: what counts as one event, and ``weights`` of columns, see ``DriftResult``.
    :param folders: where else to look for profiles by name.
    :raises ConfigurationError: profile, suite or connection cannot be used, or the suite expects nothing of drift.
    :raises DataError: the profile's file or the query is wrong. A column that cannot be compared is no exception: its
        verdict is ``error``.
    """
    if suite is not None:
        if columns is not None:
            raise ConfigurationError("give either columns or a suite; a suite names its own columns")
        at_hand = [profile] if isinstance(profile, ReferenceProfile) else []
        ran = run_suite(
            suite, frame, connection=connection, table=table, sql=sql, parameters=parameters, profiles=at_hand,
            folders=folders, imports=imports,
        )  # fmt: skip
        return _of_suite(ran, event, weights or {})
    if profile is None:
        raise ConfigurationError("give a profile with columns, or a suite")
    with looking_in(folders=folders):
        known = find_profile(profile) if isinstance(profile, str) else profile
    names = list(dict.fromkeys(known.columns if columns is None else columns))
    if not names:
        raise ConfigurationError("columns is empty; name at least one")
    if is_spark(frame):
        counted = measure_spark(known, frame, columns=names, thresholds=thresholds)
        return replace(counted, event=event, weights=weights or {})
    if connection is not None and engine_of(connection).dialect.name not in DIALECTS:
        # Great Expectations does not count in every database; the figures are the same.
        counted = measure_table(known, connection, table=table, sql=sql, columns=names, thresholds=thresholds)
        return replace(counted, event=event, weights=weights or {})
    document = {"name": f"drift against {known.name}", "expectations": _expectations(known, names, thresholds)}
    ran = run_suite(document, frame, connection=connection, table=table, sql=sql, profiles=[known])
    found = {outcome.column: _column(outcome, known) for outcome in ran.outcomes}
    return DriftResult(
        profile=known.name, columns=tuple(found[name] for name in names), event=event, weights=weights or {}
    )


def _expectations(profile: ReferenceProfile, names: Sequence[str], thresholds: Thresholds) -> list[dict[str, Any]]:
    settings = {
        "profile": profile.name,
        "threshold": thresholds.psi,
        "significance": thresholds.p,
        "warning": thresholds.warning,
        "null_rate_change": thresholds.null_rate_change,
        "new_category_share": thresholds.new_category_share,
    }
    return [{"type": _PSI, "kwargs": {"column": name, **settings}} for name in names]


def _of_suite(ran: SuiteResult, event: Event, weights: Mapping[str, Exact]) -> DriftResult:
    columns = tuple(_column(outcome, None) for outcome in ran.outcomes if outcome.expectation == _PSI)
    if not columns:
        raise ConfigurationError(f"suite {ran.suite} holds no {_PSI}; use run_suite for suites about other things")
    checks = tuple(_check(outcome) for outcome in ran.outcomes if outcome.expectation != _PSI)
    return DriftResult(profile=ran.suite, columns=columns, event=event, weights=weights, checks=checks)


def _column(outcome: Outcome, profile: ReferenceProfile | None) -> ColumnDrift:
    if outcome.drift is not None:
        return outcome.drift
    name = outcome.column or ""
    known = profile.columns.get(name) if profile else None
    return problem(name, outcome.message or "the expectation gave no details", profile=known)


def _check(outcome: Outcome) -> Check:
    judged = {Status.MET: True, Status.UNMET: False}
    return Check(
        name=outcome.expectation,
        column=outcome.column,
        ok=judged.get(outcome.status),
        observed=outcome.observed,
        message=outcome.message,
    )
