from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipeline_streams import STEP, T0, every_case, pages, play, rules_of, settled, told

from airflow_ai_slo.core.counts import is_bad
from airflow_ai_slo.core.definition import BurnRule, Severity
from airflow_ai_slo.core.durations import Duration, Runs
from airflow_ai_slo.core.ledger import Ledger, SettledRun
from airflow_ai_slo.core.pipeline_incident import Change, Discipline, advance
from airflow_ai_slo.core.pipeline_rules import pipeline
from airflow_ai_slo.core.repaired import healed
from airflow_ai_slo.core.tally import Tally

NINE = Fraction(9, 10)
DAILY = pipeline(NINE, Fraction(30))
HOURLY = pipeline(Fraction(99, 100), Fraction(720))
streams = st.text("..x", min_size=1, max_size=60)
noisy = st.text("..x_", min_size=1, max_size=60)
cases = st.sampled_from([case for case in every_case() if case[1] in (Fraction("0.9"), Fraction("0.99"))])


def test_a_page_clears_to_a_ticket_after_three_good_runs_and_resolves_when_its_window_is_calm() -> None:
    _, changes = play("........xx..........", NINE, DAILY)
    assert told(changes, after=8) == ["1 opened page", "4 deescalated ticket", "9 resolved"]


def test_a_page_resolves_at_once_where_the_ticket_window_is_calm() -> None:
    _, changes = play("." * 72 + "xx...", Fraction(9, 10), pipeline(NINE, Fraction(720)))
    assert told(changes, after=72) == ["1 opened page", "4 resolved"]


def test_a_ticket_window_is_calm_up_to_half_its_factor() -> None:
    """72 runs at 0.9: three bad ones burn 0.42, four 0.56, and ten 1.39."""
    rules = pipeline(NINE, Fraction(720))
    assert told(play("." * 60 + "x....xx...", NINE, rules)[1], after=60) == ["6 opened page", "9 resolved"]
    assert told(play("." * 60 + "x.x..xx...", NINE, rules)[1], after=60)[-1] == "9 deescalated ticket"


def test_a_bad_run_starts_the_good_runs_anew() -> None:
    _, changes = play("........xx..x..x...", NINE, DAILY)
    assert told(changes, after=8) == ["1 opened page", "10 deescalated ticket"]


def test_a_ticket_becomes_a_page_with_the_second_failure_in_a_row() -> None:
    _, changes = play("........x.xx", NINE, DAILY)
    assert told(changes, after=8) == ["2 opened ticket", "3 escalated page"]


