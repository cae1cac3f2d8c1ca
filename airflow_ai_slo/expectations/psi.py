"""An expectation about drift: a column's PSI against a reference profile."""

from __future__ import annotations

from typing import Any, Union

from great_expectations.compatibility import pydantic
from great_expectations.core.suite_parameters import SuiteParameterDict
from great_expectations.expectations.expectation import ColumnAggregateExpectation

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.expectations.metrics import COUNTS, column_profile
from airflow_ai_slo.measure.drift.compare import compare
from airflow_ai_slo.measure.drift.result import DEFAULT, Thresholds, Verdict
from airflow_ai_slo.measure.drift.sql_cells import counts_from

_Number = Union[float, SuiteParameterDict]  # noqa: UP007 - pydantic 1 reads it


class ExpectColumnPsiToBeLessThan(ColumnAggregateExpectation):  # type: ignore[misc]
    """Expect a column not to have drifted from a reference profile.

    It fails where the population stability index is above the threshold and the chi-square p on the same bins below
    the significance, and where the column holds no values. Where only the PSI is above (``insufficient``), so few
    values prove nothing: it passes, and ``details`` says so. Another type than the reference's is an exception.

    The result's ``observed_value`` is the PSI; ``details`` holds the other figures, ``verdict`` and ``warnings``.

    :param column: the column's name.
    :param profile: name of a reference profile (see ``find_profile``), or the path of its ``.json`` file.
    :param threshold: the PSI above which a column drifted.
    :param significance: the p below which a difference is no chance.
    :param warning: a PSI above this is worth a look.
    :param null_rate_change: so is a share of missing values that moved by more than this.
    :param new_category_share: so is more than this share of values in categories the reference never held.
    """

    profile: Union[str, SuiteParameterDict]  # noqa: UP007
    threshold: _Number = DEFAULT.psi
    significance: _Number = DEFAULT.p
    warning: _Number = DEFAULT.warning
    null_rate_change: _Number = DEFAULT.null_rate_change
    new_category_share: _Number = DEFAULT.new_category_share

    metric_dependencies = (COUNTS,)
    success_keys = ("profile", "threshold", "significance", "warning", "null_rate_change", "new_category_share")
    args_keys = ("column", "profile", "threshold")

    @pydantic.validator("threshold", "significance", "warning", "null_rate_change", "new_category_share")  # type: ignore[untyped-decorator]
    def _not_negative(cls, value: Any) -> Any:  # noqa: N805
        if isinstance(value, float) and not value >= 0:
            raise ValueError(f"{value} is not a number from 0")
        return value

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        profile = column_profile(self.profile, self.column)
        counts = metrics[COUNTS]
        if isinstance(counts, str):
            try:
                counts = counts_from(counts, profile)
            except DataError as error:
                raise DataError(f"column {self.column!r} {error}") from None
        found = compare(
            profile,
            counts,
            thresholds=Thresholds(
                psi=self.threshold,
                warning=self.warning,
                p=self.significance,
                null_rate_change=self.null_rate_change,
                new_category_share=self.new_category_share,
            ),
        )
        details = found.to_dict() | {"warnings": list(found.warnings), "message": found.message}
        return {
            "success": found.verdict in (Verdict.STABLE, Verdict.INSUFFICIENT),
            "result": {"observed_value": found.psi, "details": details},
        }
