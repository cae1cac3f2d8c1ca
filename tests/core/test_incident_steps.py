"""The incident of clock rules: what each evaluation does to it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.burn import Outcome, RuleOutcome
from airflow_ai_slo.core.definition import BurnRule, Severity
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.incident import Step, Transition, held_by, step

PAGE, TICKET = (
    BurnRule(severity=severity, long=Duration(1, "h"), short=Duration(5, "m"), factor=Fraction(2))
    for severity in (Severity.PAGE, Severity.TICKET)
)
# How a rule can be seen: (outcome, cleared).
FIRING, CLEARED, LINGERING, UNKNOWN = (
    (Outcome.FIRING, False),
    (Outcome.HEALTHY, True),
    (Outcome.HEALTHY, False),
    (Outcome.UNKNOWN, False),
)
seen_as = st.sampled_from([FIRING, CLEARED, LINGERING, UNKNOWN])
PAGE_BIT, TICKET_BIT = 1, 2


def advance(before: Step, page: tuple[Outcome, bool], ticket: tuple[Outcome, bool], *, new_bad: bool) -> Step:
    alerts = (RuleOutcome(PAGE, *page), RuleOutcome(TICKET, *ticket))
    return step(before.latched, alerts, before=before.severity, new_bad=new_bad)


NONE = Step(0, None, None)
TICKETED = Step(TICKET_BIT, Severity.TICKET, None)
PAGED = Step(PAGE_BIT | TICKET_BIT, Severity.PAGE, None)
states = st.sampled_from([NONE, TICKETED, PAGED, Step(PAGE_BIT, Severity.PAGE, None)])


@pytest.mark.parametrize(
    ("before", "page", "ticket", "new_bad", "after"),
    [
        (NONE, FIRING, FIRING, True, Step(3, Severity.PAGE, Transition.OPENED)),
        (NONE, CLEARED, FIRING, True, Step(2, Severity.TICKET, Transition.OPENED)),
        (NONE, FIRING, FIRING, False, NONE),
        (TICKETED, FIRING, FIRING, True, Step(3, Severity.PAGE, Transition.ESCALATED)),
        (TICKETED, FIRING, FIRING, False, Step(2, Severity.TICKET, None)),
        (PAGED, CLEARED, LINGERING, False, Step(2, Severity.TICKET, Transition.DEESCALATED)),
        (PAGED, CLEARED, CLEARED, False, Step(0, None, Transition.RESOLVED)),
        (PAGED, UNKNOWN, UNKNOWN, False, Step(3, Severity.PAGE, None)),
        (PAGED, UNKNOWN, UNKNOWN, True, Step(3, Severity.PAGE, None)),
        (TICKETED, UNKNOWN, LINGERING, True, Step(2, Severity.TICKET, None)),
    ],
)
def test_an_evaluation_moves_the_incident(
    before: Step, page: tuple[Outcome, bool], ticket: tuple[Outcome, bool], new_bad: bool, after: Step
) -> None:
    assert advance(before, page, ticket, new_bad=new_bad) == after


@given(states, seen_as, seen_as)
def test_the_mere_passing_of_time_never_opens_nor_escalates(
    before: Step, page: tuple[Outcome, bool], ticket: tuple[Outcome, bool]
) -> None:
    after = advance(before, page, ticket, new_bad=False)
    assert after.transition not in (Transition.OPENED, Transition.ESCALATED)
    assert after.latched & ~before.latched == 0


@given(states, seen_as, seen_as, st.booleans())
def test_a_transition_says_how_the_severity_moved(
    before: Step, page: tuple[Outcome, bool], ticket: tuple[Outcome, bool], new_bad: bool
) -> None:
    after = advance(before, page, ticket, new_bad=new_bad)
    moved = (before.severity or 0, after.severity or 0)
    expected = {
        Transition.OPENED: moved[0] == 0 < moved[1],
        Transition.RESOLVED: moved[0] > 0 == moved[1],
        Transition.ESCALATED: 0 < moved[0] < moved[1],
        Transition.DEESCALATED: moved[0] > moved[1] > 0,
        None: moved[0] == moved[1],
    }
    assert expected[after.transition]
    assert (after.latched == 0) == (after.severity is None)


@given(states, st.booleans())
def test_silence_holds(before: Step, new_bad: bool) -> None:
    after = advance(before, UNKNOWN, UNKNOWN, new_bad=new_bad)
    assert (after.latched, after.transition) == (before.latched, None)


@given(st.lists(st.tuples(seen_as, seen_as, st.booleans()), max_size=30))
def test_an_incident_opens_before_anything_else_happens_to_it(
    stream: list[tuple[tuple[Outcome, bool], tuple[Outcome, bool], bool]],
) -> None:
    state, is_open = NONE, False
    for page, ticket, new_bad in stream:
        state = advance(state, page, ticket, new_bad=new_bad)
        if state.transition is Transition.OPENED:
            assert not is_open
            is_open = True
        elif state.transition is not None:
            assert is_open
            is_open = state.transition is not Transition.RESOLVED
        assert is_open == (state.severity is not None)


def test_rules_that_are_gone_resolve_their_incident() -> None:
    assert step(PAGE_BIT, (), before=Severity.PAGE, new_bad=True) == Step(0, None, Transition.RESOLVED)


def test_after_an_edit_every_rule_up_to_its_severity_holds_an_incident() -> None:
    assert held_by([PAGE, TICKET, PAGE], Severity.PAGE) == 0b111
    assert held_by([PAGE, TICKET, PAGE], Severity.TICKET) == 0b010
    assert held_by([], Severity.PAGE) == 0
