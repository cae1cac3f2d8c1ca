"""Run any Great Expectations suite as an SLI: good is expectations met, total is expectations judged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.expectations.batch import opened
from airflow_ai_slo.expectations.data_docs import write_page
from airflow_ai_slo.expectations.outcome import SuiteResult
from airflow_ai_slo.expectations.profiles import looking_in
from airflow_ai_slo.expectations.results import outcome_of
from airflow_ai_slo.expectations.rows import numbered, rows_meeting

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
    rows: bool = False,
    page: str | Path | None = None,
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
    :param rows: whether to count also how many rows meet every expectation that looks at rows.
    :param page: an HTML file to write with the results as Great Expectations' Data Docs show them.
    :raises ConfigurationError: the suite cannot be used, or the database not reached.
    :raises DataError: the database refuses the table or the query.
    """
    document, file = _read(suite)
    beside = [file.parent / "profiles"] if file else []
    import_expectations(imports)
    if rows and frame is not None:
        frame = numbered(frame)
    built = _build(document, str(file or document.get("name") or "suite"))
    with looking_in(profiles=profiles, folders=[*folders, *beside]), opened(frame, connection, table, sql) as validator:
        configurations = validator.process_expectations_for_validation(
            built.expectation_configurations, {**built.suite_parameters, **(parameters or {})}
        )
        results = validator.graph_validate(
            configurations=configurations, runtime_configuration={"result_format": "BASIC"}
        )
        counted = rows_meeting(validator, results) if rows else None
    if len(results) != len(built.expectations):
        raise DataError(
            f"suite {built.name}: {len(built.expectations)} expectations gave {len(results)} results; "
            "none may be lost, so nothing is concluded"
        )
    if page is not None:
        write_page(page, built.name, results)
    return SuiteResult(suite=built.name, outcomes=tuple(outcome_of(result) for result in results), rows=counted)


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


def import_expectations(more: Sequence[str] = ()) -> None:
    """Make our expectations known to Great Expectations, and those that other modules define.

    :raises ConfigurationError: a module cannot be imported.
    """
    for module in ("airflow_ai_slo.expectations.psi", "airflow_ai_slo.expectations.recent", *more):
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
