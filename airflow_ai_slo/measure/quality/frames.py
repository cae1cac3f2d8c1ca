"""Tallies of the rows of a frame, by NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.drift.profile import Kind
from airflow_ai_slo.measure.drift.values import floats_of, kind_of
from airflow_ai_slo.measure.quality.classes import positive_of
from airflow_ai_slo.measure.quality.groups import Grouped, Split, grouped
from airflow_ai_slo.measure.quality.spec import COUNTED, Metric, QualitySpec
from airflow_ai_slo.measure.quality.tallies import (
    HUGE,
    MOST_CLASSES,
    Confusion,
    Errors,
    Group,
    Ranks,
    Scores,
    Tallied,
    Tally,
    plain_value,
    text_of,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Array = np.ndarray[Any, Any]

_DENSE = 1 << 22
"""Cells that are counted in an array of their own."""


def tally_frame(frame: pd.DataFrame, spec: QualitySpec, split: Split) -> Mapping[Group, Tallied]:
    """What there is of each group; groups without rows are not there.

    :raises DataError: a column of another type, or too many classes or segments.
    """
    rows = grouped(frame, split)
    if spec.metric in COUNTED:
        tallies: list[Tally] = list(_confusions(rows, spec))
    elif spec.metric is Metric.AUC_ROC:
        tallies = list(_ranks(rows, spec))
    elif spec.metric is Metric.SCORE:
        tallies = list(_scores(rows, spec))
    else:
        tallies = list(_errors(rows, spec))
    versions = _versions(rows, split.version)
    pairs = zip(rows.groups, tallies, versions, strict=True)
    return {group: Tallied(tally, version) for group, tally, version in pairs}


def _confusions(rows: Grouped, spec: QualitySpec) -> list[Confusion]:
    import numpy as np

    labels, classes = _codes(rows.frame, spec.label or "")
    if spec.by_score:
        scores, values = numbers_of(rows.frame, spec.score or ""), [False, True]
        said = np.where(np.isnan(scores), -1, scores >= float(spec.threshold or 0))
    else:
        said, values = _codes(rows.frame, spec.prediction or "")
    wide, high = len(values) + 1, len(classes) + 1
    cells = (labels + 1) * wide + (said + 1)
    if rows.codes is not None:
        cells += rows.codes * (wide * high)
    found: list[dict[tuple[Any, Any], int]] = [{} for _ in rows.groups]
    for cell, count in _counted(cells, len(rows.groups) * wide * high):
        group, place = divmod(cell, wide * high)
        label, prediction = divmod(place, wide)
        key = (classes[label - 1] if label else None, values[prediction - 1] if prediction else None)
        found[group][key] = found[group].get(key, 0) + count
    return [Confusion(one) for one in found]


def _counted(cells: Array, size: int) -> list[tuple[int, int]]:
    import numpy as np

    if size <= _DENSE:
        counts = np.bincount(cells, minlength=size)
        places = np.flatnonzero(counts)
        return list(zip(places.tolist(), counts[places].tolist(), strict=True))
    places, counts = np.unique(cells, return_counts=True)
    return list(zip(places.tolist(), counts.tolist(), strict=True))


def _codes(frame: pd.DataFrame, name: str) -> tuple[Array, list[Any]]:
    """Codes of a column of classes, -1 where missing, and what they stand for."""
    import numpy as np
    import pandas as pd

    try:
        codes, values = pd.factorize(frame[name])
    except TypeError as error:
        raise DataError(f"{name!r} holds no classes: {error}") from None
    if len(values) > MOST_CLASSES:
        raise too_many_classes(name)
    return codes.astype(np.int64, copy=False), [plain_value(value) for value in values.tolist()]


def too_many_classes(name: str) -> DataError:
    """Raised for a column that holds something else than classes."""
    return DataError(
        f"{name!r} has over {MOST_CLASSES} different values: are these scores? give score= and threshold=, "
        "or another metric"
    )


def numbers_of(frame: pd.DataFrame, name: str) -> Array:
    """A column as float64; missing ones are NaN.

    :raises DataError: it holds no numbers.
    """
    import numpy as np

    series = frame[name]
    try:
        kind = kind_of(series)
    except DataError as error:
        raise DataError(f"{name!r} {error}") from None
    if kind is None:
        return np.full(len(series), np.nan)
    if kind not in (Kind.NUMERIC, Kind.BOOLEAN):
        raise DataError(f"{name!r} is {kind} ({series.dtype}); numbers are needed")
    return floats_of(series, kind)


def _ranks(rows: Grouped, spec: QualitySpec) -> list[Ranks]:
    """Mann–Whitney's U: each positive against the negatives below it, and half of those beside it."""
    import numpy as np

    labels, classes = _codes(rows.frame, spec.label or "")
    positive = positive_of(spec, classes)
    of_class = np.array([one == positive for one in classes] + [False])[labels]  # code -1 picks the appended one
    labelled = labels >= 0
    scores = numbers_of(rows.frame, spec.score or "")
    scored = labelled & ~np.isnan(scores)
    found = []
    for number in range(len(rows.groups)):
        here = scored if rows.codes is None else scored & (rows.codes == number)
        mine = True if rows.codes is None else rows.codes == number
        yes, no = np.sort(scores[here & of_class]), np.sort(scores[here & ~of_class])
        below, upto = np.searchsorted(no, yes, side="left"), np.searchsorted(no, yes, side="right")
        seen = tuple(classes[code] for code in np.unique(labels[labelled & mine]).tolist())
        found.append(
            Ranks(
                positives=len(yes),
                negatives=len(no),
                twice_u=int(below.sum()) + int(upto.sum()),
                unlabelled=int(np.count_nonzero(~labelled & mine)),
                missing=int(np.count_nonzero(labelled & ~scored & mine)),
                classes=seen,
            )
        )
    return found


