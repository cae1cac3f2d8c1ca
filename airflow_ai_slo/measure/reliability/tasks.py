"""Tasks of an agent: how many succeeded, each task counted once however often it was tried."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.data.sql import DIALECTS, Family
from airflow_ai_slo.measure.judged.columns import types_of

if TYPE_CHECKING:
    from sqlalchemy import Connection, Subquery

TRUE, FALSE = ("true", "t", "1", "1.0"), ("false", "f", "0", "0.0")
_WAITS, _UNKNOWN, _FIRST = -1, -2, -3


@dataclass(frozen=True, slots=True)
class Tasks:
    """Tasks judged.

    :param good: succeeded.
    :param total: settled.
    :param value: the share that succeeded.
    :param waiting: not settled: the attempt that counts is not finished.
    """

    good: int
    total: int
    value: float | None
    cause: Cause | None
    detail: str
    waiting: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the columns of a task table mean.

    :param key: column of the task's id.
    :param column: column of the outcome.
    :param succeeded: outcomes that are a success, as text (whole numbers without a point).
    :param failed: outcomes that are a failure; by default all others.
    :param pending: outcomes that are none yet, as null is.
    :param attempt: column that orders the attempts of a task: a number or a time; null comes first.
    :param counts: the attempt that counts, ``last`` or ``first``.
    :param any_case: whether outcomes are compared in lower case.
    """

    key: str
    column: str
    succeeded: Collection[str]
    failed: Collection[str] | None = None
    pending: Collection[str] = ()
    attempt: str | None = None
    counts: Literal["last", "first"] = "last"
    any_case: bool = False

    def __post_init__(self) -> None:
        if not self.succeeded or isinstance(self.succeeded, str):
            raise ConfigurationError(f"succeeded={self.succeeded!r}: give a list of outcomes, such as ['done']")
        for name in ("succeeded", "failed", "pending"):
            given = getattr(self, name)
            object.__setattr__(self, name, given if given is None else tuple(map(str, given)))
        if self.counts not in ("last", "first"):
            raise ConfigurationError(f"counts={self.counts!r} is neither 'last' nor 'first'")

    @property
    def columns(self) -> list[str]:
        """The columns looked at, each once."""
        wanted = [self.key, self.column, *([self.attempt] if self.attempt else [])]
        return list(dict.fromkeys(wanted))

    def code(self, value: str | None) -> int:
        """1, 0, or below zero where the task waits or the outcome is unknown."""
        if value is None:
            return _WAITS
        word = value.lower() if self.any_case else value
        if word in self.succeeded:
            return 1
        if word in self.pending:
            return _WAITS
        return 0 if self.failed is None or word in self.failed else _UNKNOWN


def task_success(source: Source, outcome: Outcome) -> Tasks:
    """Tasks that succeeded of those that are settled; PostgreSQL and SQLite count where the rows are.

    Where two attempts stand in the same place of the order, one that failed counts, else one that is not finished.

    :raises DataError: a column is not there, a task has no id, an outcome is unknown, or a task has several rows and
        no column orders them.
    """
    if source.engine is not None and source.engine.dialect.name in DIALECTS:
        with source.connected() as connection:
            found = _in_database(connection, source, outcome)
    else:
        found = _from_rows(source, outcome)
    rows, keyless, tasks, good, failed, waiting, unknown = found
    if keyless:
        raise DataError(f"{source}: column {outcome.key!r} is null in {keyless} of {rows} rows; every task has an id")
    if outcome.attempt is None and tasks < rows:
        raise DataError(
            f"{source}: {rows} rows of {tasks} tasks; name the column that orders the attempts, by attempt="
        )
    if unknown:
        raise DataError(
            f"{source}: column {outcome.column!r}: {unknown} tasks have an outcome that is none of those known"
        )
    total = good + failed
    words = f"{good:,} of {total:,} tasks succeeded" if total else "no task is settled"
    words += f", {rows - tasks:,} other attempts" if rows > tasks else ""
    words += f"; {waiting:,} not finished" if waiting else ""
    cause = Cause.MODEL_QUALITY if failed else None
    return Tasks(good, total, good / total if total else None, cause, words, waiting)


def _in_database(connection: Connection, source: Source, outcome: Outcome) -> tuple[int, ...]:
    import sqlalchemy as sa

    types = types_of(connection, source, outcome.columns)
    if outcome.attempt is not None and types[outcome.attempt].family in (Family.DYNAMIC, Family.TEXT):
        _check_texts(connection, source, outcome.attempt)
    key: Any = sa.column(outcome.key)
    whole = sa.select(sa.func.count(), sa.func.count() - sa.func.count(key)).select_from(source.rows)
    rows, keyless = map(int, connection.execute(whole).one())
    last = _ranked(source, outcome)
    codes = sa.select(last.c.code, sa.func.count()).where(last.c.place == 1).group_by(last.c.code)
    found = {int(code): int(many) for code, many in connection.execute(codes)}
    tasks = sum(found.values())
    return rows, keyless, tasks, *(found.get(code, 0) for code in (1, 0, _WAITS, _UNKNOWN))


