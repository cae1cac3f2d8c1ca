"""The reference page's example and claims."""

from __future__ import annotations

import re
from pathlib import Path

from airflow_ai_slo.openslo.translate.annotations import ON_SERVICE, ON_SLO, ON_TARGET, PREFIX

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "definitions.md").read_text()


def test_the_example_is_valid_by_the_letter_and_without_a_warning(judge):
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S)
    for strict in (True, False):
        assert [result.problems for result in judge.text(example, strict=strict)] == [()]


def test_every_annotation_has_a_row():
    rows = re.findall(rf"^\| `{PREFIX}([a-z-]+)` \|", PAGE, flags=re.M)
    assert rows == [*ON_SLO, *ON_SERVICE, *ON_TARGET]
