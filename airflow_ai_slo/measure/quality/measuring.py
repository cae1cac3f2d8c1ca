"""Measure a model's quality wherever its rows are: all of them, by segment, by the interval of the prediction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.quality.groups import Split
from airflow_ai_slo.measure.quality.judge import ModelQuality, judge
from airflow_ai_slo.measure.quality.spec import COUNTED, Metric, QualitySpec
from airflow_ai_slo.measure.quality.tallies import Confusion, Errors, Group, Ranks, Scores, Tallied, Tally


@dataclass(frozen=True, slots=True)
class Part:
    """One segment in one interval.

    :param segment: empty where there are no segments.
    :param end: when the interval ends, UTC; None without intervals.
    :param version: the model's version, where one made all of its predictions.
    """

    segment: str
    end: datetime | None
    quality: ModelQuality
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found.

    :param parts: by segment, oldest interval first.
    :param undated: rows without a time, in no interval.
    :param unsegmented: rows without a segment, in none.
    """

    parts: tuple[Part, ...]
    undated: int = 0
    unsegmented: int = 0


def measure_quality(source: Source, spec: QualitySpec, split: Split | None = None) -> Measured:
    """Count where the rows are, and judge each group.

    Of each segment, intervals count from the first one that holds rows of it; those without rows since then, and the
    newest one in any case, have a total of 0.

    :raises DataError: the rows cannot be read, or hold something else.
    :raises ConfigurationError: options do not go with what the rows hold.
    """
    split = split or Split()
    found = _tallied(source, spec, split)
    parts = tuple(_parts(found, spec, split))
    return Measured(
        parts,
        undated=sum(one.tally.rows for group, one in found.items() if group.slot is None),
        unsegmented=sum(one.tally.rows for group, one in found.items() if group.segment is None),
    )


def _tallied(source: Source, spec: QualitySpec, split: Split) -> Mapping[Group, Tallied]:
    if source.engine is not None:
        from airflow_ai_slo.measure.quality.sql import tally_sql

        with source.connected() as connection:
            return tally_sql(connection, source.rows, spec, split)
    from airflow_ai_slo.measure.quality.frames import tally_frame

    wanted = [name for name in (spec.label, spec.prediction, spec.score, *split.columns) if name is not None]
    as_text = {name: _always for name in (split.at_column,) if name is not None}
    frame = source.read(list(dict.fromkeys(wanted)), keep_as_text=as_text)
    if frame.columns.has_duplicates:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise DataError(f"{source}: column {twice!r} is there several times; rename all but one")
    return tally_frame(frame, spec, split)


def _always(_typed: object, _texts: object) -> bool:
    """Times of a CSV file stay texts, so that one without an offset asks for its zone."""
    return True


def _parts(found: Mapping[Group, Tallied], spec: QualitySpec, split: Split) -> Iterator[Part]:
    last = 0 if split.slots is None else len(split.slots) - 1
    segments = {group.segment for group in found if group.segment is not None}
    for segment in sorted(segments) if split.segment is not None else [""]:
        used = [group.slot for group in found if group.segment == segment and group.slot is not None]
        for slot in range(min(used, default=last), last + 1):
            one = found.get(Group(segment, slot), Tallied(_nothing(spec)))
            end = None if split.slots is None else split.slots.bounds[slot + 1]
            yield Part(segment, end, judge(spec, one.tally), one.version)


def _nothing(spec: QualitySpec) -> Tally:
    if spec.metric in COUNTED:
        return Confusion({})
    if spec.metric is Metric.AUC_ROC:
        return Ranks()
    return Scores() if spec.metric is Metric.SCORE else Errors()
