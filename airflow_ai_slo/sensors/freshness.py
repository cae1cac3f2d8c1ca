"""Waits until features are fresh enough to be used: in a table, in files, in Feast."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator, PokeReturnValue
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from airflow_ai_slo.core.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.hooks.fresh_files import FileQuery
    from airflow_ai_slo.hooks.watermark import WatermarkQuery
    from airflow_ai_slo.measure.freshness import Freshness
    from airflow_ai_slo.triggers.freshness import FreshnessTrigger


class FreshnessSensor(BaseSensorOperator):
    """Base of the freshness sensors. Subclasses say how to :meth:`look`, and which :meth:`trigger` looks for them.

    :param max_age: the highest age that is still fresh.
    :param timezone: IANA zone of stamps that carry none.
    :param deferrable: whether to wait in the triggerer, where ``poke_interval`` is 30 seconds at least.
    """

    ui_color = "#e6f4ea"

    def __init__(
        self,
        *,
        max_age: timedelta,
        timezone: str | None = None,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(max_age, timedelta) or max_age < timedelta(0):
            raise ConfigurationError(f"max_age={max_age!r}: give a timedelta, such as timedelta(hours=26)")
        self.max_age = max_age
        self.timezone = timezone
        self.deferrable = deferrable

    @abstractmethod
    def look(self, now: datetime) -> Freshness:
        """One look."""

    @abstractmethod
    def trigger(self, poll_interval: float) -> FreshnessTrigger | None:
        """Who looks while no worker does; None where only a worker can."""

    def poke(self, context: Context) -> PokeReturnValue:
        """Look once; the age in seconds becomes the XCom of the poke that passes."""
        try:
            seen = self.look(datetime.now(UTC))
        except ConfigurationError as error:
            raise AirflowFailException(str(error)) from None
        except DataError as error:
            raise AirflowException(str(error)) from None
        fresh = bool(seen.total) and seen.good == seen.total
        self.log.info("%s%s", "" if fresh else "Waiting: ", seen.detail)
        return PokeReturnValue(is_done=fresh, xcom_value={"age": seen.value, "detail": seen.detail})

    def execute(self, context: Context) -> Any:
        """Look, then wait: in the triggerer where deferrable, else by poking."""
        from airflow_ai_slo.triggers.polling import SHORTEST

        trigger = self.trigger(max(self.poke_interval, SHORTEST)) if self.deferrable else None
        if trigger is None:
            return super().execute(context)
        first = self.poke(context)
        if first.is_done:
            return first.xcom_value
        self.defer(trigger=trigger, method_name="execute_complete", timeout=timedelta(seconds=self.timeout))

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """What the trigger saw, as XCom."""
        if "error" in event:
            raise AirflowException(event["error"])
        self.log.info("%s", event["detail"])
        return event


class FeatureFreshnessSensor(FreshnessSensor):
    """Waits until the newest data is at most ``max_age`` old. Empty, all-null and never seen are never fresh.

    Takes the usual sensor parameters (``timeout``, ``poke_interval``, ``mode``, ``soft_fail``…).

    :param max_age: the highest age that is still fresh.
    :param conn_id: Airflow connection of the database.
    :param sql: a SELECT whose first value is the watermark; with ``key``, what is looked at instead of a table.
    :param parameters: bound to the placeholders in ``sql``, in order.
    :param table: table to look at, with ``column`` instead of ``sql``.
    :param column: its time stamps.
    :param key: the column, or columns, whose every value is a key: waits until all keys are fresh.
    :param partition: look only at rows that hold these values, such as ``{"region": "eu"}``.
    :param watermark: a function without parameters that returns the watermark, instead of a database.
    :param timezone: IANA zone of stamps that carry none.
    :param deferrable: whether to wait in the triggerer, where ``poke_interval`` is 30 seconds at least. A ``watermark``
        function cannot move there: such a sensor pokes.
    """

    template_fields: Sequence[str] = ("conn_id", "sql", "parameters", "table", "column", "key", "partition", "timezone")
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers = {"sql": "sql", "parameters": "json", "partition": "json"}  # noqa: RUF012

    def __init__(
        self,
        *,
        max_age: timedelta,
        conn_id: str | None = None,
        sql: str | None = None,
        parameters: Sequence[Any] = (),
        table: str | None = None,
        column: str | None = None,
        key: str | Sequence[str] | None = None,
        partition: Mapping[str, Any] | None = None,
        watermark: Callable[[], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(max_age=max_age, **kwargs)
        if (watermark is None) == (conn_id is None):
            raise ConfigurationError("give either conn_id with sql, or with table and column, or a watermark function")
        self.conn_id = conn_id
        self.sql = sql
        self.parameters = parameters
        self.table = table
        self.column = column
        self.key = key
        self.partition = partition
        self.watermark = watermark
        if watermark is None:
            self._query()

    def look(self, now: datetime) -> Freshness:
        """Ask the database, or the function."""
        if self.watermark is None:
            return self._query().freshness(now=now, max_age=self.max_age)
        from airflow_ai_slo.measure.freshness import freshness
        from airflow_ai_slo.measure.watermark import instant_of, zone_of

        reached = instant_of(self.watermark(), zone=zone_of(self.timezone))
        return freshness([reached], now=now, max_age=self.max_age)

    def trigger(self, poll_interval: float) -> FreshnessTrigger | None:
        """Asks the database."""
        from airflow_ai_slo.triggers.freshness import FeatureFreshnessTrigger

        if self.watermark is not None:
            return None
        age = self.max_age.total_seconds()
        return FeatureFreshnessTrigger(max_age=age, poll_interval=poll_interval, **self._options)

    def _query(self) -> WatermarkQuery:
        from airflow_ai_slo.hooks.watermark import WatermarkQuery

        return WatermarkQuery(**self._options)

    @property
    def _options(self) -> dict[str, Any]:
        return {
            "conn_id": self.conn_id or "",
            "sql": self.sql,
            "parameters": self.parameters,
            "table": self.table,
            "column": self.column,
            "key": self.key,
            "partition": self.partition or {},
            "timezone": self.timezone,
        }


class FileFreshnessSensor(FreshnessSensor):
    """Waits until the newest file is at most ``max_age`` old. No file is never fresh.

    :param max_age: the highest age that is still fresh.
    :param path: a file, a folder with all that lies below it, or a pattern; a URL or an absolute path.
    :param dated: how the date stands in the path, such as ``day=%Y-%m-%d``; without it the modification time counts.
    :param conn_id: Airflow connection of the object store.
    :param timezone: IANA zone of the dates in the path.
    :param deferrable: whether to wait in the triggerer, where ``poke_interval`` is 30 seconds at least.
    """

    template_fields: Sequence[str] = ("path", "dated", "conn_id", "timezone")

    def __init__(
        self, *, max_age: timedelta, path: str, dated: str | None = None, conn_id: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(max_age=max_age, **kwargs)
        self.path = path
        self.dated = dated
        self.conn_id = conn_id
        if isinstance(path, str):
            self._query()

    def look(self, now: datetime) -> Freshness:
        """List the files."""
        return self._query().freshness(now=now, max_age=self.max_age)

    def trigger(self, poll_interval: float) -> FreshnessTrigger | None:
        """Lists the files."""
        from airflow_ai_slo.triggers.freshness import FileFreshnessTrigger

        age = self.max_age.total_seconds()
        return FileFreshnessTrigger(max_age=age, poll_interval=poll_interval, **self._options)

    def _query(self) -> FileQuery:
        from airflow_ai_slo.hooks.fresh_files import FileQuery

        return FileQuery(**self._options)

    @property
    def _options(self) -> dict[str, Any]:
        return {"path": self.path, "dated": self.dated, "conn_id": self.conn_id, "timezone": self.timezone}


class FeastFreshnessSensor(FreshnessSensor):
    """Waits until Feast's feature views are materialised up to at most ``max_age`` ago. It pokes, on a worker.

    :param max_age: the highest age that is still fresh.
    :param feature_view: the name of one view, or a list: waits until all are fresh.
    :param feast_repo: the folder of the feature repository, or its ``feature_store.yaml``.
    """

    template_fields: Sequence[str] = ("feature_view", "feast_repo")

    def __init__(
        self, *, max_age: timedelta, feature_view: str | Sequence[str], feast_repo: str, **kwargs: Any
    ) -> None:
        super().__init__(max_age=max_age, **kwargs)
        if not feature_view:
            raise ConfigurationError("feature_view is empty: name a feature view, or several in a list")
        self.feature_view = feature_view
        self.feast_repo = feast_repo

    def look(self, now: datetime) -> Freshness:
        """Ask Feast's registry."""
        from airflow_ai_slo.hooks.feast import FeastQuery

        views = [self.feature_view] if isinstance(self.feature_view, str) else self.feature_view
        return FeastQuery(repo=self.feast_repo, feature_views=views).freshness(now=now, max_age=self.max_age)

    def trigger(self, poll_interval: float) -> FreshnessTrigger | None:
        """Nobody: Feast and its repository are where the workers are."""
        return None
