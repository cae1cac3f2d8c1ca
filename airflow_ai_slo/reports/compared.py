"""A period against the one before, in words and figures: tables, and sentences for the top of a report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from airflow_ai_slo.core.attribution import OTHER_GROUPS
from airflow_ai_slo.core.comparing import Change, Compared, InPeriod, Standing, change
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.core.periods import Period
from airflow_ai_slo.reports.figures import count, decimal, instant, length, percent
from airflow_ai_slo.reports.model import SLOReport
from airflow_ai_slo.reports.tables import Cell, Table, cause_name, heads
from airflow_ai_slo.reports.wording import capital, plural

_MOST_SPENDERS = 8
_NONE = "–"
_TONES = {Change.BETTER: "better", Change.WORSE: "worse", Change.SAME: "same", Change.UNKNOWN: "text"}
_BY = {"cause": "", "version": "version", "task": "task"}


@dataclass(frozen=True, slots=True)
class Square:
    """One period of a strip: ``met``, ``missed`` or ``unknown``, and in words."""

    state: str
    words: str


@dataclass(frozen=True, slots=True)
class InWords:
    """What an overview says of a period.

    :param tone: ``good``, ``bad`` or ``unknown``.
    :param squares: oldest first, this period the last.
    """

    sli: str
    tone: str
    text: str
    squares: tuple[Square, ...]
    missed: str


def in_words(found: Compared) -> InWords:
    """The period in a few words, and its run-up."""
    now, before = found.now, found.before
    tone = {None: "unknown", True: "good", False: "bad"}[now.met]
    state = _state(now, "no data")
    squares = tuple(_square(one) for one in found.run_up)
    known = [one for one in found.run_up if one.met is not None]
    missed = f"missed {found.missed} of {len(known)}" if known else ""
    sli = percent(now.sli, against=(now.objective,))
    if found.standing in (Standing.NEW, Standing.ENDED, Standing.ANEW):
        return InWords(sli, tone, f"{state}; {_standing(found)}", squares, missed)
    text = state
    if now.spent is not None and before is not None and before.spent is not None:
        then = percent(before.spent, places=0)
        spent = percent(now.spent, places=0)
        text += f"; {spent} of the budget spent, {now.period.last_name} {then}: {found.overall.value}"
    elif now.spent is not None:
        text += f"; {percent(now.spent, places=0)} of the budget spent"
    if before is None and found.since is not None:
        text += f"; {now.period.last_name} is not comparable, {_standing(found)}"
    return InWords(sli, tone, text, squares, missed)


def _state(one: InPeriod, nothing: str) -> str:
    if one.barely and one.counts.total:
        return "not judged, watched for less than half of it"
    return {None: "too few samples" if one.counts.total else nothing, True: "met", False: "missed"}[one.met]


def _square(one: InPeriod) -> Square:
    state = {None: "unknown", True: "met", False: "missed"}[one.met]
    figures = "" if one.sli is None or one.barely else f", {percent(one.sli, against=(one.objective,))}"
    return Square(state, f"{short(one.period)}: {_state(one, 'nothing measured')}{figures}")


def short(period: Period) -> str:
    """Its label as a sentence begins with it."""
    return capital(period.label)


def _standing(found: Compared) -> str:
    since = "" if found.since is None else f" since {instant(found.since)}"
    if found.standing is Standing.ENDED:
        return "ended" if found.since is None else f"no runs expected since {instant(found.since)}"
    if found.standing is Standing.KEPT:
        return f"measured{since}" if since else "not measured yet"
    return f"{found.standing.value}{since}"


def comparison(slo: SLOReport, unit: str) -> Table | None:
    """Figure by figure; None where there is nothing to compare."""
    found = slo.compared
    if found is None or not (found.now.counts.total or (found.before and found.before.counts.total)):
        return None
    before = found.before
    rows = [tuple(_row(*one)) for one in _figures(found.now, before, unit)]
    header = heads("", f"#{short(found.now.period)}", f"#{short(found.now.period.before())}", "Change")
    return Table("compared", f"Compared with {found.now.period.last_name}", header, tuple(rows), _remark(found))


def _remark(found: Compared) -> str:
    """Why there is nothing to compare with, or what became of the SLO."""
    last = found.now.period.last_name
    if found.standing in (Standing.ENDED, Standing.ANEW):
        return f"{_standing(found).capitalize()}."
    if found.before is not None:
        return ""
    if found.standing is Standing.KEPT:
        return f"{capital(last)} is not comparable: {_standing(found)}."
    return f"It was not there {last}; {_standing(found)}."


_Figure = tuple[str, str, str, str, Change]


def _row(name: str, now: str, before: str, by: str, verdict: Change) -> Iterable[Cell]:
    yield Cell(name)
    yield Cell(now, "number")
    yield Cell(before, "number")
    if verdict is Change.UNKNOWN:
        yield Cell(_NONE)
    else:
        yield Cell(f"{by}{verdict.value}", _TONES[verdict])


def _figures(now: InPeriod, before: InPeriod | None, unit: str) -> Iterable[_Figure]:
    then = _Nothing() if before is None else before
    known = bool(now.counts.total)
    bad, bad_runs = (None, None) if before is None else (before.counts.bad, before.counts.bad_runs)
    yield _share("SLI", now.sli, then.sli, against=now.objective, more=True, places=2)
    yield _share("Budget spent", now.spent, then.spent, more=False)
    if unit != "runs":
        yield _counted(f"Bad {unit}", now.counts.bad, bad, known=known)
    yield _counted("Bad runs", now.counts.bad_runs, bad_runs, known=known)
    yield _counted("Incidents opened", now.incidents, then.incidents)
    yield _time(now.frozen, then.frozen)
    left = _share("Budget left at its end", now.remaining, then.remaining, more=True)
    yield (left[0], _about(now) + left[1], _about(before) + left[2], *left[3:])


@dataclass(frozen=True, slots=True)
class _Nothing:
    """A period in which the SLO was not there."""

    sli: None = None
    spent: None = None
    incidents: None = None
    frozen: None = None
    remaining: None = None


def _share(
    name: str,
    now: Fraction | None,
    before: Fraction | None,
    *,
    against: Exact = 1,
    more: bool,
    places: int = 1,
) -> _Figure:
    by = "" if now is None or before is None or now == before else f"{_signed((now - before) * 100)} points: "
    first, second = (percent(one, against=(against,), places=places) for one in (now, before))
    return (name, first, second, by, change(now, before, more_is_better=more))


def _about(one: InPeriod | None) -> str:
    return "≈" if one is not None and one.estimate and one.remaining is not None else ""


def _counted(name: str, now: Exact, before: Exact | None, *, known: bool = True) -> _Figure:
    verdict = change(now if known else None, before, more_is_better=False)
    by = "" if before is None or now == before else f"{_signed(Fraction(now) - Fraction(before))}: "
    return (name, count(now) if known else "unknown", _NONE if before is None else count(before), by, verdict)


def _time(now: timedelta, before: timedelta | None) -> _Figure:
    def shown(span: timedelta) -> str:
        return length(span) if span else "none"

    by = ""
    if before is not None and now != before:
        by = f"{'+' if now > before else '−'}{length(now - before)}: "
    verdict = change(now, before, more_is_better=False)
    return ("Time frozen", shown(now), _NONE if before is None else shown(before), by, verdict)


def _signed(number: Fraction) -> str:
    text = decimal(number, against=(0,), places=1)
    return text if number < 0 else f"+{text}"


def spenders(slo: SLOReport) -> Table | None:
    """What spent the period's budget and what spent the one before's, side by side."""
    found = slo.compared
    if found is None or found.before is None:
        return None
    rows = _spent_rows(found.now, found.before)
    if not rows:
        return None
    caption = f"What spent the budget of this period, and {found.now.period.last_name}"
    header = heads(
        "Cause, version or task", "", f"#{short(found.now.period)}", f"#{short(found.before.period)}", "Change"
    )
    more = f"{plural(len(rows) - _MOST_SPENDERS, 'smaller one')} left out." if len(rows) > _MOST_SPENDERS else ""
    return Table("spenders", caption, header, tuple(rows[:_MOST_SPENDERS]), more)


def _spent_rows(now: InPeriod, before: InPeriod) -> list[tuple[Cell, ...]]:
    mine, theirs = ({(one.by, one.name): one.bad for one in each.spenders} for each in (now, before))
    order = {by: place for place, by in enumerate(_BY)}
    alone = {by for by in ("version", "task") if len({name for kind, name in (*mine, *theirs) if kind == by}) < 2}
    keys = [key for key in {**mine, **theirs} if key[0] not in alone]
    keys.sort(key=lambda key: (order[key[0]], -mine.get(key, 0), -theirs.get(key, 0), key[1]))
    return [_spent_row(key, mine.get(key, 0), theirs.get(key, 0), now, before) for key in keys]


def _spent_row(key: tuple[str, str], bad: Exact, then: Exact, now: InPeriod, before: InPeriod) -> tuple[Cell, ...]:
    by, name = key
    shares = now.spent_by(bad), before.spent_by(then)
    verdict = change(*shares, more_is_better=False)
    points = "" if None in shares or verdict is Change.SAME else f"{_signed((shares[0] - shares[1]) * 100)} points: "  # type: ignore[operator]
    label = cause_name(name) if by == "cause" else "Other groups" if name == OTHER_GROUPS else name
    return (
        Cell(label),
        Cell(_BY[by]),
        Cell(percent(shares[0], places=0), "number"),
        Cell(percent(shares[1], places=0), "number"),
        Cell(_NONE) if verdict is Change.UNKNOWN else Cell(f"{points}{verdict.value}", _TONES[verdict]),
    )
