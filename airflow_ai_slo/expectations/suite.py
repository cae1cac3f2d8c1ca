"""Run any Great Expectations suite as an SLI: good is expectations met, total is expectations judged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.expectations.batch import opened
from airflow_ai_slo.expectations.outcome import Outcome, Status, SuiteResult
from airflow_ai_slo.expectations.profiles import looking_in
from airflow_ai_slo.measure.drift.profile import Kind
from airflow_ai_slo.measure.drift.result import FIGURES, ColumnDrift, Verdict

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Engine

    from airflow_ai_slo.measure.drift.profile import ReferenceProfile

Suite = Mapping[str, Any] | str | Path
"""A suite as its JSON document, or the path of one."""


def run_suite(
    suite: Suite,
    frame: pd.DataFrame | None = None,
    *,
    connection: str | Engine | None = None,
    table: str | None = None,
    sql: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    profiles: Sequence[ReferenceProfile] = (),
    folders: Sequence[str | Path] = (),
    imports: Sequence[str] = (),
) -> SuiteResult:
    """Run a suite on a frame, or on a table or a query of a database.

    Nothing is written, and no temporary table is made. Every expectation of the suite is accounted for: one that Great
    Expectations does not know is an error here rather than silently left out.

    :param suite: as Great Expectations 1 writes it, unchanged.
    :param connection: an SQLAlchemy URL or engine, with ``table`` (``name`` or ``schema.name``) or ``sql``. In-memory
        SQLite does not outlive the run.
    :param parameters: values for the suite's ``$PARAMETER`` places.
    :param profiles: reference profiles the suite names, where they are at hand.
    :param folders: where else to look for them; ``profiles`` beside the suite's file is always one.
    :param imports: modules that define custom expectations of the suite.
    :raises ConfigurationError: the suite cannot be used, or the database not reached.
    :raises DataError: the database refuses the table or the query.
    """
    document, file = _read(suite)
    beside = [file.parent / "profiles"] if file else []
    for module in ("airflow_ai_slo.expectations.psi", "airflow_ai_slo.expectations.recent", *imports):
        _import(module)
    built = _build(document, str(file or document.get("name") or "suite"))
    with looking_in(profiles=profiles, folders=[*folders, *beside]), opened(frame, connection, table, sql) as validator:
        configurations = validator.process_expectations_for_validation(
            built.expectation_configurations, {**built.suite_parameters, **(parameters or {})}
        )
        results = validator.graph_validate(
            configurations=configurations, runtime_configuration={"result_format": "BASIC"}
        )
    if len(results) != len(built.expectations):
        raise DataError(
            f"suite {built.name}: {len(built.expectations)} expectations gave {len(results)} results; "
            "none may be lost, so nothing is concluded"
        )
    return SuiteResult(suite=built.name, outcomes=tuple(_outcome(result) for result in results))


def _read(suite: Suite) -> tuple[Mapping[str, Any], Path | None]:
    if isinstance(suite, Mapping):
        return suite, None
    path = Path(suite)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ConfigurationError(f"{path}: is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path}: is not a suite; a suite is a JSON object with name and expectations")
    return document, path


def _import(module: str) -> None:
    try:
        import_module(module)
    except ImportError as error:
        raise ConfigurationError(f"imports: {module} cannot be imported: {error}") from None


def _build(document: Mapping[str, Any], where: str) -> Any:
    """The suite; every expectation is built by itself first, since the suite would drop a wrong one."""
    from great_expectations import ExpectationSuite
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    listed = document.get("expectations")
    if not isinstance(listed, list) or not listed:
        raise ConfigurationError(f"{where}: expectations is missing or empty; a suite needs at least one")
    for index, expectation in enumerate(listed):
        try:
            ExpectationConfiguration(**expectation).to_domain_obj()
        except Exception as error:
            named = expectation.get("type") if isinstance(expectation, dict) else None
            raise ConfigurationError(
                f"{where}: expectations[{index}]{f' {named}' if named else ''}: {_first_problem(error)}"
            ) from None
    try:
        built = ExpectationSuite(**document)
    except Exception as error:
        raise ConfigurationError(f"{where}: is not a suite of Great Expectations 1: {_first_problem(error)}") from None
    if len(built.expectations) != len(listed):
        raise ConfigurationError(
            f"{where}: Great Expectations took {len(built.expectations)} of {len(listed)} expectations"
        )
    return built


def _first_problem(error: Exception) -> str:
    """An exception in one line; of a validation error, its field and what is wrong with it."""
    if hasattr(error, "errors") and callable(error.errors):
        problems = error.errors()
        if problems and isinstance(problems[0], dict):
            return f"{'.'.join(str(part) for part in problems[0]['loc'])}: {problems[0]['msg']}"
    text = str(error).strip()
    if text.endswith(" not found"):
        return f"{text.split()[-3]} is not a known expectation; import the module that defines it"
    return text.splitlines()[0] if text else type(error).__name__


def _outcome(result: Any) -> Outcome:
    configuration = result.expectation_config
    column = configuration.kwargs.get("column")
    name = {"expectation": configuration.type, "column": column if isinstance(column, str) else None}
    problem = _exception(result.exception_info)
    if problem is not None:
        return Outcome(**name, status=Status.ERROR, message=problem)
    found = result.result or {}
    observed = _plain(found.get("observed_value", found.get("unexpected_percent")))
    status = Status.MET if result.success else Status.UNMET
    details = found.get("details")
    drift = _drift(details)
    if drift is None:
        reason = details.get("reason", "") if isinstance(details, dict) else ""
        return Outcome(**name, status=status, observed=observed, message=str(reason))
    if drift.verdict in (Verdict.INSUFFICIENT, Verdict.EMPTY):
        status = Status(str(drift.verdict))
    return Outcome(**name, status=status, observed=observed, message=drift.message, drift=drift)


def _exception(info: Any) -> str | None:
    """What was raised; Great Expectations nests it by metric where a metric raised it."""
    if not isinstance(info, dict):
        return None
    entries = [info, *(entry for entry in info.values() if isinstance(entry, dict))]
    raised = [entry for entry in entries if entry.get("raised_exception")]
    if not raised:
        return None
    text = str(raised[0].get("exception_message") or "").strip()
    return " ".join(text.split()) or "the expectation raised an exception"


def _drift(details: Any) -> ColumnDrift | None:
    if not isinstance(details, dict) or "verdict" not in details or "psi" not in details:
        return None
    return ColumnDrift(
        column=details["column"],
        kind=Kind(details["kind"]),
        verdict=Verdict(details["verdict"]),
        n_reference=details["n_reference"],
        n_current=details["n_current"],
        **{figure: details[figure] for figure in FIGURES},
        warnings=tuple(details["warnings"]),
        message=details["message"],
    )


def _plain(value: Any) -> Any:
    """A value as JSON holds it; what JSON cannot hold, as text."""
    if hasattr(value, "item") and not hasattr(value, "__len__"):
        value = value.item()
    if isinstance(value, float) and value != value:
        return None
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return str(value)
    return value
