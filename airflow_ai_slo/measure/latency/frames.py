"""Requests in a frame or a file, counted with NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.core.sketch import LARGEST, LOG_GAMMA, SMALLEST, ZERO, Sketch, bucket_of
from airflow_ai_slo.measure.latency.bounds import bounds
from airflow_ai_slo.measure.latency.requests import RequestRules, Requests

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from airflow_ai_slo.measure.data import Source

_UNTIMED = ZERO - 1
_WIDTH = bucket_of(LARGEST) - _UNTIMED + 1
_AT_ONCE = 1 << 17
"""So many rows at a time stay in a processor's cache."""


def count_in_frame(source: Source, rules: RequestRules, edges: Sequence[datetime]) -> list[Requests]:
    """See :func:`count_requests`."""
    import numpy as np

    frame = source.read(rules.columns)
    count = 1 if rules.time_column is None else len(edges) - 1
    sums, cells = np.zeros((3, count), dtype=np.int64), np.zeros(count * _WIDTH, dtype=np.int64)
    slots = None if rules.time_column is None else _slots(frame[rules.time_column], edges, rules)
    for start in range(0, len(frame), _AT_ONCE):
        part = frame.iloc[start : start + _AT_ONCE]
        if slots is None:
            own = np.zeros(len(part), dtype=np.int64)
        else:
            own = slots[start : start + _AT_ONCE]
            inside = (own >= 0) & (own < count)
            part, own = part[inside], own[inside]
        _count(part, own, rules, sums, cells)
    found = []
    for slot, (total, bad, slow) in enumerate(sums.T.tolist()):
        untimed, sketch = 0, None
        if rules.latency_column is not None:
            untimed, sketch = _sketched(cells[slot * _WIDTH : (slot + 1) * _WIDTH])
        found.append(Requests(total, bad, slow, untimed, sketch))
    return found


def _count(
    part: pd.DataFrame,
    slots: np.ndarray[Any, Any],
    rules: RequestRules,
    sums: np.ndarray[Any, Any],
    cells: np.ndarray[Any, Any],
) -> None:
    """Add rows to the sums of each interval (all, failed, late) and to the cells of its buckets."""
    import numpy as np

    failed = ~_answered(part, rules)
    buckets, late = _timed(part, rules)
    late &= ~failed
    for row, some in enumerate((slots, slots[failed], slots[late])):
        sums[row] += np.bincount(some, minlength=sums.shape[1])
    cells += np.bincount(slots * _WIDTH + (buckets - _UNTIMED), minlength=len(cells))


def _sketched(cells: np.ndarray[Any, Any]) -> tuple[int, Sketch]:
    counts = {int(place) + _UNTIMED: int(cells[place]) for place in cells.nonzero()[0]}
    return counts.pop(_UNTIMED, 0), Sketch(counts)


def _slots(stamps: pd.Series[Any], edges: Sequence[datetime], rules: RequestRules) -> np.ndarray[Any, Any]:
    """The interval of each row: -1 before the first, as many as there are after the last."""
    import numpy as np
    import pandas as pd

    known = stamps.notna().to_numpy()
    slots = np.full(len(stamps), -1, dtype=np.int64)
    if known.any():
        there = stamps[known]
        sample = there.iloc[0]
        limits = bounds(rules.time_column or "", _plain(sample), edges, rules.zone)
        try:
            if isinstance(there.dtype, pd.DatetimeTZDtype):
                there = there.dt.tz_convert("UTC").dt.tz_localize(None)
                limits = [pd.Timestamp(one).tz_convert("UTC").tz_localize(None) for one in limits]  # type: ignore[arg-type]
            is_time = pd.api.types.is_datetime64_dtype(there.dtype)
            values = there.to_numpy() if is_time else there.to_numpy(dtype=object)
            ordered = np.array(limits, dtype="datetime64[us]" if is_time else object)
            slots[known] = np.searchsorted(ordered, values, side="right") - 1
        except (TypeError, ValueError) as error:
            raise DataError(f"time_column={rules.time_column!r} mixes stamps of several kinds: {error}") from None
    return slots


def _plain(sample: Any) -> Any:
    return sample.to_pydatetime() if hasattr(sample, "to_pydatetime") else sample


def _answered(frame: pd.DataFrame, rules: RequestRules) -> np.ndarray[Any, Any]:
    import numpy as np

    good = np.ones(len(frame), dtype=bool)
    if rules.status_column is not None:
        good &= _numbers(frame[rules.status_column], "status_column", "a number such as 200") < rules.bad_from
    if rules.good_when is not None:
        told = _numbers(frame[rules.good_when], "good_when", "true or false, or 1 or 0")
        good &= (told != 0) & ~np.isnan(told)
    return good


def _timed(frame: pd.DataFrame, rules: RequestRules) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The bucket of each row, and whether it took too long."""
    import numpy as np

    if rules.latency_column is None:
        return np.full(len(frame), _UNTIMED), np.zeros(len(frame), dtype=bool)
    series = frame[rules.latency_column]
    if str(series.dtype).startswith("timedelta"):
        series = series.dt.total_seconds() * 1000 / rules.to_milliseconds
    taken = _numbers(series, "latency_column", f"a number of {rules.unit}")
    slow = np.zeros(len(frame), dtype=bool)
    if rules.limit is not None:
        slow = ~((taken >= 0) & (taken <= taken.dtype.type(rules.limit)))
    found = taken.astype(np.float64) * rules.to_milliseconds
    short, untimed = found < SMALLEST, ~(found >= 0)
    # In place, since the rows may be many.
    np.clip(found, SMALLEST, LARGEST, out=found)
    np.log(found, out=found)
    found /= LOG_GAMMA
    np.ceil(found, out=found)
    found[short], found[untimed] = ZERO, _UNTIMED
    return found.astype(np.int64), slow


def _numbers(series: pd.Series[Any], option: str, wanted: str) -> np.ndarray[Any, Any]:
    """Floats, NaN where nothing is there; those of single precision stay so, since 0.2 is another number in it."""
    import numpy as np

    kind = np.float32 if str(series.dtype).lower() in ("float32", "float[pyarrow]") else np.float64
    try:
        if str(series.dtype).startswith(("datetime", "timedelta")):
            raise TypeError(f"it is {series.dtype}")
        return series.to_numpy(dtype=kind, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise DataError(f"{option}={series.name!r} must hold {wanted}: {error}") from None
