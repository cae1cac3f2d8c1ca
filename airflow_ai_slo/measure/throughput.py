"""How fast a run worked: events per hour against a floor. One event a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Literal

from airflow_ai_slo.core.durations import spelled
from airflow_ai_slo.core.errors import ConfigurationError, MeasurementError
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.core.numbers import Exact, exact

OnZero = Literal["nothing", "bad"]
"""What a run with nothing counted is: ``nothing`` happened (total 0), or ``bad``."""

_HOUR = 3_600_000_000
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Throughput:
    """One run judged.

    :param good: 1 when it was fast enough, else 0.
    :param total: 1; 0 where nothing happened.
    :param value: the rate, events per hour; None where nothing happened.
    :param cause: ``latency`` where it is bad.
    """

    good: int
    total: int
    value: float | None
    cause: Cause | None
    detail: str


def throughput(
    count: object,
    elapsed: timedelta,
    *,
    at_least: object,
    unit: str = "rows",
    on_zero: OnZero = "nothing",
) -> Throughput:
    """count / elapsed, per hour, compared exactly; the floor itself is fast enough.

    A count of 0 says that there was nothing to work on, which tells nothing about speed: total 0, neither good nor
    bad. Where an empty run is itself the fault, ``on_zero="bad"`` says so.

    :param count: events worked on: a finite number, or text that holds one.
    :param elapsed: how long it took, above zero unless nothing was counted.
    :param at_least: floor, events per hour, above zero.
    :raises MeasurementError: count or elapsed is not usable.
    :raises ConfigurationError: the floor is not a number above zero.
    """
    floor = _floor(at_least)
    if on_zero not in ("nothing", "bad"):
        raise ConfigurationError(f"on_zero={on_zero!r} is neither 'nothing' nor 'bad'")
    events = _count(count, unit)
    micros = elapsed // _MICROSECOND
    if micros < 0:
        raise MeasurementError(f"elapsed is {elapsed}: negative; the end must come after the start")
    if not events:
        if on_zero == "bad":
            return Throughput(0, 1, 0.0, Cause.LATENCY, f"no {unit} in {spelled(elapsed)}")
        return Throughput(0, 0, None, None, f"no {unit}: nothing to work on")
    if not micros:
        raise MeasurementError(f"elapsed is 0 for {_plain(events)} {unit}: no rate can be told; measure the time taken")
    rate = Fraction(events) * _HOUR / micros
    detail = f"{_plain(events)} {unit} in {spelled(elapsed)}: {_plain(rate)} {unit}/h, at least {_plain(floor)} asked"
    if rate >= floor:
        return Throughput(1, 1, float(rate), None, detail)
    return Throughput(0, 1, float(rate), Cause.LATENCY, detail)


def total_of(counts: object, *, entry: str | None = None, unit: str = "rows") -> Exact:
    """The sum of one count or of several: of mapped tasks, of several tasks, of several runs. None at all is 0.

    :param counts: a number, text that holds one, or a sequence of them, also of sequences (a mapped task's output
        beside another's); with ``entry``, mappings that hold them.
    :param entry: which entry of each mapping is the count; a dotted one for mappings in mappings.
    :raises MeasurementError: something among them is no count, or holds no such entry.
    """
    if isinstance(counts, Sequence) and not isinstance(counts, str | bytes):
        return sum((total_of(one, entry=entry, unit=unit) for one in counts), start=0)
    return _count(counts if entry is None else _entry(counts, entry), unit)


def _entry(part: object, entry: str) -> object:
    found = part
    for name in entry.split("."):
        if not isinstance(found, Mapping) or name not in found:
            held = f"only {', '.join(map(str, found)) or 'nothing'}" if isinstance(found, Mapping) else repr(found)[:80]
            raise MeasurementError(f"entry={entry!r}: the counted output holds no {name!r}, {held}")
        found = found[name]
    return found


def _floor(at_least: object) -> Exact:
    try:
        floor = exact(at_least)
    except ValueError as error:
        raise ConfigurationError(f"at_least: {error}; give events per hour") from None
    if floor <= 0:
        raise ConfigurationError(f"at_least={at_least} must be above zero, in events per hour")
    return floor


def _plain(number: Exact) -> str:
    """``8,002,630`` rather than 8.00263e+06; what is not whole keeps six digits, or the whole part."""
    if number.denominator == 1 or number >= 100_000:
        return f"{number // 1:,}"
    return f"{float(number):,.6g}"


def _count(count: object, unit: str) -> Exact:
    try:
        events = exact(count)
    except ValueError as error:
        raise MeasurementError(f"count of {unit}: {error}; it must be a finite number") from None
    if events < 0:
        raise MeasurementError(f"count of {unit} is {float(events):g}: negative; it must be 0 or more")
    return events
