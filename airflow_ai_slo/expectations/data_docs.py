"""A suite's results as a page of Great Expectations' Data Docs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from airflow_ai_slo.core.errors import ConfigurationError


def write_page(path: str | Path, suite: str, results: Sequence[Any]) -> None:
    """One HTML file; folders on the way are made.

    :param results: Great Expectations' results, one per expectation.
    :raises ConfigurationError: it cannot be written.
    """
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    met = sum(bool(result.success) for result in results)
    validation = ExpectationSuiteValidationResult(
        success=met == len(results),
        results=list(results),
        suite_name=suite,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": met,
            "unsuccessful_expectations": len(results) - met,
            "success_percent": 100 * met / len(results) if results else None,
        },
        meta={},
    )
    page = DefaultJinjaPageView().render(ValidationResultsPageRenderer(run_info_at_end=True).render(validation))
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{target}: cannot be written: {error.strerror or error}") from None
