"""What an SLO counts, as a noun."""

from __future__ import annotations

import pytest
from slo_kit import NOW, an_slo

from airflow_ai_slo.alerts.words import budget_left
from airflow_ai_slo.core.counts import EMPTY, Counts
from airflow_ai_slo.core.definition import Budgeting, Indicator
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.evaluation import Evaluation, Watched, evaluate, plan
from airflow_ai_slo.core.instants import EPOCH
from airflow_ai_slo.core.serialize import slo_from_dict, slo_to_dict
from airflow_ai_slo.core.units import singular, unit_of

ROWS = Counts(950, 1000, 1, 10)
RUNS = Counts(9, 10, 1, 10)
SLICED = {"budgeting": Budgeting.TIMESLICES, "slice_window": "5m", "slice_target": "0.9"}


def counted(counts: Counts, **changes: object) -> Evaluation:
    slo = an_slo(**changes)
    return evaluate(slo, plan(slo, NOW), [counts], Watched(EPOCH))


@pytest.mark.parametrize(
    ("counts", "changes", "unit"),
    [
        (ROWS, {"unit": "rows"}, "rows"),
        (ROWS, {}, "events"),
        (RUNS, {}, "runs"),
        (RUNS, SLICED, "slices"),
        (EMPTY, {}, "events"),
        (EMPTY, {"indicator": Indicator(source="airflow")}, "runs"),
        (Counts(0, 0, 0, 3), {}, "events"),
    ],
)
def test_the_definition_tells_and_else_the_counts_do(counts: Counts, changes: dict[str, object], unit: str) -> None:
    assert unit_of(counted(counts, **changes)) == unit


@pytest.mark.parametrize(
    ("plural", "one"),
    [("runs", "run"), ("queries", "query"), ("classes", "class"), ("boxes", "box"), ("data", "data"), ("mass", "mass")],
)
def test_one_of_them(plural: str, one: str) -> None:
    assert singular(plural) == one


def test_a_budget_is_told_in_the_slos_unit() -> None:
    assert budget_left(counted(ROWS, unit="rows")) == "50%: 50 of 100 bad rows left"
    assert budget_left(counted(Counts(9, 10, 1, 1), unit="classes")) == "0%: all of 1 bad class spent"


def test_a_unit_is_kept_with_the_definition_and_starts_no_new_generation() -> None:
    plain, named = an_slo(), an_slo(unit="rows", no_data_after="2h")
    assert slo_from_dict(slo_to_dict(named)) == named
    assert plain.fingerprint == named.fingerprint


@pytest.mark.parametrize("unit", ["x" * 41, "two\nlines", "nul\0"])
def test_what_is_no_noun_is_refused(unit: str) -> None:
    with pytest.raises(DefinitionError, match=r"unit: .* is not a noun of 1 to 40 characters"):
        an_slo(unit=unit)


@pytest.mark.parametrize("silence", ["1M", "soon", 5])
def test_silence_is_waited_for_in_fixed_lengths(silence: object) -> None:
    with pytest.raises(DefinitionError, match="no_data_after"):
        an_slo(no_data_after=silence)
