"""Records a measurement when a callback fires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.notifications.base import SLONotifier
from airflow_ai_slo.notifications.occasion import Occasion, occasion_of


class RecordMeasurementNotifier(SLONotifier):
    """Feeds an SLO from a callback: one measurement of the run that it is about.

    One of it with ``good=1`` in ``on_success_callback`` and one in ``on_failure_callback`` measure completion: both
    write the same key, so a cleared run that succeeds replaces its failure. A store that is away makes the measurement
    wait in the spool; nothing that goes wrong here fails the task.

    :param slo: name of the SLO.
    :param good: good events; by default none of ``total``.
    :param total: events.
    :param value: the raw observation, for people and plots.
    :param cause: why some were not good; by default ``late`` for a missed deadline, else ``pipeline_failure``.
    :param count_manual: whether runs started by hand count, as in the operators.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = ("slo", "good", "total", "value", "cause", "slo_conn_id")

    def __init__(
        self,
        *,
        slo: str,
        good: float | str = 0,
        total: float | str = 1,
        value: float | str | None = None,
        cause: str | None = None,
        count_manual: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.slo = slo
        self.good = good
        self.total = total
        self.value = value
        self.cause = cause
        self.count_manual = count_manual

    def tell(self, context: Mapping[str, Any]) -> None:
        """Record the measurement, or log why it does not count."""
        from airflow_ai_slo import engine

        occasion = occasion_of(context, count_manual=self.count_manual)
        if occasion.run.ignored:
            self.log.info("SLO %s: this run does not count, %s", self.slo, occasion.run.ignored)
            return
        measured = self._measurement(occasion)
        hook = self.hook
        kept = engine.record_or_spool(hook.open, [measured], now=occasion.run.now, spool=hook.spool)
        if kept.problem:
            self.log.warning("SLO store: %s; %d measurement(s) wait in %s", kept.problem, kept.spooled, hook.spool)
        self.log.info("SLO %s: %s good of %s recorded for %s", self.slo, self.good, self.total, measured.key)

    def _measurement(self, occasion: Occasion) -> Measurement:
        good, total = _number("good", self.good), _number("total", self.total)
        usual = Cause.LATE if occasion.late else Cause.PIPELINE_FAILURE
        return Measurement(
            slo=self.slo,
            key=occasion.run.key,
            at=occasion.run.at,
            good=good,  # type: ignore[arg-type]
            total=total,  # type: ignore[arg-type]
            value=None if self.value in (None, "") else _number("value", self.value),
            cause=Cause(self.cause or usual) if good < total else None,
            attributes={name: text for name, text in occasion.run.attributes.items() if text},
        )


def _number(name: str, given: Any) -> float:
    try:
        return given if isinstance(given, int | float) else float(given)
    except (TypeError, ValueError):
        raise ConfigurationError(f"{name}={given!r:.60} is not a number") from None