def test_the_good_runs_that_clear_double_with_each_incident_remembered_up_to_twelve() -> None:
    stream = "." * 144 + "xx...." + "xx......." + "xx............." + "xx............."
    _, changes = play(stream, NINE, pipeline(NINE, Fraction(1440)))
    called = [change.run.at for change in changes if change.rule is not None]
    cleared = [change.run.at for change in changes if change.rule is None]
    assert [(b - a) // STEP for a, b in zip(called, cleared, strict=True)] == [3, 6, 12, 12]


def test_paging_again_counts_as_another_incident_but_becoming_a_page_does_not() -> None:
    _, changes = play("........x.xx...xx......xx......", NINE, DAILY)
    assert told(changes, after=8) == [
        "2 opened ticket",
        "3 escalated page",
        "6 deescalated ticket",
        "8 escalated page",
        "14 deescalated ticket",
        "16 escalated page",
    ]


@pytest.mark.parametrize(("apart", "needed"), [(25, 6), (26, 3), (60, 3)])
def test_an_incident_is_remembered_for_twenty_six_runs_where_its_window_is_shorter(apart: int, needed: int) -> None:
    _, changes = play("........xx" + "." * (apart - 2) + "xx.......", NINE, DAILY)
    assert told(changes, after=9 + apart)[-2:] == ["0 opened page", f"{needed} deescalated ticket"]


def test_runs_in_which_nothing_happened_neither_open_nor_clear() -> None:
    _, changes = play("........xx_.__.", NINE, DAILY)
    assert told(changes, after=8) == ["1 opened page"]
    _, changes = play("........xx_.__..", NINE, DAILY)
    assert told(changes, after=8) == ["1 opened page", "7 deescalated ticket"]
    assert told(play("____", NINE, DAILY)[1]) == []


def test_the_rule_that_fired_is_told() -> None:
    _, changes = play("........xx", NINE, DAILY)
    assert changes[0].rule == DAILY[0]


def test_nothing_new_changes_nothing() -> None:
    ledger = Ledger(NINE)
    state, _ = advance(Discipline(), ledger, settled("........xx"), DAILY)
    assert advance(state, ledger, [], DAILY) == (state, [])


def test_a_rerun_that_turns_a_run_bad_is_news() -> None:
    runs = settled("........x.")
    ledger = Ledger(NINE, runs)
    failed = runs[-1]._replace(good=0, settled_at=T0 + 20 * STEP)
    state, changes = advance(Discipline(Severity.TICKET, needed=3), ledger, [failed], DAILY)
    assert state.severity is Severity.PAGE
    assert told(changes, after=8) == ["1 escalated page"]


def test_custom_rules_without_a_ticket_resolve_by_good_runs_alone() -> None:
    own = BurnRule(severity=Severity.PAGE, long=Runs(2), short=None, factor=Fraction(1))
    by_the_clock = BurnRule(severity=Severity.PAGE, long=Duration(1, "h"), short=None, factor=Fraction(1))
    mixed = BurnRule(severity=Severity.PAGE, long=Runs(1), short=Duration(1, "h"), factor=Fraction(1))
    _, changes = play("x...", NINE, (own, by_the_clock, mixed))
    assert told(changes) == ["0 opened page", "3 resolved"]
    assert told(play("xxxx", NINE, (by_the_clock,))[1]) == []


def test_a_run_that_is_partly_bad_counts_by_its_share() -> None:
    rules = pipeline(Fraction(99, 100), Fraction(720))
    slightly = [SettledRun(T0 + n * STEP, 97, 100, T0 + n * STEP) for n in range(2)]
    fully = [SettledRun(T0 + n * STEP, 0, 100, T0 + n * STEP) for n in range(2)]
    assert pages(advance(Discipline(), Ledger(Fraction(99, 100)), slightly, rules)[1]) == 0
    assert pages(advance(Discipline(), Ledger(Fraction(99, 100)), fully, rules)[1]) == 1


@given(cases, noisy, st.lists(st.integers(0, 60), max_size=5), st.randoms())
def test_it_makes_no_difference_how_often_somebody_evaluates(
    case: tuple[str, Fraction, int], stream: str, cuts: list[int], random: object
) -> None:
    runs, rules = settled(stream), rules_of(case)
    at_once = advance(Discipline(), Ledger(case[1]), runs, rules)
    state, ledger, changes = Discipline(), Ledger(case[1]), []
    edges = sorted({0, *(min(cut, len(runs)) for cut in cuts), len(runs)})
    for start, end in pairwise(edges):
        batch = runs[start:end]
        random.shuffle(batch)  # type: ignore[attr-defined]
        state, more = advance(state, ledger, batch, rules)
        changes += more
    assert (state, changes) == at_once


@given(cases, noisy, st.lists(st.integers(0, 30), min_size=60, max_size=60), st.integers(0, 90))
def test_late_settling_makes_no_difference_to_evaluators_either(
    case: tuple[str, Fraction, int], stream: str, delays: list[int], cut: int
) -> None:
    rules = rules_of(case)
    runs = [run._replace(settled_at=run.at + wait * STEP) for run, wait in zip(settled(stream), delays, strict=False)]
    at_once = advance(Discipline(), Ledger(case[1]), runs, rules)
    ledger = Ledger(case[1])
    early = [run for run in runs if run.settled_at <= T0 + cut * STEP]
    state, first = advance(Discipline(), ledger, early, rules)
    state, second = advance(state, ledger, [run for run in runs if run.settled_at > T0 + cut * STEP], rules)
    assert (state, first + second) == at_once


@given(streams, st.lists(st.integers(0, 30), min_size=60, max_size=60))
def test_two_failures_in_a_row_page_in_whatever_order_they_settle(stream: str, delays: list[int]) -> None:
    runs = [run._replace(settled_at=run.at + wait * STEP) for run, wait in zip(settled(stream), delays, strict=False)]
    _, changes = advance(Discipline(), Ledger(NINE), runs, DAILY)
    assert pages(changes) >= ("xx" in stream)
    if stream.count("x") < 2:
        assert pages(changes) == 0


@pytest.mark.parametrize("wait", [1, 3, 24, 100])
@pytest.mark.parametrize("outage", [2, 5, 24])
def test_an_outage_that_settles_long_after_pages_once(wait: int, outage: int) -> None:
    """Missing runs settle by their deadlines, among good runs that are recorded at once."""
    stream = "." * 200 + "x" * outage + "." * 200
    runs = [run._replace(settled_at=run.at + wait * STEP + 1) if not run.good else run for run in settled(stream)]
    _, changes = advance(Discipline(), Ledger(Fraction(99, 100)), runs, HOURLY)
    assert pages(changes) == 1
    second = T0 + (201 + wait) * STEP + 1
    assert [change.run.settled_at for change in changes if change.severity is Severity.PAGE] == [second]
    assert changes[-1].severity is None


def burn(stream: str, count: int, objective: Fraction) -> Fraction | None:
    window = [run for run in stream[-count:] if run != "_"]
    return Fraction(window.count("x"), len(window)) / (1 - objective) if window else None


def fires(rule: BurnRule, stream: str, objective: Fraction) -> bool:
    for span, least in ((rule.long, rule.min_bad_long), (rule.short, rule.min_bad_short)):
        if isinstance(span, Runs):
            rate = burn(stream, span.count, objective)
            if rate is None or rate <= rule.factor or stream[-span.count :].count("x") < least:
                return False
    return True


def by_the_book(stream: str, objective: Fraction, rules: tuple[BurnRule, ...]) -> list[tuple[int, Severity | None]]:
    """The severity after each change, by the plain words: runs settle in order, every window summed anew."""
    severity, paged, good_runs, needed, remembered, found = None, False, 0, 3, [], []
    tickets = [rule for rule in rules if rule.severity is Severity.TICKET]
    longest = max(rule.long.count for rule in tickets if isinstance(rule.long, Runs))
    factor = min(rule.factor for rule in tickets if rule.long == Runs(longest))
    for number, run in enumerate(stream):
        before, so_far = severity, stream[: number + 1]
        remembered = [then for then in remembered if number - then < max(longest, 26)]
        good_runs = good_runs + (run == ".") if run != "x" else 0
        firing = [rule.severity for rule in rules if run == "x" and fires(rule, so_far, objective)]
        if firing and (severity is None or max(firing) > severity):
            if severity is None or paged:
                needed = min(12, 3 * 2 ** len(remembered))
                remembered.append(number)
            paged = max(firing) is Severity.PAGE or (severity is not None and paged)
            severity = max(firing)
        elif run == "." and severity is not None and good_runs >= needed:
            rate = burn(so_far, longest, objective)
            severity = None if rate is not None and rate <= factor / 2 else Severity.TICKET
        if severity is not before:
            found.append((number, severity))
    return found


@given(cases, st.text("...x_", max_size=120) | st.lists(st.sampled_from(["xx", "x", "...", "......"])).map("".join))
def test_incidents_go_by_the_book(case: tuple[str, Fraction, int], stream: str) -> None:
    _, changes = play(stream, case[1], rules_of(case))
    found = [((change.run.at - T0) // STEP, change.severity) for change in changes]
    assert found == by_the_book(stream, case[1], rules_of(case))


rows = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 4), st.integers(0, 4)).filter(lambda row: row[1] <= row[2]),
    max_size=40,
)


