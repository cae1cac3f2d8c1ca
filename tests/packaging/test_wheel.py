"""The wheel, built as a release builds it: everything in it that the package reads, and nothing else."""

from __future__ import annotations

import email
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from airflow_ai_slo import __version__
from airflow_ai_slo.store import schema

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "airflow_ai_slo"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as packed:
        return set(packed.namelist())


def test_every_file_of_the_package_is_in_it_and_no_other(names: set[str]) -> None:
    here = {
        str(file.relative_to(REPOSITORY))
        for file in PACKAGE.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {name for name in names if ".dist-info/" not in name} == here


@pytest.mark.parametrize(
    "kind",
    [
        "airflow_ai_slo/py.typed",
        f"airflow_ai_slo/store/migrations/versions/{schema.HEAD}_*.py",
        "airflow_ai_slo/store/migrations/env.py",
        "airflow_ai_slo/reports/templates/*.jinja",
        "airflow_ai_slo/reports/templates/*.css",
        "airflow_ai_slo/templates/*/slo.yaml",
        "airflow_ai_slo/templates/*/dag.py",
        "airflow_ai_slo-*.dist-info/licenses/LICENSE",
    ],
)
def test_what_is_no_module_is_there_too(names: set[str], kind: str) -> None:
    assert any(Path(name).match(kind) for name in names)


def test_it_says_what_it_is_and_names_its_commands_and_plugins(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        about = f"airflow_ai_slo-{__version__}.dist-info"
        told = email.message_from_bytes(packed.read(f"{about}/METADATA"))
        points = packed.read(f"{about}/entry_points.txt").decode()
    assert (told["Name"], told["Version"], told["Requires-Python"]) == ("airflow-ai-slo", __version__, "<3.14,>=3.11")
    assert "apache-airflow<4,>=3.2.2" in told.get_all("Requires-Dist", [])
    for line in ("ai-slo = airflow_ai_slo.cli:main", "[apache_airflow_provider]", "[airflow.plugins]"):
        assert line in points


def test_it_works_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    """Migrations, templates and reports are read from what was installed, not from this repository."""
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    environment = {**os.environ, "PYTHONPATH": str(site), "AI_SLO_STORE_URL": f"sqlite:///{tmp_path / 'slo.db'}"}
    dags = tmp_path / "dags"

    def run(*arguments: str) -> str:
        code = "import airflow_ai_slo, sys; print(airflow_ai_slo.__file__); from airflow_ai_slo.cli import main; main()"
        ran = subprocess.run(
            [sys.executable, "-P", "-c", code, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.startswith(str(site))
        return ran.stdout

    assert f"version {schema.HEAD}" in run("db", "upgrade")
    run("init", "--template", "batch-prediction", str(dags))
    (definitions,) = dags.rglob("*.yaml")
    assert "created" in run("apply", str(definitions))
    run("report", "--output", str(tmp_path / "report.html"))
    assert "<html" in (tmp_path / "report.html").read_text()
