"""What the freshness operators share: one check, or the share of time, and what is kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.base import MeasureOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.core.measurement import Measurement
    from airflow_ai_slo.measure.freshness import Freshness
    from airflow_ai_slo.measure.loads import Loads


class FreshnessOperator(MeasureOperator):
    """Base of the freshness operators. Subclasses say how to :meth:`look`, and which :meth:`loads` there were.

    :param slo: name of the SLO the measurement belongs to.
    :param max_age: the highest age that is still fresh.
    :param over: measure the share of time instead of one check: seconds fresh of the seconds known in so long a time
        up to the run's ``at`` (or ``as_of``).
    :param timezone: IANA zone of stamps that carry no offset.
    :param as_of: the instant of looking, as a template; by default now. For history that is measured afterwards.
    :param fail_on_bad: whether stale data fails this task, after it was recorded; so does unknown, which is not fresh.
    :param count_manual: whether runs started by hand count; see the base class.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (*MeasureOperator.template_fields, "timezone", "as_of")

    def __init__(
        self,
        *,
        slo: str,
        max_age: timedelta,
        over: timedelta | None = None,
        timezone: str | None = None,
        as_of: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(slo=slo, **kwargs)
        if not isinstance(max_age, timedelta) or max_age < timedelta(0):
            raise ConfigurationError(f"max_age={max_age!r}: give a timedelta, such as timedelta(hours=26)")
        if over is not None and (not isinstance(over, timedelta) or over <= timedelta(0)):
            raise ConfigurationError(f"over={over!r}: give a timedelta above zero, such as timedelta(hours=1)")
        self.max_age = max_age
        self.over = over
        self.timezone = timezone
        self.as_of = as_of

    def look(self, context: Context, now: datetime) -> Freshness:
        """One check at an instant."""
        raise NotImplementedError

    def loads(self, context: Context, start: datetime, end: datetime) -> Loads:
        """What arrived when: everything that may matter in ``(start, end]``."""
        raise NotImplementedError

    @property
    def method(self) -> str:
        """What the counts are: ``check``, ``keys`` (fresh of all) or ``time`` (seconds); an attribute of each
        measurement."""
        return "time" if self.over else "check"

    def measure(self, context: Context) -> Measurement:
        """One check (value: the age in seconds), or the seconds of ``over`` (value: the highest age)."""
        seen = self._over(context, self.over) if self.over else self.look(context, self._now(context))
        log = self.log.info if seen.total and seen.good == seen.total else self.log.warning
        log("Freshness: %s", seen.detail)
        return self.measurement(
            context,
            good=seen.good,  # type: ignore[arg-type]
            total=seen.total,  # type: ignore[arg-type]
            value=seen.value,
            cause=seen.cause,
            attributes={"detail": seen.detail, "method": self.method} | self._reached(seen),
        )

    def _over(self, context: Context, over: timedelta) -> Freshness:
        from airflow_ai_slo.measure.freshness import freshness_over

        run = self.run_of(context)
        end = min(run.at, run.now) if self.as_of is None else self._now(context)
        loads = self.loads(context, end - over, end)
        return freshness_over(loads.pairs, start=end - over, end=end, max_age=self.max_age, future=loads.future)

    def _now(self, context: Context) -> datetime:
        from airflow_ai_slo.measure.watermark import instant_of

        if self.as_of is None:
            return self.run_of(context).now
        now = instant_of(self.as_of)
        if now is None:
            raise ConfigurationError(f"as_of={self.as_of!r} is no instant; give ISO 8601, such as {{{{ run_after }}}}")
        return now

    def _reached(self, seen: Freshness) -> dict[str, str]:
        return {"watermark": seen.watermark.isoformat()} if seen.watermark else {}

    def _is_bad(self, measured: Measurement) -> bool:
        return not measured.total or super()._is_bad(measured)
