"""What a user's own function returned, as counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from airflow_ai_slo.core.errors import ConfigurationError, MeasurementError
from airflow_ai_slo.core.numbers import Exact, exact

_FIELDS = ("good", "total", "value", "cause", "attributes", "at")
_FORMS = "return good and total, a dict with them, True or False, or one number beside at_least or at_most"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One measurement as a function gives it; see :class:`airflow_ai_slo.core.measurement.Measurement`."""

    good: Any
    total: Any
    value: Any = None
    cause: Any = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a value has to keep to; the limits themselves are kept.

    :raises ConfigurationError: a limit is not a finite number, or the lower one is above the upper one.
    """

    at_least: Any = None
    at_most: Any = None

    def __post_init__(self) -> None:
        low, high = self._limit("at_least"), self._limit("at_most")
        if low is not None and high is not None and low > high:
            raise ConfigurationError(f"at_least={self.at_least} is above at_most={self.at_most}: nothing could be good")

    def __bool__(self) -> bool:
        return self.at_least is not None or self.at_most is not None

    def keeps(self, value: Exact) -> bool:
        """Whether a value is within, compared exactly."""
        low, high = self._limit("at_least"), self._limit("at_most")
        return (low is None or value >= low) and (high is None or value <= high)

    def _limit(self, name: str) -> Exact | None:
        given = getattr(self, name)
        if given is None:
            return None
        try:
            return exact(given)
        except ValueError as error:
            raise ConfigurationError(f"{name}: {error}; give a finite number") from None


NO_LIMITS = Limits()


def returned(found: object, limits: Limits = NO_LIMITS) -> Returned:
    """Counts from what a function returned.

    - ``(good, total)`` or ``(good, total, value)``;
    - a dict with ``good`` and ``total``, and as wanted ``value``, ``cause``, ``attributes`` and ``at``; where limits
      are given, ``value`` alone is enough;
    - True or False: one event, good or bad;
    - a number: one event, good where the limits are kept, with the number as its value.

    :param limits: what a value has to keep to, where no counts are returned.
    :raises MeasurementError: it is nothing of this kind, in one line that says what would be.
    """
    if isinstance(found, Mapping):
        return _of_dict(found, limits)
    if isinstance(found, tuple | list):
        if len(found) not in (2, 3):
            raise MeasurementError(f"the function returned {len(found)} things: {_FORMS}")
        return Returned(good=found[0], total=found[1], value=found[2] if len(found) == 3 else None)
    truth = _truth(found)
    if truth is not None:
        return Returned(good=int(truth), total=1)
    return _judged(found, limits)


def _of_dict(found: Mapping[Any, Any], limits: Limits) -> Returned:
    unknown = [name for name in found if name not in _FIELDS]
    if unknown:
        raise MeasurementError(f"the function returned {unknown[0]!r}: known are {', '.join(_FIELDS)}")
    given = {name: value for name, value in found.items() if value is not None}
    if "at" in given:
        given["at"] = _instant(given["at"])
    if not isinstance(given.get("attributes", {}), Mapping):
        raise MeasurementError(f"the function returned attributes={given['attributes']!r}: give a dict of texts")
    if "good" in given and "total" in given:
        return Returned(**given)
    if "value" not in given or "good" in given or "total" in given:
        raise MeasurementError(f"the function returned a dict with {', '.join(map(str, given)) or 'nothing'}: {_FORMS}")
    judged = _judged(given.pop("value"), limits)
    return Returned(good=judged.good, total=judged.total, value=judged.value, **given)


def _judged(found: object, limits: Limits) -> Returned:
    try:
        value = exact(found)
    except ValueError:
        shown = "None" if found is None else f"{type(found).__name__} {' '.join(repr(found).split()):.60}"
        raise MeasurementError(f"the function returned {shown}: {_FORMS}") from None
    if not limits:
        raise MeasurementError(f"the function returned one number, {float(value):g}: {_FORMS}")
    return Returned(good=int(limits.keeps(value)), total=1, value=float(value))


def _truth(found: object) -> bool | None:
    """True or False, NumPy's as well."""
    if isinstance(found, bool):
        return found
    return bool(found) if type(found).__name__ in ("bool_", "bool") and hasattr(found, "dtype") else None


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise MeasurementError(f"the function returned at={value!r}: give an ISO 8601 instant with a zone") from None
