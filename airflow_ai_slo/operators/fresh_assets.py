"""Measures how old an Airflow asset's newest event is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow_ai_slo.operators.fresh import FreshnessOperator

if TYPE_CHECKING:
    from airflow.sdk import Asset, AssetAlias, Context
    from airflow.sdk.definitions.asset import AssetRef

    from airflow_ai_slo.measure.freshness import Freshness
    from airflow_ai_slo.measure.loads import Loads


class AssetFreshnessOperator(FreshnessOperator):
    """One check: good when an asset was updated at most ``max_age`` ago. No event: unknown, never fresh.

    An event says when the asset was updated; with ``watermark_key``, its extra says how far the data then reached.

    :param slo: name of the SLO the measurement belongs to.
    :param max_age: the highest age that is still fresh.
    :param asset: the asset, an alias, or a reference such as ``Asset.ref(name="features")``; it becomes an inlet.
    :param watermark_key: the entry of each event's ``extra`` that holds the watermark. The largest one counts; events
        without it change nothing.
    :param over: measure the share of time in so long a time up to the run's ``at``.
    :param timezone: IANA zone of watermarks that carry no offset.
    :param as_of: the instant of looking, as a template; by default now. Later events are not seen then.
    :param fail_on_bad: whether stale data fails this task, after it was recorded; so does unknown, which is not fresh.
    """

    template_fields: Sequence[str] = (*FreshnessOperator.template_fields, "watermark_key")

    def __init__(
        self,
        *,
        slo: str,
        max_age: timedelta,
        asset: Asset | AssetAlias | AssetRef,
        watermark_key: str | None = None,
        inlets: Sequence[Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(slo=slo, max_age=max_age, inlets=[asset, *(inlets or ())], **kwargs)
        self.asset = asset
        self.watermark_key = watermark_key

    def look(self, context: Context, now: datetime) -> Freshness:
        """One check: the newest event decides; with ``watermark_key``, the event that reaches furthest."""
        from airflow_ai_slo.measure.freshness import freshness
        from airflow_ai_slo.measure.watermark import SKEW

        end = None if self.as_of is None else now  # what is there now counts, also where clocks differ
        if self.watermark_key is None:
            newest = self._events(context, end=end).ascending(False).limit(1)
            return freshness((self._stamp(one) for one in newest), now=now, max_age=self.max_age)
        # Whatever reaches into the fresh time arrived in it, but for clocks that differ: mostly few events are read.
        recent = self._watermarks(self._events(context, start=now - self.max_age - SKEW, end=end))
        seen = freshness(recent, now=now, max_age=self.max_age)
        if seen.good:
            return seen
        return freshness(self._watermarks(self._events(context, end=end)), now=now, max_age=self.max_age)

    def loads(self, context: Context, start: datetime, end: datetime) -> Loads:
        """The asset's events; those before the start only as far as they matter."""
        from airflow_ai_slo.measure.loads import Loads

        if self.watermark_key is not None:
            events = self._events(context, end=end)
            pairs = zip(map(self._stamp, events), self._watermarks(events), strict=True)
            return Loads(list(pairs))
        before = list(self._events(context, end=start).ascending(False).limit(1))
        stamps = [self._stamp(one) for one in [*before, *self._events(context, start=start, end=end)]]
        return Loads([(stamp, stamp) for stamp in stamps])

    def _events(self, context: Context, *, end: datetime | None, start: datetime | None = None) -> Any:
        events = context["inlet_events"][self.asset]
        if end is not None:
            events = events.before(end.isoformat())
        return events if start is None else events.after(start.isoformat())

    def _stamp(self, event: Any) -> datetime:
        from airflow_ai_slo.core.instants import utc

        return utc(event.timestamp)

    def _watermarks(self, events: Any) -> list[datetime | None]:
        from airflow_ai_slo.measure.watermark import instant_of, zone_of

        zone: ZoneInfo | None = zone_of(self.timezone)
        return [instant_of((event.extra or {}).get(self.watermark_key), zone=zone) for event in events]