def _errors(rows: Grouped, spec: QualitySpec) -> list[Errors]:
    import numpy as np

    label, said = (numbers_of(rows.frame, name or "") for name in (spec.label, spec.prediction))
    unlabelled = np.isnan(label)
    missing = ~unlabelled & np.isnan(said)
    infinite = (np.abs(label) > HUGE) | (np.abs(said) > HUGE)
    infinite &= ~unlabelled & ~missing
    plain = ~(unlabelled | missing | infinite)
    absolute = np.abs(np.where(plain, said, 0.0) - np.where(plain, label, 0.0))
    within = plain & (absolute <= (np.inf if spec.at_most is None else float(spec.at_most)))
    flags = (plain, infinite, unlabelled, missing, within)
    counts = [_sums(rows, one).astype(int).tolist() for one in flags]
    sums = [_sums(rows, one).tolist() for one in (absolute, absolute * absolute)]
    return [
        Errors(count=n, infinite=i, unlabelled=u, missing=m, within=w, absolute=a, squared=s)
        for n, i, u, m, w, a, s in zip(*counts, *sums, strict=True)
    ]


def _scores(rows: Grouped, spec: QualitySpec) -> list[Scores]:
    import numpy as np

    scores = numbers_of(rows.frame, spec.score or "")
    missing = np.isnan(scores)
    met = ~missing
    if spec.at_least is not None:
        met &= scores >= float(spec.at_least)
    if spec.at_most is not None:
        met &= scores <= float(spec.at_most)
    counts = [_sums(rows, one).astype(int).tolist() for one in (met, ~met & ~missing, missing)]
    return [Scores(*each) for each in zip(*counts, strict=True)]


def _sums(rows: Grouped, values: Array) -> Array:
    import numpy as np

    if rows.codes is None:
        return np.array([values.sum()])
    return np.bincount(rows.codes, weights=values, minlength=len(rows.groups))


def _versions(rows: Grouped, name: str | None) -> list[str | None]:
    if name is None:
        return [None] * len(rows.groups)
    import pandas as pd

    codes, values = pd.factorize(rows.frame[name])
    pairs = pd.DataFrame({"group": rows.index(), "code": codes})[codes >= 0].drop_duplicates()
    found: dict[int, list[int]] = {}
    for group, code in pairs.itertuples(index=False):
        found.setdefault(group, []).append(code)
    texts = [text_of(value) for value in values.tolist()]
    return [texts[found[n][0]] if len(found.get(n, ())) == 1 else None for n in range(len(rows.groups))]
