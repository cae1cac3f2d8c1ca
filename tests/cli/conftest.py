"""Running the command line as users do, in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_runner import DAILY, Result

from airflow_ai_slo.cli.main import main


@pytest.fixture
def ai_slo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Result]:
    """``ai_slo("status", "--format", "json")``, with a store of its own."""
    monkeypatch.setenv("AI_SLO_STORE_URL", f"sqlite:///{tmp_path / 'slo.db'}")

    def run(*arguments: str | Path) -> Result:
        monkeypatch.setattr("sys.argv", ["ai-slo", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main()
        captured = capsys.readouterr()
        code = stopped.value.code
        return Result(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run


@pytest.fixture
def daily(tmp_path: Path) -> Path:
    """One SLO: 90% of the daily runs over ten days."""
    path = tmp_path / "daily.yaml"
    path.write_text(DAILY)
    return path
