"""What validate says about numbers that lead where their author may not expect."""

from __future__ import annotations

import pytest

from airflow_ai_slo.core.presets import CLOCK_PRESETS


def told(judge, *, target=0.999, window="30d", annotations=None, percent=None):
    objective = {"target": target} if percent is None else {"targetPercent": percent}
    changes = {
        "spec.objectives": [objective],
        "spec.timeWindow": [{"duration": window, "isRolling": True}],
        "metadata.annotations": {f"airflow-ai-slo/{key}": value for key, value in (annotations or {}).items()},
    }
    loaded = judge.loaded("slo-by-reference", changes)
    assert loaded.valid
    return loaded.slos[0], {problem.path: problem.message for problem in loaded.problems}


def test_the_textbook_at_30_days_is_left_alone(judge):
    assert told(judge)[1] == {}


def test_factors_raised_to_1_are_told(judge):
    slo, said = told(judge, window="7d")
    assert "ticket over 1d from 0.7 to 1, ticket over 3d from 0.233 to 1" in said["spec.timeWindow"]
    assert [rule.factor for rule in CLOCK_PRESETS["workbook"](slo.objective, slo.window.duration.length)][2:] == [1, 1]


def test_factors_out_of_reach_are_told(judge):
    _, said = told(judge, target=0.9)
    assert "page over 1h from 14.4 to 5" in said["spec.objectives[0].target"]
    assert "page over 6h" not in said["spec.objectives[0].target"]
    assert "end at 10" in said["spec.objectives[0].target"]


def test_the_seed_preset_is_fitted_too(judge):
    _, said = told(judge, percent=90, annotations={"alerting": "seed"})
    assert "seed preset changes page over 1h from 14 to 5" in said["spec.objectives[0].targetPercent"]


@pytest.mark.parametrize("alerting", ["none", "pipeline"])
def test_other_presets_have_nothing_to_tell(judge, alerting):
    assert told(judge, target=0.9, window="7d", annotations={"alerting": alerting, "cadence": "1h"})[1] == {}


def test_less_than_one_bad_run_allowed_names_what_would_allow_three(judge):
    _, said = told(judge, target=0.99, window="28d", annotations={"cadence": "1d"})
    message = said["spec.objectives[0].target"]
    assert "allows 0.28 bad runs" in message
    assert "a window of 300d or an objective of 0.89" in message


@pytest.mark.parametrize(
    ("target", "window", "cadence", "warns"),
    [
        (0.99, "100d", "1d", False),
        (0.99, "99d", "1d", True),
        (0.9, "28d", "1d", False),
        (0.9, "28d", "0 6 * * 1", True),
        (0.999, "30d", "1h", True),
        (0.999, "30d", "5m", False),
    ],
)
def test_it_depends_on_how_many_runs_a_window_holds(judge, target, window, cadence, warns):
    _, said = told(judge, target=target, window=window, annotations={"cadence": cadence, "alerting": "none"})
    assert bool(said) is warns


def test_the_advice_keeps_its_word(judge):
    for better in ({"target": 0.99, "window": "300d"}, {"target": 0.89, "window": "28d"}):
        slo, said = told(judge, annotations={"cadence": "1d"}, **better)
        runs = slo.window.duration.length.days
        assert said == {}
        assert (1 - slo.objective) * runs >= 3


def test_without_a_cadence_nothing_is_known_of_runs(judge):
    assert told(judge, target=0.999, window="30d")[1] == {}
