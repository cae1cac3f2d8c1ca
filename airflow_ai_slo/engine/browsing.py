"""Measurements of an SLO, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from airflow_ai_slo.core.instants import to_micros, utc
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.store import Store, browsing, definitions


@dataclass(frozen=True, slots=True)
class Seen:
    """A measurement, and whether its good / total is below what its SLO asks for."""

    measurement: Measurement
    is_bad: bool

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands among all: what the next page lies before."""
        return to_micros(self.measurement.at), self.measurement.key


def measurements(
    store: Store,
    name: str,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    bad: bool = False,
    limit: int = 100,
    before: tuple[int, str] | None = None,
) -> list[Seen]:
    """Measurements of ``(start, end]``, the newest first.

    :param bad: only those whose good / total is below what the SLO asks for.
    :param before: the :attr:`Seen.place` after which to go on.
    :raises UnknownSLOError: no such SLO.
    """
    span = browsing.Span(start=None if start is None else utc(start), end=None if end is None else utc(end), bad=bad)
    with store.read() as connection:
        (stored,) = definitions.active(connection, [name])
        found = browsing.page(connection, stored, span, limit=limit, before=before)
    return [Seen(one, browsing.is_bad_measurement(stored, one)) for one in found]
