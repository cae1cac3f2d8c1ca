"""Measures how much of what Great Expectations expects of data is met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from airflow.sdk.exceptions import AirflowFailException

from airflow_ai_slo.core.errors import ConfigurationError, DataError, StoreError
from airflow_ai_slo.operators.base import WRONG_SETTINGS
from airflow_ai_slo.operators.tabular import TabularOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.core.measurement import Measurement
    from airflow_ai_slo.expectations import SuiteResult

_NAMES_KEPT = 20


class DataQualityOperator(TabularOperator):
    """Runs a Great Expectations suite, or a checkpoint of a project of yours, and records how much of it was met.

    Each judged expectation is one event, or each row is (``event="rows"``): good where it meets every expectation that
    looks at rows. An expectation that raised (a missing column, another type) is neither good nor bad: the rest is
    recorded, and then the task fails. Value: good / total.

    :param slo: name of the SLO the measurement belongs to.
    :param suite: a suite, as the path of its file or its JSON document, run on the rows of ``conn_id`` with ``table``
        or ``sql``, of ``path`` or of ``dataframe``. Or instead:
    :param project: the folder of a Great Expectations project, with
    :param checkpoint: the name of a checkpoint in it, run as it is, on its own data. A ``dataframe`` is handed to it.
    :param batch_parameters: what the checkpoint's data assets ask for (templated), such as ``{"year": "2024"}``.
    :param event: ``expectations`` or ``rows``.
    :param parameters: values for ``$PARAMETER`` places of the suites (templated).
    :param imports: modules that define custom expectations.
    :param data_docs: of a suite, the HTML file to write (templated); of a project, True builds its Data Docs.
    :param on_error: what expectations that raised do, once the rest is recorded: ``fail`` the task, or ``warn``.
    :param fail_on_bad: whether falling short of the objective fails this task, after it was recorded; so do
        expectations that could not be judged.
    :param count_manual: whether runs started by hand count; see the base class.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (
        *TabularOperator.template_fields, "suite", "project", "checkpoint", "batch_parameters", "parameters",
        "data_docs",
    )  # fmt: skip
    template_fields_renderers = {"sql": "sql", "suite": "json"}  # noqa: RUF012
    needs_rows = False

    def __init__(
        self,
        *,
        suite: str | Mapping[str, Any] | None = None,
        project: str | None = None,
        checkpoint: str | None = None,
        batch_parameters: Mapping[str, Any] | None = None,
        event: Literal["expectations", "rows"] = "expectations",
        parameters: Mapping[str, Any] | None = None,
        imports: Sequence[str] = (),
        data_docs: str | bool = False,
        on_error: Literal["fail", "warn"] = "fail",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (suite is None) == (project is None) or (project is None) != (checkpoint is None):
            raise ConfigurationError("give a suite, or a project and a checkpoint in it")
        rows = (self.table, self.sql, self.path, self.dataframe)
        if suite is not None and all(given is None for given in rows):
            raise ConfigurationError("give the data of the suite as one of table, sql, path or dataframe")
        if project is not None and any(given is not None for given in rows[:3]):
            raise ConfigurationError("a checkpoint has its own data; only a dataframe can be handed to it")
        if batch_parameters is not None and project is None:
            raise ConfigurationError("batch_parameters belong to a checkpoint")
        if data_docs and isinstance(data_docs, str) != (suite is not None):
            raise ConfigurationError(
                f"data_docs={data_docs!r}: of a suite, the HTML file to write; of a project, True or False"
            )
        if event not in ("expectations", "rows"):
            raise ConfigurationError(f"event={event!r} is neither 'expectations' nor 'rows'")
        if on_error not in ("fail", "warn"):
            raise ConfigurationError(f"on_error={on_error!r} is neither 'fail' nor 'warn'")
        self.suite = suite
        self.project = project
        self.checkpoint = checkpoint
        self.batch_parameters = batch_parameters
        self.event = event
        self.parameters = parameters
        self.imports = imports
        self.data_docs = data_docs
        self.on_error = on_error

    def execute(self, context: Context) -> dict[str, Any]:
        """Run, record, then fail for expectations that raised, or for bad data where asked to."""
        try:
            found = self.judge()
            measured = self._measured(context, found)
            gaps = bool(found.errors) or not measured.total
            result = self.record(context, measured, bad=True if gaps else None, more=self._summary(found))
        except WRONG_SETTINGS as error:
            raise AirflowFailException(str(error)) from None
        except StoreError as error:
            if self.fail_on_bad:
                raise
            self.log.warning("Not measured: a reference profile is in the SLO store: %s", error)
            return {"slo": self.slo, "recorded": False, "problem": str(error)}
        if found.errors and self.on_error == "fail":
            context["ti"].xcom_push(key="return_value", value=result)
            raise DataError("; ".join(f"{one.named}: {one.message}" for one in found.errors))
        return result

    def measure(self, context: Context) -> Measurement:
        """Judged expectations as events, or rows; value: good / total."""
        return self._measured(context, self.judge())

    def judge(self) -> SuiteResult:
        """What became of every expectation.

        :raises DataError: the data cannot be read, or the checkpoint not be run.
        :raises ConfigurationError: suite, project or checkpoint cannot be used.
        :raises StoreError: a reference profile can only be in the store, and that cannot be used.
        """
        from airflow_ai_slo.expectations.profiles import looking_in
        from airflow_ai_slo.operators.kept_profiles import KeptProfiles
        from airflow_ai_slo.operators.quality_words import table_of

        kept = KeptProfiles(self.hook)
        with looking_in(last_resort=kept.find):
            found = self._of_suite() if self.suite is not None else self._of_project()
        if kept.problem is not None:
            raise kept.problem
        log = self.log.warning if found.unmet or found.errors else self.log.info
        log("%s", table_of(found))
        return found

    def _of_suite(self) -> SuiteResult:
        from airflow_ai_slo.expectations import run_suite

        source = self.source()
        if source.engine is not None:
            rows: dict[str, Any] = {"connection": source.engine, "table": source.table, "sql": source.sql}
        else:
            rows = {"frame": source.read()}
        return run_suite(
            self.located(self.suite) if isinstance(self.suite, str) else self.suite or {},
            parameters=self.parameters,
            imports=self.imports,
            rows=self.event == "rows",
            page=self.data_docs if isinstance(self.data_docs, str) and self.data_docs else None,
            **rows,
        )

    def _of_project(self) -> SuiteResult:
        from airflow_ai_slo.expectations import run_checkpoint

        frame = {} if self.dataframe is None else {"dataframe": self.source().read()}
        return run_checkpoint(
            self.located(self.project or ""),
            self.checkpoint or "",
            batch_parameters={**(self.batch_parameters or {}), **frame},
            parameters=self.parameters,
            imports=self.imports,
            rows=self.event == "rows",
            data_docs=bool(self.data_docs),
        )

    def _measured(self, context: Context, found: SuiteResult) -> Measurement:
        from airflow_ai_slo.core.measurement import Cause
        from airflow_ai_slo.operators.quality_words import cause_of, in_words

        good, total = (found.rows.good, found.rows.total) if found.rows is not None else (found.good, found.total)
        return self.measurement(
            context,
            good=good,
            total=total,
            value=good / total if total else None,
            cause=Cause(cause_of(found)),
            attributes={"detail": in_words(found), "suite": found.suite},
        )

    def _summary(self, found: SuiteResult) -> dict[str, Any]:
        """What an XCom holds beside the counts: small, whatever the suite."""
        summary: dict[str, Any] = {
            "met": found.good,
            "judged": found.total,
            "unmet": [one.named for one in found.unmet[:_NAMES_KEPT]],
            "errors": [one.named for one in found.errors[:_NAMES_KEPT]],
        }
        if isinstance(self.data_docs, str) and self.data_docs:
            summary["data_docs"] = str(Path(self.data_docs).absolute())
        elif self.data_docs:
            from airflow_ai_slo.expectations.checkpoint import docs_of

            summary["data_docs"] = next(iter(docs_of(self.located(self.project or ""))), None)
        return summary
