"""Reads what an SLO measures of Airflow's own record, and says of every field what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import time, timedelta
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from airflow_ai_slo.core.airflow_runs import AirflowRuns
from airflow_ai_slo.core.definition import Indicator
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import DefinitionError

Note = Callable[[tuple[str, ...], str], None]
"""Takes what is wrong: where in the spec, and the message."""

RUN_STATES = ("success", "failed")
TASK_STATES = ("success", "failed", "upstream_failed", "skipped")
SELECTING = ("dag_id", "dag_ids", "tags", "task_id", "asset", "count_manual")
JUDGING = ("state", "max_duration", "finished_within", "by", "timezone")
_OF_ASSETS = ("asset", "finished_within", "by", "timezone")
_PLACE = ("metricSource", "spec")
_WALL_TIME = re.compile(r"([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")


def from_airflow(**spec: Any) -> Indicator:
    """An indicator that Airflow's own record of runs measures, with no change to any DAG.

    >>> scored = from_airflow(dag_id="scores", finished_within="2h")
    >>> SLO(name="scores", service="fraud", objective=0.95, indicator=scored)

    :param spec: ``dag_id``, ``dag_ids``, ``tags``, ``task_id``, ``asset``, ``count_manual``, ``state``,
        ``max_duration``, ``finished_within``, ``by``, ``timezone``: as in ``metricSource.spec`` of type ``airflow``.
    :raises DefinitionError: which field is wrong, and what would be right.
    """
    read(spec)
    return Indicator(source="airflow", spec=dict(spec))


def read(spec: Mapping[str, Any]) -> AirflowRuns:
    """Read an indicator's spec: OpenSLO's ``ratioMetric``, or the fields by themselves.

    :raises DefinitionError: the first thing that is wrong with it.
    """

    def raise_it(at: tuple[str, ...], message: str) -> None:
        raise DefinitionError(message, path=".".join(at))

    found = understood(spec, raise_it)
    if found is None:
        raise DefinitionError("names no runs; write dag_id, dag_ids, tags or asset", path="indicator.spec")
    return found


def understood(spec: Mapping[str, Any], note: Note) -> AirflowRuns | None:
    """The same, telling everything that is wrong; None where something is, or where nothing can be measured."""
    ratio = spec.get("ratioMetric")
    if ratio is None and "thresholdMetric" in spec:
        note(("thresholdMetric",), "Airflow's record gives counts; write ratioMetric with good and total")
        return None
    if not isinstance(ratio, Mapping):
        return _Reader(note).all_of(spec, {}, ((), ()), names_bad=False)
    side = next((name for name in ("good", "bad") if ratio.get(name) is not None), None)
    if side is None:
        note(("ratioMetric", "raw"), "Airflow's record gives counts; write good and total")
        return None
    total, judged = _inner(ratio.get("total")), _inner(ratio[side])
    places = (("ratioMetric", "total", *_PLACE), ("ratioMetric", side, *_PLACE))
    return _Reader(note).all_of(total, judged, places, names_bad=side == "bad")


def _inner(metric: Any) -> Mapping[str, Any]:
    for key in _PLACE:
        metric = metric.get(key) if isinstance(metric, Mapping) else None
    return metric if isinstance(metric, Mapping) else {}


class _Reader:
    """Reads fields, and remembers whether anything was wrong."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._failed = False

    def wrong(self, at: tuple[str, ...], message: str) -> None:
        self._failed = True
        self._note(at, message)

    def all_of(
        self,
        total: Mapping[str, Any],
        judged: Mapping[str, Any],
        places: tuple[tuple[str, ...], tuple[str, ...]],
        *,
        names_bad: bool,
    ) -> AirflowRuns | None:
        """``total`` selects, ``judged`` says what is good or bad; without ``judged``, ``total`` says both."""
        alone = not places[1]
        self._known(total, places[0], SELECTING + JUDGING)
        self._known(judged, places[1], SELECTING + JUDGING)
        for name in () if alone else [name for name in JUDGING if name in total]:
            self.wrong((*places[0], name), "says what is good, and total counts everything that ended; move it to good")
        for name in [name for name in SELECTING if name in judged and judged[name] != total.get(name)]:
            here = f"{judged[name]!r:.60} here and {total.get(name, 'nothing')!r:.60} in total"
            self.wrong((*places[1], name), f"{here}: both count the same events; write it in total, or in both alike")
        for name in ("max_duration", "finished_within", "by") if names_bad else ():
            if name in judged:
                self.wrong((*places[1], name), "is a limit for what is good; write good in the place of bad")
        fields = {**total, **judged}
        where = {name: places[name in judged] for name in fields}
        found = self._fields(fields, where, places[0], names_bad)
        return None if self._failed else found

    def _known(self, spec: Mapping[str, Any], at: tuple[str, ...], known: tuple[str, ...]) -> None:
        for name in spec:
            if name not in known:
                near = get_close_matches(str(name), known, n=1)
                meant = f" (did you mean {near[0]}?)" if near else ""
                self.wrong((*at, str(name)), f"unknown field{meant}; known here: {', '.join(known)}")

    def _fields(
        self, fields: Mapping[str, Any], where: Mapping[str, tuple[str, ...]], at: tuple[str, ...], names_bad: bool
    ) -> AirflowRuns | None:
        def each(name: str, convert: Callable[[Any], Any], default: Any = None) -> Any:
            if fields.get(name) is None:
                return default
            try:
                return convert(fields[name])
            except ValueError as error:
                self.wrong((*where[name], name), str(error))
                return default

        dag_id, dag_ids = each("dag_id", _text), each("dag_ids", _texts, ())
        states = TASK_STATES if "task_id" in fields else RUN_STATES
        values = {
            "dag_ids": (dag_id,) if dag_id else dag_ids,
            "tags": frozenset(each("tags", _texts, ())),
            "task_id": each("task_id", _text),
            "asset": each("asset", _text),
            "count_manual": each("count_manual", _flag),
            "states": each("state", lambda value: _states(value, states), frozenset({"success"})),
            "max_duration": each("max_duration", _length),
            "finished_within": each("finished_within", _length),
            "by": each("by", _wall_time),
            "zone": each("timezone", _zone, ZoneInfo("UTC")),
        }
        self._together(fields, at, names_bad)
        return None if self._failed else AirflowRuns(names_bad=names_bad, **values)

    def _together(self, fields: Mapping[str, Any], at: tuple[str, ...], names_bad: bool) -> None:
        """What one field asks of another."""
        if {"dag_id", "dag_ids"} <= fields.keys():
            self.wrong(at, "gives dag_id and dag_ids; keep one")
        if {"finished_within", "by"} <= fields.keys():
            self.wrong(at, "gives finished_within and by; keep one, or write an SLO for each")
        if "timezone" in fields and "by" not in fields:
            self.wrong(at, "timezone is the zone of by, which is missing")
        if names_bad and "state" not in fields:
            self.wrong(at, "bad needs a state, such as state: failed")
        if "asset" not in fields:
            if not fields.keys() & {"dag_id", "dag_ids", "tags"}:
                self.wrong(at, "names no runs; write dag_id, dag_ids, tags or asset")
            return
        beside = [name for name in fields if name not in _OF_ASSETS]
        if beside:
            self.wrong(at, f"{beside[0]} means nothing beside asset, whose updates count whoever makes them")
        if not fields.keys() & {"by", "finished_within"}:
            self.wrong(at, 'asset needs by: "10:00" (each day), or finished_within: 2h (each run of the cadence)')


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r:.60} is not text of at least one character")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (_text(value),)
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f"{value!r:.60} is not a list of names, such as [scores, features]")
    return tuple(_text(one) for one in value)


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise ValueError(f"{value!r:.60} is neither true nor false")


def _states(value: Any, known: tuple[str, ...]) -> frozenset[str]:
    found = _texts(value)
    for one in found:
        if one not in known:
            near = get_close_matches(one, known, n=1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            raise ValueError(f"{one!r:.60} is not one of {', '.join(known)}{meant}")
    return frozenset(found)


def _length(value: Any) -> timedelta:
    parsed = Duration.parse(value)
    if parsed.is_calendar:
        raise ValueError(f"{value!r} has no fixed length; write it in m, h, d or w")
    return parsed.length


def _wall_time(value: Any) -> time:
    if not isinstance(value, str) or not _WALL_TIME.fullmatch(value.strip()):
        raise ValueError(f'{value!r:.60} is not a time of day; write by: "10:00"')
    written = value.strip()
    return time.fromisoformat(written if written[2] == ":" else f"0{written}")


def _zone(value: Any) -> ZoneInfo:
    try:
        return ZoneInfo(_text(value))
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(f"{value!r:.60} is not an IANA time zone such as Europe/Berlin") from None