@given(rows, st.integers(1, 12), st.integers(-1, 31))
def test_a_ledger_sums_any_window_of_runs(changes: list[tuple[int, int, int]], count: int, until: int) -> None:
    ledger, kept = Ledger(NINE), {}
    for number, good, total in changes:
        ledger.settle(SettledRun(T0 + number * STEP, good, total, T0))
        kept[number] = (good, total)
    window = [kept[number] for number in sorted(kept) if number <= until][-count:]
    found = ledger.last(count, T0 + until * STEP)
    assert (found.good, found.total, found.runs) == (
        sum(good for good, _ in window),
        sum(total for _, total in window),
        len(window),
    )
    assert found.bad_runs == sum(is_bad(good, total, NINE) for good, total in window)
    following = [number for number in sorted(kept) if number > until][:count]
    bad = [T0 + number * STEP for number in following if is_bad(*kept[number], NINE)]
    assert ledger.bad_after(T0 + until * STEP, count) == bad
    assert ledger.last(count) == ledger.last(count, T0 + 40 * STEP)
    busy = [number for number, (_, total) in kept.items() if total]
    assert ledger.newest() == (T0 + max(busy) * STEP if busy else None)


@given(cases, streams)
def test_every_change_follows_from_the_one_before(case: tuple[str, Fraction, int], stream: str) -> None:
    state, changes = play(stream, case[1], rules_of(case))
    severity = None
    for change in changes:
        before, severity = severity, change.severity
        assert change.transition == step_between(before, severity)
        assert (change.rule is None) == (change.transition in ("resolved", "deescalated"))
        assert is_bad(change.run.good, change.run.total, case[1]) == (change.rule is not None)
    assert state.severity is severity


