"""Targets are the decimals that were written, never the floats next to them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo import openslo
from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.documents.values import plain

SLO = """
apiVersion: openslo/v1
kind: SLO
metadata: {{name: a}}
spec:
  service: s
  timeWindow: [{{duration: 28d, isRolling: true}}]
  objectives: [{{{objective}}}]
"""


@pytest.mark.parametrize(
    ("objective", "exact"),
    [
        ("target: 0.995", Fraction(995, 1000)),
        ("target: .995", Fraction(995, 1000)),
        ("target: 9.95e-1", Fraction(995, 1000)),
        ('target: "0.995"', Fraction(995, 1000)),
        ('target: "99.5%"', Fraction(995, 1000)),
        ("targetPercent: 99.95", Fraction(9995, 10000)),
        ("targetPercent: 99", Fraction(99, 100)),
        ("target: 0.10000000000000000001", Fraction("0.10000000000000000001")),
    ],
)
def test_targets_are_exact(tmp_path, objective, exact):
    path = tmp_path / "a.yaml"
    path.write_text(SLO.format(objective=objective))
    (slo,) = openslo.require([path]).slos
    assert slo.objective == exact


def test_json_numbers_are_exact_too(judge):
    assert judge.loaded("slo-by-reference", {"spec.objectives.0": {"target": 0.1}}).slos[0].objective == Fraction(1, 10)


@given(st.integers(0, 10**12), st.integers(0, 12))
def test_a_decimal_is_read_as_itself(digits, places):
    text = f"{digits:0{places + 1}d}"
    text = f"{text[: len(text) - places]}.{text[len(text) - places :]}"
    assert scalars.number(plain(text)) == Fraction(digits, 10**places)


@pytest.mark.parametrize("text", ["1e-999999999", "1e999999999", "-1e-400", "0." + "1" * 300])
def test_numbers_beyond_use_stay_cheap(text):
    number = scalars.number(plain(text))
    assert number is None or abs(number) < 1


@pytest.mark.parametrize("text", ["1:30", "12:30:45", "2026-01-01", "1_a", "0x", "1e", ".", "-", "+.", "1.2.3"])
def test_what_is_no_number_stays_text(text):
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "value"), [("017", 15), ("0x1F", 31), ("0b11", 3), ("1_000", 1000), ("-0", 0), ("yes", True)]
)
def test_yaml_numbers_and_booleans(text, value):
    assert plain(text) == value
