"""The example of the page about replays runs, and the command prints what the page shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_runner import Result

PAGE = Path(__file__).parents[2] / "docs" / "replay.md"


def test_the_example_runs_and_prints_what_the_page_shows(
    ai_slo: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = dict(re.findall(r"```(\w*)\n(.*?)```", PAGE.read_text(), re.DOTALL))
    exec(compile(blocks["python"], str(PAGE), "exec"), {})
    options = ("--definitions", "slos.yaml", "--measurements", "runs.csv", "--every", "1h")
    assert ai_slo("replay", *options).out == blocks[""]
    (tmp_path / "c.yaml").write_text(blocks["yaml"])
    corrected = ai_slo("replay", *options, "--corrections", "c.yaml", "--picture", "replay.html")
    assert corrected.code == 0
    assert corrected.out != blocks[""]
