"""A checkpoint of a user's own Great Expectations project, run as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from airflow_ai_slo.core.errors import AiSloError, ConfigurationError, DataError
from airflow_ai_slo.expectations.batch import on_pandas
from airflow_ai_slo.expectations.outcome import RowCounts, SuiteResult
from airflow_ai_slo.expectations.results import outcome_of
from airflow_ai_slo.expectations.rows import numbered, rows_meeting
from airflow_ai_slo.expectations.suite import import_expectations
from airflow_ai_slo.measure.data.sql import first_line


def run_checkpoint(
    project: str | Path,
    checkpoint: str,
    *,
    batch_parameters: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    imports: Sequence[str] = (),
    rows: bool = False,
    data_docs: bool = False,
) -> SuiteResult:
    """Run a checkpoint of a project: its data, its suites, its actions, its own stores of results.

    Every expectation of its suites is accounted for, as :func:`run_suite` does.

    :param project: the folder that holds ``gx``, or ``gx`` itself.
    :param batch_parameters: what its data assets ask for, such as ``{"dataframe": frame}``.
    :param parameters: values for its suites' ``$PARAMETER`` places.
    :param imports: modules that define custom expectations of its suites.
    :param rows: whether to count also how many rows meet every expectation that looks at rows.
    :param data_docs: whether to build the project's Data Docs afterwards.
    :raises ConfigurationError: there is no such project or checkpoint.
    :raises DataError: it cannot be run, or an expectation of a suite got lost.
    """
    import_expectations(imports)
    context = _context(Path(project))
    found = _checkpoint(context, checkpoint, project)
    handed = dict(batch_parameters or {}) or None
    try:
        ran = found.run(batch_parameters=handed, expectation_parameters=dict(parameters or {}) or None)
    except Exception as error:
        raise DataError(f"checkpoint {checkpoint}: {first_line(error)}") from error
    results = [result for one in ran.run_results.values() for result in one.results]
    expected = sum(len(one.suite.expectations) for one in found.validation_definitions)
    if len(results) != expected:
        raise DataError(
            f"checkpoint {checkpoint}: {expected} expectations gave {len(results)} results; none may be lost"
        )
    counted = None
    if rows:
        pairs = zip(found.validation_definitions, ran.run_results.values(), strict=True)
        counted = _added(_rows(definition, one.results, handed) for definition, one in pairs)
    if data_docs:
        context.build_data_docs()
    return SuiteResult(suite=checkpoint, outcomes=tuple(outcome_of(result) for result in results), rows=counted)


def docs_of(project: str | Path) -> list[str]:
    """Addresses of a project's Data Docs."""
    return [str(site["site_url"]) for site in _context(Path(project)).get_docs_sites_urls() if site.get("site_url")]


def _context(project: Path) -> Any:
    import great_expectations as gx

    root = project.parent if (project / "great_expectations.yml").is_file() else project
    if not (root / "gx" / "great_expectations.yml").is_file():
        # Great Expectations would make a new project there.
        raise ConfigurationError(f"project={str(project)!r} holds no gx/great_expectations.yml")
    try:
        return gx.get_context(mode="file", project_root_dir=str(root))
    except Exception as error:
        raise ConfigurationError(f"project={str(project)!r}: {first_line(error)}") from None


def _checkpoint(context: Any, name: str, project: str | Path) -> Any:
    from great_expectations.exceptions import DataContextError

    try:
        found = context.checkpoints.get(name)
        _check_suites(context, found)
        return found
    except AiSloError:
        raise
    except DataContextError as error:
        known = ", ".join(sorted(one.name for one in context.checkpoints.all())) or "none"
        text = f"checkpoint={name!r} of {project}: {first_line(error)}; there are: {known}"
        raise ConfigurationError(text) from None
    except Exception as error:
        raise ConfigurationError(f"checkpoint={name!r} of {project}: {first_line(error)}") from None


def _check_suites(context: Any, checkpoint: Any) -> None:
    """A suite drops what it does not know without a word; the file that it was read from tells."""
    for definition in checkpoint.validation_definitions:
        suite = definition.suite
        key = context.expectations_store.get_key(name=suite.name, id=suite.id)
        listed = context.expectations_store.get(key)["expectations"]
        if len(listed) != len(suite.expectations):
            known = {expectation.expectation_type for expectation in suite.expectations}
            lost = next((one["type"] for one in listed if one["type"] not in known), "one")
            raise ConfigurationError(
                f"suite {suite.name}: {lost} is not a known expectation; name the module that defines it in imports"
            )


def _rows(definition: Any, results: Sequence[Any], handed: Mapping[str, Any] | None) -> RowCounts:
    from great_expectations.execution_engine import PandasExecutionEngine
    from great_expectations.validator.validator import Validator

    batch = definition.batch_definition.get_batch(batch_parameters=handed)
    engine = batch.data.execution_engine
    if isinstance(engine, PandasExecutionEngine):
        validator = on_pandas(numbered(batch.data.dataframe))
    else:
        validator = Validator(execution_engine=engine, batches=[batch])
    return rows_meeting(validator, results)


def _added(counts: Iterator[RowCounts]) -> RowCounts:
    good = total = expectations = 0
    for one in counts:
        good, total, expectations = good + one.good, total + one.total, expectations + one.expectations
    return RowCounts(good=good, total=total, expectations=expectations)
