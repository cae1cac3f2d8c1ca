"""Measures how far data moved from a reference, column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from airflow.sdk.exceptions import AirflowFailException

from airflow_ai_slo.core.errors import ConfigurationError, DataError, StoreError
from airflow_ai_slo.operators.base import WRONG_SETTINGS
from airflow_ai_slo.operators.drift_window import both_sides, check_windows, windows_of
from airflow_ai_slo.operators.tabular import TabularOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.core.measurement import Measurement
    from airflow_ai_slo.measure.data import Source
    from airflow_ai_slo.measure.drift import DriftResult, ReferenceProfile, Thresholds

_NAMES_KEPT = 20


class DataDriftOperator(TabularOperator):
    """Compares current data with a reference profile, through Great Expectations. Value: the worst PSI of any column.

    Each judged column is one event, or the whole run is (``event="run"``): good where nothing drifted, bad, cause
    ``data_drift``, where something did. A column that drifted by too few values to be sure, that is empty, or that
    cannot be compared (missing, another type) is not judged: it is neither good nor bad, and never "no drift". Where
    columns cannot be compared the rest is recorded, and then the task fails.

    The log shows every column; the XCom names those that drifted.

    :param slo: name of the SLO the measurement belongs to.
    :param reference: the reference profile: its name, or the path of its file (``.json``). A name is looked for among
        the profiles registered in the process, then in folders of profiles, then in the SLO store, where
        ``name@version`` asks for an older version. A suite may name its own.
    :param reference_window: or, instead of a profile, how long a past window of the same rows reaches back, by
    :param time_column: when each row was. The window ends where the current rows begin, which are those of
    :param current_window: such a length up to the run's instant; by default the run's data interval.
    :param timezone: IANA zone of stamps in the time column that carry none.
    :param columns: the columns to compare; by default all of the profile. Or instead:
    :param suite: a Great Expectations suite, as a path or its JSON document. Its PSI expectations become the columns;
        its other expectations count as events beside them.
    :param conn_id: Airflow connection of the database that holds the current data (SQLite, PostgreSQL), with
    :param table: ``name`` or ``schema.name``, or
    :param sql: a SELECT; a template or a file. Or, without a connection,
    :param path: a Parquet file or folder, or a CSV file, or
    :param dataframe: a function without parameters that returns a DataFrame of pandas, Polars or Spark.
    :param event: ``columns`` or ``run``.
    :param weights: of columns, where some matter more; those not named weigh 1.
    :param thresholds: when a column drifted, see ``airflow_ai_slo.measure.drift.Thresholds``; a suite has its own.
    :param on_error: what columns that cannot be compared do, once the rest is recorded: ``fail`` the task, or ``warn``.
    :param imports: modules that define custom expectations of the suite.
    :param fail_on_bad: whether drift fails this task, after it was recorded; so do columns that are empty, which is
        not the same as no drift.
    :param count_manual: whether runs started by hand count; see the base class.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (
        *(*TabularOperator.template_fields, "reference", "columns", "suite"),
        *("time_column", "timezone"),
    )
    template_fields_renderers = {"sql": "sql", "suite": "json"}  # noqa: RUF012

    def __init__(
        self,
        *,
        reference: str | None = None,
        reference_window: timedelta | None = None,
        time_column: str | None = None,
        current_window: timedelta | None = None,
        timezone: str | None = None,
        columns: Sequence[str] | None = None,
        suite: str | Mapping[str, Any] | None = None,
        event: Literal["columns", "run"] = "columns",
        weights: Mapping[str, float] | None = None,
        thresholds: Thresholds | None = None,
        on_error: Literal["fail", "warn"] = "fail",
        imports: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if reference is None and suite is None and reference_window is None:
            raise ConfigurationError("give a reference profile, or a suite that names one, or a reference_window")
        if reference_window is not None and (reference is not None or suite is not None):
            raise ConfigurationError("a reference_window is the reference; leave reference and suite out")
        check_windows(reference_window, current_window, time_column)
        if suite is not None and (columns is not None or thresholds is not None):
            raise ConfigurationError("a suite has its own columns and thresholds; leave these two out")
        if columns is not None and (isinstance(columns, str) or not columns):
            raise ConfigurationError(
                f"columns={columns!r}: give a list of names, or leave it out for all of the profile"
            )
        if event not in ("columns", "run"):
            raise ConfigurationError(f"event={event!r} is neither 'columns' nor 'run'")
        if on_error not in ("fail", "warn"):
            raise ConfigurationError(f"on_error={on_error!r} is neither 'fail' nor 'warn'")
        self.reference = reference
        self.reference_window = reference_window
        self.time_column = time_column
        self.current_window = current_window
        self.timezone = timezone
        self.columns = columns
        self.suite = suite
        self.event = event
        self.weights = weights
        self.thresholds = thresholds
        self.on_error = on_error
        self.imports = imports

    def execute(self, context: Context) -> dict[str, Any]:
        """Compare, record, then fail for columns that could not be compared, or for drift where asked to."""
        from airflow_ai_slo.operators.drift_words import summary

        try:
            found = self.compare(context)
            measured = self._measured(context, found)
            bad = True if _has_gaps(found) or not found.total else None
            result = self.record(context, measured, bad=bad, more=summary(found, _NAMES_KEPT))
        except WRONG_SETTINGS as error:
            raise AirflowFailException(str(error)) from None
        except StoreError as error:
            return self._unmeasured(error)
        if found.errors and self.on_error == "fail":
            context["ti"].xcom_push(key="return_value", value=result)
            raise DataError("; ".join(column.message for column in found.errors))
        return result

    def measure(self, context: Context) -> Measurement:
        """Judged columns as events, or the run as one; value: the worst PSI."""
        return self._measured(context, self.compare(context))

    def _unmeasured(self, error: StoreError) -> dict[str, Any]:
        """A store that is down fails nobody's pipeline, unless the task is there to stop bad data."""
        if self.fail_on_bad:
            raise error
        self.log.warning("Not measured: the reference profile is in the SLO store: %s", error)
        return {"slo": self.slo, "recorded": False, "problem": str(error)}

    def compare(self, context: Context | None = None) -> DriftResult:
        """The current data against the reference, every column's figures and verdict.

        :param context: the run's, which a ``reference_window`` needs.
        :raises StoreError: a profile can only be in the store, and that cannot be used.
        """
        from airflow_ai_slo.expectations import run_drift
        from airflow_ai_slo.expectations.profiles import looking_in
        from airflow_ai_slo.measure.drift import Thresholds
        from airflow_ai_slo.operators.drift_words import table_of
        from airflow_ai_slo.operators.kept_profiles import KeptProfiles

        kept = KeptProfiles(self.hook)
        with looking_in(last_resort=kept.find):
            reference, current = self._sides(context)
            found = run_drift(
                reference,
                columns=self.columns,
                suite=self.located(self.suite) if isinstance(self.suite, str) else self.suite,
                thresholds=self.thresholds or Thresholds(),
                event=self.event,
                weights=dict(self.weights or {}),  # type: ignore[arg-type]
                imports=self.imports,
                **current,
            )
        if kept.problem is not None:
            raise kept.problem
        log = self.log.warning if found.drifted or _has_gaps(found) else self.log.info
        log("%s", table_of(found))
        return found

    def _measured(self, context: Context, found: DriftResult) -> Measurement:
        from airflow_ai_slo.core.measurement import Cause
        from airflow_ai_slo.measure.drift import in_words
        from airflow_ai_slo.operators.drift_words import names_of

        drifted = names_of(found.drifted, _NAMES_KEPT)
        return self.measurement(
            context,
            good=found.good,  # type: ignore[arg-type]
            total=found.total,  # type: ignore[arg-type]
            value=found.worst_psi,
            cause=Cause.DATA_DRIFT if found.drifted else Cause.OTHER,
            attributes={"detail": in_words(found), "reference": found.profile}
            | ({"drifted": ", ".join(drifted)} if drifted else {}),
        )

    def _sides(self, context: Context | None) -> tuple[ReferenceProfile | None, dict[str, Any]]:
        """The reference, and the current data as :func:`run_drift` takes it."""
        if self.reference_window is None:
            reference = self._reference()
            return reference, self._current(reference, self.source())
        if context is None:
            raise ConfigurationError("a reference_window ends where the run's interval begins: give its context")
        windows = windows_of(context, self.at_of(context), self.reference_window, self.current_window)
        profile, current = both_sides(
            self.source(),
            windows,
            time_column=self.time_column or "",
            timezone=self.timezone,
            columns=self.columns,
        )
        return profile, self._current(profile, current)

    def _reference(self) -> ReferenceProfile | None:
        if self.reference is None:
            return None
        from airflow_ai_slo.expectations import find_profile

        return find_profile(self.located(self.reference) if self.reference.endswith(".json") else self.reference)

    def _current(self, reference: ReferenceProfile | None, source: Source) -> dict[str, Any]:
        from airflow_ai_slo.measure.data.frames import is_spark
        from airflow_ai_slo.measure.drift.files import guides

        if source.engine is not None:
            return {"connection": source.engine, "table": source.table, "sql": source.sql}
        if is_spark(source.frame):
            return {"frame": source.frame}
        only = None
        if reference is not None and self.suite is None:
            only = list(reference.columns) if self.columns is None else self.columns
        return {"frame": source.read(keep_as_text=guides(reference), only=only)}


def _has_gaps(found: DriftResult) -> bool:
    """Whether some column could not be looked at: that is not the same as no drift."""
    return any(column.verdict in ("empty", "error") for column in found.columns)
