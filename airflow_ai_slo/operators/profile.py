"""Keeps what reference data looks like, for drift."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.operators.base import WRONG_SETTINGS
from airflow_ai_slo.operators.tabular import TabularOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.measure.drift import ReferenceProfile


class BuildProfileOperator(TabularOperator):
    """Profiles reference data and keeps the profile in the SLO store: a new version where it changed, else none.

    Tables and queries of PostgreSQL, SQLite and DuckDB are profiled in the database; other rows are read. The XCom is
    ``{name, version, columns, changed}``, so ``reference="features@{{ ti.xcom_pull('profile')['version'] }}"`` holds a
    ``DataDriftOperator`` to the very version. It records no measurement.

    :param name: of the profile (templated).
    :param columns: the columns to keep; by default all that can be compared.
    :param text_length: columns of texts to compare by their lengths rather than as categories.
    :param conn_id: Airflow connection of the database that holds the reference data, with
    :param table: ``name`` or ``schema.name``, or
    :param sql: a SELECT; a template or a file. Or, without a connection,
    :param path: a Parquet file or folder, or a CSV file, or
    :param dataframe: a function without parameters that returns a DataFrame of pandas or Polars.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (
        "name",
        "columns",
        "text_length",
        "slo_conn_id",
        "conn_id",
        "table",
        "sql",
        "path",
    )

    def __init__(
        self, *, name: str, columns: Sequence[str] | None = None, text_length: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(slo="", **kwargs)
        if columns is not None and (isinstance(columns, str) or not columns):
            raise ConfigurationError(f"columns={columns!r}: give a list of names, or leave it out for all")
        if isinstance(text_length, str):
            raise ConfigurationError(f"text_length={text_length!r}: give a list of names")
        self.name = name
        self.columns = columns
        self.text_length = text_length

    def execute(self, context: Context) -> dict[str, Any]:
        """Profile, and keep what is new.

        :raises DataError: the data cannot be profiled, or has no rows.
        :raises StoreError: the store cannot be used.
        """
        from airflow_ai_slo import engine

        try:
            profile = self.build()
            kept, is_new = engine.save_profile(self.hook.get_store(), profile, now=datetime.now(UTC))
        except WRONG_SETTINGS as error:
            raise AirflowFailException(str(error)) from None
        for column, reason in profile.skipped.items():
            self.log.info("Column %s is left out of the profile: %s", column, reason)
        said = f"{len(profile.columns)} columns of {profile.rows:,} rows" if is_new else "unchanged"
        self.log.info("Profile %s: version %d (%s)", kept.name, kept.version, said)
        return {"name": kept.name, "version": kept.version, "columns": len(profile.columns), "changed": is_new}

    def build(self) -> ReferenceProfile:
        """The profile of the data as it is now.

        :raises DataError: there are no rows: a profile of nothing would make every later comparison empty.
        """
        from airflow_ai_slo.hooks.asking import asking
        from airflow_ai_slo.measure.drift import build_from

        source = self.source()
        with asking(self.conn_id) if self.conn_id is not None else nullcontext():
            profile = build_from(
                source,
                name=self.name,
                now=datetime.now(UTC),
                columns=self.columns,
                label="dataframe" if self.dataframe is not None else None,
                text_length=self.text_length,
            )
        if not profile.rows:
            raise DataError(f"profile {self.name}: {profile.source} has no rows; nothing was kept")
        return profile
