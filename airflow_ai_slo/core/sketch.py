"""Percentiles that merge: DDSketch (Masson, Rim and Lee, VLDB 2019), its counts kept sparse and in whole numbers.

Bucket i counts the values in ``(gamma ** (i - 1), gamma ** i]``, gamma = (1 + a) / (1 - a) with a = :data:`ACCURACY`.
Adding counts up is all that merging is, so it is exact in any order, and what was added can be taken out again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate

from airflow_ai_slo.core.errors import MeasurementError

ACCURACY = Fraction(1, 100)
"""A percentile is off by at most this share of itself, for values from :data:`SMALLEST` to :data:`LARGEST`."""

LOG_GAMMA = math.log1p(float(2 * ACCURACY / (1 - ACCURACY)))
SMALLEST, LARGEST = 1e-6, 1e15
"""Milliseconds: what is shorter counts as 0, what is longer as :data:`LARGEST`."""

ZERO = -1000
"""The bucket of what is shorter than :data:`SMALLEST`; below all others."""

SHOWN = {f"p{percent}": Fraction(percent, 100) for percent in (50, 90, 95, 99)}
"""The percentiles that are shown, by name."""

_KIND = "ddsketch-1"
"""What a kept sketch says of itself; another layout or accuracy would have another name."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """How many values, in milliseconds, lie in which bucket.

    :param counts: by bucket, each above 0.
    """

    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many values there are."""
        return sum(self.counts.values())

    def quantile(self, share: Fraction) -> float | None:
        """The smallest value, in milliseconds, that so large a share of the values does not exceed; None of nothing.

        That is SQL's ``percentile_disc``, off by at most :data:`ACCURACY`.

        :param share: above 0, at most 1.
        """
        if not 0 < share <= 1:
            raise ValueError(f"share={share} is not above 0 and at most 1")
        rank, seen = math.ceil(share * self.count), 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= rank:
                return value_of(bucket)
        return None

    def without(self, other: Sketch) -> Sketch:
        """What is left where another's values, which are all in this one, are taken out."""
        return _whole((self.counts, 1), (other.counts, -1))

    def to_text(self) -> str:
        """One line of JSON; :func:`sketch_from_text` reads it."""
        flat, last = list[int](), 0
        for bucket in sorted(self.counts):
            flat += (bucket - last, self.counts[bucket])
            last = bucket
        return json.dumps({"kind": _KIND, "counts": flat}, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Percentiles:
    """What is shown beside an SLI: P50, P90, P95 and P99.

    :param count: how many values they stand for.
    :param values: in milliseconds, by name (``p50``…), each off by at most :data:`ACCURACY` of itself.
    """

    count: int
    values: Mapping[str, float]

    def __str__(self) -> str:
        return " · ".join(f"{name.upper()} {value:,.4g} ms" for name, value in self.values.items())


def percentiles(sketch: Sketch) -> Percentiles | None:
    """The usual ones of a sketch; None of an empty one."""
    found = {name: sketch.quantile(share) for name, share in SHOWN.items()}
    values = {name: value for name, value in found.items() if value is not None}
    return Percentiles(sketch.count, values) if values else None


def sketch_of(values: Iterable[float]) -> Sketch:
    """The sketch of some values in milliseconds, none of them negative or NaN."""
    counts: dict[int, int] = {}
    for value in values:
        bucket = bucket_of(value)
        counts[bucket] = counts.get(bucket, 0) + 1
    return Sketch(counts)


def bucket_of(value: float) -> int:
    """The bucket of a value in milliseconds.

    :raises MeasurementError: it is negative, or no number.
    """
    if not value >= 0:
        raise MeasurementError(f"{value} ms is not a length of time; it must be 0 or more")
    if value < SMALLEST:
        return ZERO
    return math.ceil(math.log(min(value, LARGEST)) / LOG_GAMMA)


def value_of(bucket: int) -> float:
    """The value, in milliseconds, that no value of a bucket is farther from than :data:`ACCURACY` of itself."""
    return 0.0 if bucket == ZERO else math.exp(bucket * LOG_GAMMA) * float(1 - ACCURACY)


def merged(sketches: Iterable[Sketch]) -> Sketch:
    """One sketch of all their values."""
    return _whole(*((one.counts, 1) for one in sketches))


def sketch_from_text(text: str) -> Sketch:
    """Read what :meth:`Sketch.to_text` wrote.

    :raises MeasurementError: it is no sketch, or one that this release cannot add up with its own.
    """
    try:
        values = json.loads(text)
        kind, flat = values["kind"], values["counts"]
        if kind == _KIND:
            gaps, counts = flat[::2], flat[1::2]
            if set(map(type, flat)) <= {int} and min(counts, default=1) > 0:
                return Sketch(dict(zip(accumulate(gaps), counts, strict=True)))
            raise ValueError("its counts are not whole numbers above 0")
    except (ValueError, TypeError, LookupError) as error:
        raise MeasurementError(f"a kept sketch cannot be read: {error}") from None
    raise MeasurementError(f"a kept sketch is of kind {kind!r}; this release adds up {_KIND!r}")


def _whole(*parts: tuple[Mapping[int, int], int]) -> Sketch:
    counts: dict[int, int] = {}
    get = counts.get
    for part, sign in parts:
        for bucket, count in part.items():
            counts[bucket] = get(bucket, 0) + sign * count
    return Sketch({bucket: count for bucket, count in counts.items() if count > 0})
