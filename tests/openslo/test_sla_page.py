"""The page about SLAs: its examples are valid and run."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from airflow_ai_slo import openslo

PAGE = (Path(__file__).parents[2] / "docs" / "sla.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def test_the_definition_is_valid(tmp_path):
    path = tmp_path / "slo.yaml"
    path.write_text(block("yaml"), encoding="utf-8")
    loaded = openslo.load([path])
    assert [problem for problem in loaded.problems if problem.severity == "error"] == []
    sla = loaded.slos[0].sla
    assert (sla.target, sla.period, sla.zone.key) == (Fraction(19, 20), "month", "Europe/Berlin")
    assert [float(tier.share) for tier in sla.credits] == [0.1, 0.25]


def test_the_python_example_runs(capsys):
    exec(compile(block("python"), "sla.md", "exec"), {})
    assert capsys.readouterr().out == "unknown\n"
