"""Rows of a frame by segment and interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.quality.slots import Slots
from airflow_ai_slo.measure.quality.stamps import slots_of
from airflow_ai_slo.measure.quality.tallies import Group, text_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """How rows are grouped.

    :param segment: a column, each of whose values is measured by itself.
    :param most_segments: how many values it may have.
    :param at_column: when predictions were made, with
    :param slots: the intervals they fall into.
    :param version: a column with the version of the model.
    """

    segment: str | None = None
    most_segments: int = 20
    at_column: str | None = None
    slots: Slots | None = None
    version: str | None = None

    @property
    def columns(self) -> list[str]:
        """The columns that this needs."""
        return [name for name in (self.segment, self.at_column, self.version) if name is not None]

    def too_many(self) -> DataError:
        """Raised where there are more segments."""
        return DataError(
            f"segment={self.segment!r}: has over {self.most_segments} values; segments are for few groups with an SLO "
            "each: choose another column, or raise max_segments"
        )

    def named(self, values: Iterable[Any]) -> list[str | None]:
        """Names of the segments by their values.

        :raises DataError: there are too many, or two that people could not tell apart.
        """
        found: dict[str | None, Any] = {}
        for value in values:
            name = text_of(value)
            if name is not None and name in found:
                raise DataError(
                    f"segment={self.segment!r}: {found[name]!r} and {value!r} have one name; write it one way"
                )
            found[name] = value
        if len(found.keys() - {None}) > self.most_segments:
            raise self.too_many()
        return list(found)


@dataclass(frozen=True, slots=True)
class Grouped:
    """The rows to look at.

    :param frame: those rows.
    :param codes: for each, its place in ``groups``; None where there is one group.
    """

    frame: pd.DataFrame
    groups: tuple[Group, ...]
    codes: np.ndarray[Any, Any] | None

    def index(self) -> np.ndarray[Any, Any]:
        """The codes, written out."""
        import numpy as np

        return np.zeros(len(self.frame), dtype="int64") if self.codes is None else self.codes


def grouped(frame: pd.DataFrame, split: Split) -> Grouped:
    """Group rows; those before and after the intervals are left out.

    :raises DataError: too many segments, or stamps that cannot be read.
    """
    import numpy as np

    if split.segment is None and split.at_column is None:
        return Grouped(frame, (Group(),), None)
    numbers: np.ndarray[Any, Any] = np.zeros(len(frame), dtype="int64")
    slots = 1
    if split.at_column is not None and split.slots is not None:
        slots = len(split.slots) + 1
        numbers, missing = slots_of(frame[split.at_column], split.slots)
        numbers = np.where(missing, len(split.slots), numbers)
        frame, numbers = frame[numbers >= 0], numbers[numbers >= 0]
    names: list[str | None] = [""]
    if split.segment is not None:
        segments, names = _segments(frame[split.segment], split)
        numbers = segments * slots + numbers
    found, codes = np.unique(numbers, return_inverse=True)
    dated = split.at_column is not None
    groups = [Group(names[n // slots], _slot(int(n % slots), slots, dated)) for n in found.tolist()]
    return Grouped(frame, tuple(groups), codes.reshape(-1))


def _slot(number: int, slots: int, dated: bool) -> int | None:
    return None if dated and number == slots - 1 else number


def _segments(series: pd.Series[Any], split: Split) -> tuple[np.ndarray[Any, Any], list[str | None]]:
    import numpy as np
    import pandas as pd

    codes, values = pd.factorize(series)
    names = split.named(values.tolist())
    return np.where(codes < 0, len(names), codes), [*names, None]