def step_between(before: Severity | None, after: Severity | None) -> str:
    if before is None:
        return "opened"
    if after is None:
        return "resolved"
    return "escalated" if after > before else "deescalated"


def heal(state: Discipline, runs: list[SettledRun]) -> tuple[Discipline, list[Change]]:
    stand = {run.at: Tally(NINE).entry(run.good, run.total) for run in runs}
    return healed(state, stand.get, lambda: Ledger(NINE, runs), DAILY)


def test_runs_that_are_good_by_now_count_among_those_in_a_row() -> None:
    runs = settled("........xx.x.")
    state, _ = advance(Discipline(), Ledger(NINE), runs, DAILY)
    assert (state.severity, state.good_runs) == (Severity.PAGE, 1)
    assert heal(state, runs) == (state, [])
    runs[11] = runs[11]._replace(good=1)
    after, [change] = heal(state, runs)
    assert (after.severity, after.good_runs, change.run.at) == (Severity.TICKET, 3, runs[12].at)
    assert heal(after, runs) == (after, [])


def test_a_first_try_that_fails_each_day_keeps_no_incident_open() -> None:
    runs = settled("........xx")
    state, _ = advance(Discipline(), Ledger(NINE), runs, DAILY)
    severities = []
    for run in settled("x" * 12, start=10):
        state, _ = advance(state, Ledger(NINE, runs), [run], DAILY)
        runs.append(run._replace(good=1))
        state, _ = heal(state, runs)
        severities.append(state.severity)
    assert severities[1:3] == [Severity.PAGE, Severity.TICKET]
    assert severities[-1] is None
    assert state.recent == ()


def test_good_runs_that_were_corrected_away_count_no_longer() -> None:
    runs = settled("........xx..")
    state, _ = advance(Discipline(), Ledger(NINE), runs, DAILY)
    assert (state.severity, state.good_runs) == (Severity.PAGE, 2)
    del runs[11]
    after, changes = heal(state, runs)
    assert (after.severity, after.good_runs, changes) == (Severity.PAGE, 1, [])


def test_a_run_that_was_corrected_away_stands_between_no_good_runs() -> None:
    runs = settled("........xx..x..")
    state, _ = advance(Discipline(), Ledger(NINE), runs, DAILY)
    del runs[12]
    after, _ = heal(state, runs)
    assert (after.severity, after.good_runs) == (Severity.TICKET, 4)