def _check_texts(connection: Connection, source: Source, attempt: str) -> None:
    """:raises DataError: numbers as texts."""
    import sqlalchemy as sa

    column: Any = sa.column(attempt)
    other = column.op("~")("[^0-9]") if connection.dialect.name == "postgresql" else column.op("GLOB")("*[^0-9]*")
    test = sa.not_(other) if connection.dialect.name == "postgresql" else sa.and_(_is_text(column), sa.not_(other))
    length = sa.func.length(column)
    short, long = connection.execute(
        sa.select(sa.func.min(length), sa.func.max(length)).select_from(source.rows).where(test, length > 0)
    ).one()
    if short != long:
        raise _unordered(source, attempt)


def _is_text(column: Any) -> Any:
    import sqlalchemy as sa

    return sa.func.typeof(column) == "text"


def _spelled(source: Source, column: str) -> Any:
    """An outcome as text; SQLite would write whole numbers of a REAL column with a point."""
    import sqlalchemy as sa

    plain: Any = sa.column(column)
    if source.engine is None or source.engine.dialect.name != "sqlite":
        return sa.cast(plain, sa.Text)
    whole = sa.cast(plain, sa.BigInteger)
    is_whole = sa.and_(sa.func.typeof(plain) == "real", whole == plain)
    return sa.case((is_whole, sa.cast(whole, sa.Text)), else_=sa.cast(plain, sa.Text))


def _ranked(source: Source, outcome: Outcome) -> Subquery:
    import sqlalchemy as sa

    key: Any = sa.column(outcome.key)
    text = _spelled(source, outcome.column)
    word = sa.func.lower(text) if outcome.any_case else text
    known: list[Any] = [(text.is_(None), _WAITS), (word.in_(sorted(outcome.succeeded)), 1)]
    if outcome.pending:
        known.append((word.in_(sorted(outcome.pending)), _WAITS))
    if outcome.failed is not None:
        known.append((word.in_(sorted(outcome.failed)), 0))
    code = sa.case(*known, else_=0 if outcome.failed is None else _UNKNOWN)
    order: list[Any] = [sa.case((code == 0, _FIRST), else_=code)]
    if outcome.attempt is not None:
        attempt: Any = sa.column(outcome.attempt)
        given = sa.case((attempt.is_(None), 0), else_=1)
        order = ([given.desc(), attempt.desc()] if outcome.counts == "last" else [given, attempt]) + order
    place = sa.func.row_number().over(partition_by=key, order_by=order)
    picked = sa.select(code.label("code"), place.label("place")).select_from(source.rows).where(key.is_not(None))
    return picked.subquery("ai_slo_tasks")


def _from_rows(source: Source, outcome: Outcome) -> tuple[int, ...]:
    frame = source.read(outcome.columns)
    columns = {name: _plain(frame.iloc[:, place]) for place, name in enumerate(outcome.columns)}
    keys, words = columns[outcome.key], columns[outcome.column]
    attempts = columns[outcome.attempt] if outcome.attempt else [None] * len(keys)
    _check_order(source, outcome.attempt or "", attempts)
    best: dict[Any, tuple[Any, int]] = {}
    for key, word, attempt in zip(keys, words, attempts, strict=True):
        code = outcome.code(None if word is None else str(word))
        known = best.get(key)
        if key is not None and (known is None or _counts_more(outcome, (attempt, code), known)):
            best[key] = (attempt, code)
    found = [code for _, code in best.values()]
    keyless = sum(key is None for key in keys)
    return len(keys), keyless, len(best), *(found.count(code) for code in (1, 0, _WAITS, _UNKNOWN))


def _counts_more(outcome: Outcome, one: tuple[Any, int], known: tuple[Any, int]) -> bool:
    if one[0] == known[0]:
        return (one[1] or _FIRST) < (known[1] or _FIRST)
    if one[0] is None or known[0] is None:
        later = known[0] is None
    else:
        later = bool(one[0] > known[0])
    return later if outcome.counts == "last" else not later


def _plain(column: Any) -> list[Any]:
    values: Iterable[Any] = column.astype(object)
    return [None if missing else _whole(value) for value, missing in zip(values, column.isna(), strict=True)]


def _whole(value: Any) -> Any:
    """Whole numbers without a point: a null among them makes pandas write 200 as 200.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check_order(source: Source, attempt: str, attempts: Iterable[Any]) -> None:
    """:raises DataError: attempts that cannot be put in order: numbers as texts, or values of different kinds."""
    there = [one for one in attempts if one is not None]
    if len({len(one) for one in there if isinstance(one, str) and one.isdecimal()}) > 1:
        raise _unordered(source, attempt)
    try:
        max(there, default=None)
    except TypeError as error:
        raise DataError(f"{source}: column {attempt!r} has no order: {error}") from None


def _unordered(source: Source, attempt: str) -> DataError:
    return DataError(
        f"{source}: column {attempt!r} holds numbers as texts, of which '10' comes before '9'; make numbers of them"
    )
