"""When nothing came in for longer than usual: an SLO that nobody feeds must not look healthy for ever.

Where every run has a deadline, silence becomes missing runs by itself and nothing is told here. Else data is waited for

- as long as ``no_data_after`` says;
- with a cadence, until the third slot after the newest run;
- without one, four times the longest of its usual gaps, and at least an hour. Usual are the gaps between its last
  :data:`REMEMBERED` runs but for the longest, which may have been an outage. With fewer than :data:`FEWEST` gaps there
  is no usual, and it is waited for a whole window.

Silence decides nothing: it opens no incident, and neither freezes nor thaws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import SLO, Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.expected import Pauses

REMEMBERED = 100
FEWEST = 4
CADENCES = 3
USUAL_GAPS = 4
SHORTEST = timedelta(hours=1)

_SLOTS_WITHIN = timedelta(days=50 * 366)


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing came in for too long.

    :param since: ``at`` of the newest run.
    :param expected_by: when data was expected at the latest.
    :param waited: how that was reckoned, in words.
    """

    since: datetime
    expected_by: datetime
    waited: str


def is_told(slo: SLO) -> bool:
    """Whether silence of this SLO is told at all."""
    return slo.no_data_after is not None and (slo.schedule is None or slo.schedule.deadline is None)


def awaited(slo: SLO, runs: Sequence[datetime], at: datetime, pauses: Pauses = ()) -> Silence | None:
    """The silence that begins after the newest run, whether or not it is over yet at ``at``.

    :param runs: the newest ``at``s up to ``at``, oldest first; :data:`REMEMBERED` of them are enough.
    :param pauses: no data is expected within them; the wait begins anew at their ends.
    :returns: None where no data is expected: it was never fed, is paused, or ends with its schedule.
    """
    if not runs or not is_told(slo) or any(start <= at and (end is None or at < end) for start, end in pauses):
        return None
    begin = max([runs[-1], *(end for _, end in pauses if end is not None and end <= at)])
    expected, waited = _expected(slo, runs, begin, at)
    end = None if slo.schedule is None else Cadence.of(slo.schedule).end
    if expected is None or (end is not None and expected > end):
        return None
    return Silence(runs[-1], expected, waited)


def silence(slo: SLO, runs: Sequence[datetime], at: datetime, pauses: Pauses = ()) -> Silence | None:
    """The silence that has lasted for too long at an instant; None where there is none."""
    found = awaited(slo, runs, at, pauses)
    return found if found is not None and at > found.expected_by else None


def _expected(slo: SLO, runs: Sequence[datetime], begin: datetime, at: datetime) -> tuple[datetime | None, str]:
    if isinstance(slo.no_data_after, Duration):
        return begin + slo.no_data_after.length, f"{slo.no_data_after}"
    if slo.schedule is not None:
        return _third_slot(slo.schedule, begin), f"{CADENCES} cadences ({slo.schedule.cadence})"
    gaps = sorted(later - earlier for earlier, later in pairwise(runs))[:-1]
    if len(gaps) + 1 < FEWEST:
        return begin + slo.window.bounds(at).length, f"its window ({slo.window}), for want of history"
    return begin + max(USUAL_GAPS * gaps[-1], SHORTEST), f"{USUAL_GAPS} times its longest usual gap"


def _third_slot(schedule: Schedule, begin: datetime) -> datetime | None:
    slots = Cadence.of(schedule).slots(begin, begin + _SLOTS_WITHIN, begin)
    return next(islice(slots, CADENCES - 1, None), None)
