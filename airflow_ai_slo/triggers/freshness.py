"""Waiting for fresh features, without a worker."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.hooks.fresh_files import FileQuery
from airflow_ai_slo.hooks.watermark import WatermarkQuery
from airflow_ai_slo.triggers.polling import SHORTEST, PollingTrigger

if TYPE_CHECKING:
    from airflow_ai_slo.measure.freshness import Freshness


class FreshnessTrigger(PollingTrigger):
    """Fires once the data is fresh: at most ``max_age`` old.

    :param max_age: seconds.
    :param poll_interval: seconds between two looks.
    """

    options: tuple[str, ...] = ()
    """Names of the attributes that say where to look."""

    def __init__(self, *, max_age: float, poll_interval: float = SHORTEST) -> None:
        super().__init__(poll_interval=poll_interval)
        self.max_age = max_age

    @abstractmethod
    def freshness(self, now: datetime, max_age: timedelta) -> Freshness:
        """One look, at an instant."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path and arguments, as plain JSON values."""
        names = ("max_age", *self.options, "poll_interval")
        return f"{type(self).__module__}.{type(self).__qualname__}", {name: getattr(self, name) for name in names}

    def look(self) -> dict[str, Any] | None:
        """``{"age": seconds, "detail": …}`` once the data is fresh."""
        seen = self.freshness(datetime.now(UTC), timedelta(seconds=self.max_age))
        if not seen.total or seen.good < seen.total:
            self.log.info("Waiting: %s", seen.detail)
            return None
        return {"age": seen.value, "detail": seen.detail}


class FeatureFreshnessTrigger(FreshnessTrigger):
    """Fires once the data is fresh: its newest stamp is at most ``max_age`` old; with ``key``, that of every key.

    :param max_age: seconds.
    :param conn_id: Airflow connection of the database.
    :param sql: a SELECT whose first value is the watermark; or else ``table`` and ``column``.
    :param parameters: bound to the placeholders in ``sql``, in order.
    :param key: the column, or columns, whose every value is a key.
    :param partition: look only at rows that hold these values.
    :param timezone: IANA zone of stamps that carry none.
    :param poll_interval: seconds between two looks.
    """

    options = ("conn_id", "sql", "parameters", "table", "column", "key", "partition", "timezone")

    def __init__(
        self,
        *,
        max_age: float,
        conn_id: str,
        sql: str | None = None,
        parameters: Sequence[Any] = (),
        table: str | None = None,
        column: str | None = None,
        key: str | Sequence[str] | None = None,
        partition: Mapping[str, Any] | None = None,
        timezone: str | None = None,
        poll_interval: float = SHORTEST,
    ) -> None:
        super().__init__(max_age=max_age, poll_interval=poll_interval)
        self.conn_id = conn_id
        self.sql = sql
        self.parameters = list(parameters)
        self.table = table
        self.column = column
        self.key = key
        self.partition = dict(partition or {})
        self.timezone = timezone

    def freshness(self, now: datetime, max_age: timedelta) -> Freshness:
        """Ask the database."""
        query = WatermarkQuery(**{name: getattr(self, name) for name in self.options})
        return query.freshness(now=now, max_age=max_age)


class FileFreshnessTrigger(FreshnessTrigger):
    """Fires once the newest file is at most ``max_age`` old.

    :param max_age: seconds.
    :param path: a file, a folder, or a pattern.
    :param dated: how the date stands in the path; without it the modification time counts.
    :param conn_id: Airflow connection of the object store.
    :param timezone: IANA zone of the dates in the path.
    :param poll_interval: seconds between two looks.
    """

    options = ("path", "dated", "conn_id", "timezone")

    def __init__(
        self,
        *,
        max_age: float,
        path: str,
        dated: str | None = None,
        conn_id: str | None = None,
        timezone: str | None = None,
        poll_interval: float = SHORTEST,
    ) -> None:
        super().__init__(max_age=max_age, poll_interval=poll_interval)
        self.path = path
        self.dated = dated
        self.conn_id = conn_id
        self.timezone = timezone

    def freshness(self, now: datetime, max_age: timedelta) -> Freshness:
        """List the files."""
        query = FileQuery(**{name: getattr(self, name) for name in self.options})
        return query.freshness(now=now, max_age=max_age)
