"""A callable judge over the rows of a sample: in threads, each call with a time limit, its errors counted apart."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from numbers import Real
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.measure.judged.criteria import Criterion
from airflow_ai_slo.measure.judged.drawing import Item

Judge = Callable[[dict[str, Any]], Any]
"""From a row to True or False, a score, or ``{"ok": bool, "score": number, "note": text}``."""

Progress = Callable[[int, int, int], None]
"""Called with rows done, rows in all, and errors so far."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge said of one row.

    :param ok: whether it is good; None where the judge failed.
    :param score: where it gave one.
    :param error: why there is no verdict.
    """

    item: str
    stratum: str
    ok: bool | None
    score: float | None = None
    note: str = ""
    error: str = ""


class NoVerdict(Exception):
    """A judge answered something that is no verdict."""


def verdict_of(item: Item, answer: Any, limit: Criterion | None) -> Verdict:
    """Read what a judge answered.

    :param limit: what makes a score good.
    :raises NoVerdict: it is neither a boolean, nor a score, nor a dict of them.
    :raises ConfigurationError: a score without a limit.
    """
    ok, given, note = (answer, None, "") if _is_bool(answer) else (None, answer, "")
    if isinstance(answer, Mapping):
        ok, given, note = answer.get("ok"), answer.get("score"), str(answer.get("note") or "")
    score = _number(answer, given) if given is not None or ok is None else None
    if score is not None and ok is None:
        if limit is None:
            raise ConfigurationError(f"the judge gave the score {score:g}: say by at_least or at_most which are good")
        ok = limit.holds(score)
    if not _is_bool(ok):
        raise NoVerdict(f"{_shown(answer)}: 'ok' is neither True nor False")
    return Verdict(item.key, item.stratum, bool(ok), score, note)


def _number(answer: Any, score: Any) -> float:
    try:
        number = float(score) if isinstance(score, Real) and not _is_bool(score) else nan
    except OverflowError:
        number = nan
    if isnan(number):
        raise NoVerdict(f"{_shown(answer)} is no verdict: give True or False, a score, or a dict of 'ok' and 'score'")
    return number


def judge_all(
    items: Sequence[Item],
    judge: Judge,
    *,
    limit: Criterion | None = None,
    timeout: float = 60.0,
    concurrency: int = 4,
    progress: Progress | None = None,
) -> list[Verdict]:
    """The verdicts on items, in their order. A call that raises, takes too long or answers nonsense gives none.

    A call past its time is left behind (Python cannot stop a thread) and keeps no process alive.

    :param timeout: seconds for one call.
    :param concurrency: calls at once.
    :raises ConfigurationError: a score came without a limit, or an option is not above zero.
    """
    if not timeout > 0 or concurrency < 1:
        raise ConfigurationError(f"timeout={timeout} and concurrency={concurrency} must be above zero")
    answers: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()
    waiting, ends, found = iter(range(len(items))), dict[int, float](), dict[int, Verdict]()
    errors = 0
    _start(items, judge, answers, ends, waiting, concurrency, timeout)
    while ends:
        for place, answer, error in _next(answers, min(ends.values())):
            if ends.pop(place, None) is not None:
                found[place] = _read(items[place], answer, error, limit)
        late = [place for place, end in ends.items() if end <= monotonic()]
        for place in late:
            del ends[place]
            found[place] = _failed(items[place], f"no answer in {timeout:g} s")
        errors = sum(one.ok is None for one in found.values())
        if progress is not None:
            progress(len(found), len(items), errors)
        _start(items, judge, answers, ends, waiting, concurrency - len(ends), timeout)
    return [found[place] for place in range(len(items))]


def _start(
    items: Sequence[Item],
    judge: Judge,
    answers: SimpleQueue[tuple[int, Any, BaseException | None]],
    ends: dict[int, float],
    waiting: Iterable[int],
    many: int,
    timeout: float,
) -> None:
    for _, place in zip(range(many), waiting, strict=False):
        ends[place] = monotonic() + timeout
        run = contextvars.copy_context().run
        row = dict(items[place].row)
        Thread(target=run, args=(_call, judge, row, place, answers), daemon=True, name=f"judge-{place}").start()


def _call(judge: Judge, row: dict[str, Any], place: int, answers: SimpleQueue[Any]) -> None:
    try:
        answers.put((place, judge(row), None))
    except BaseException as error:  # also sys.exit: nobody else would hear of it
        answers.put((place, None, error))


def _next(answers: SimpleQueue[Any], end: float) -> list[tuple[int, Any, BaseException | None]]:
    """The next answer; none where the time is over."""
    try:
        return [answers.get(timeout=max(end - monotonic(), 0.001))]
    except Empty:
        return []


def _read(item: Item, answer: Any, error: BaseException | None, limit: Criterion | None) -> Verdict:
    if error is not None:
        return _failed(item, f"{type(error).__name__}: {error}")
    try:
        return verdict_of(item, answer, limit)
    except NoVerdict as wrong:
        return _failed(item, str(wrong))


def _failed(item: Item, error: str) -> Verdict:
    return Verdict(item.key, item.stratum, None, error=" ".join(error.split())[:300])


def _is_bool(value: object) -> bool:
    return isinstance(value, bool) or type(value).__name__ in ("bool_", "bool")


def _shown(answer: object) -> str:
    text = repr(answer)
    return text if len(text) <= 80 else f"{text[:77]}…"
