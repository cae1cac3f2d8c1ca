"""Every Python example of every page runs as it is, page by page, from top to bottom."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from airflow_ai_slo.expectations import profiles

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *ROOT.glob("distributions/*/README.md")])
_PYTHON = re.compile(r"^( *)```python\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_WITH_CODE = [page for page in PAGES if _PYTHON.search(page.read_text(encoding="utf-8"))]


def test_pages_have_examples() -> None:
    assert len(_WITH_CODE) > 25


@pytest.mark.parametrize("page", _WITH_CODE, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_run(page: Path, airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("slos", "dags", "expectations"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(profiles, "_registered", {})  # what one page registers is not for other tests
    monkeypatch.setenv("AI_SLO_STORE_URL", f"sqlite:///{tmp_path / 'slo.db'}")
    monkeypatch.setenv("SLACK_TOKEN", "xoxb-only-for-tests")
    names: dict[str, Any] = {"__name__": page.stem}
    for number, (_, code) in enumerate(_PYTHON.findall(page.read_text(encoding="utf-8")), 1):
        exec(compile(code, f"{page.name}, example {number}", "exec"), names)
