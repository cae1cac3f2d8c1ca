"""``ai-slo init``: what each template writes is valid, and runs as it is."""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pytest
from airflow.sdk import DAG
from measuring_runs import run_as

from airflow_ai_slo.cli.main import main

TEMPLATES = sorted(place.name for place in files("airflow_ai_slo").joinpath("templates").iterdir() if place.is_dir())


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def ai_slo(*arguments: str | Path) -> Done:
    """The command line as users run it, in this process."""
    out, err = StringIO(), StringIO()
    with patch("sys.argv", ["ai-slo", *map(str, arguments)]), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as stopped:
            code = stopped.code
    return Done(code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())


def dags_of(path: Path) -> list[DAG]:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=path)
    assert bag.import_errors == {}
    return list(bag.dags.values())


@pytest.fixture
def store_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, airflow_home: Path) -> str:
    url = f"sqlite:///{tmp_path / 'ai_slo.db'}"
    monkeypatch.setenv("AI_SLO_STORE_URL", url)
    monkeypatch.setenv("AI_SLO_SPOOL", str(tmp_path / "spool.jsonl"))
    monkeypatch.setenv("AI_SLO_EXAMPLES", str(tmp_path / "examples"))
    return url


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_a_template_writes_runs_and_every_slo_of_it_has_a_budget(
    template: str, store_url: str, tmp_path: Path
) -> None:
    service = f"our-{template}"
    name = service.replace("-", "_")
    done = ai_slo("init", "--template", template, "--service", service, tmp_path / "dags")
    assert (done.returncode, done.stderr.startswith(f"Next: switch the DAG {name} on")) == (0, True), done.stderr
    dag_file, definitions = (Path(line) for line in done.stdout.splitlines())
    checked = ai_slo("validate", definitions, "--format", "json")
    assert checked.returncode == 0, checked.stdout
    names = {one["name"] for one in json.loads(checked.stdout)["documents"] if one["kind"] == "SLO"}
    assert len(names) >= 2
    assert all(slo.startswith(f"{service}-") for slo in names)
    assert ai_slo("validate", "--strict", definitions).returncode == 0
    dags = dags_of(dag_file)
    assert [dag.dag_id for dag in dags] == [name]
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for date in (day - timedelta(days=1), day):
        ran = run_as(dags[0], logical_date=date)
        assert {ran.state, *ran.tasks.values()} == {"success"}, (ran.tasks, ran.problems)
    status = json.loads(ai_slo("status", "--format", "json").stdout)
    assert {one["slo"] for one in status["evaluations"]} == names
    for one in status["evaluations"]:
        assert one["total"] > 0, one
        assert one["budget"]["remaining"] is not None


def test_the_templates_are_listed_and_a_wrong_name_is_one_line(tmp_path: Path) -> None:
    listed = ai_slo("init").stdout.splitlines()
    assert [line.split()[0] for line in listed] == TEMPLATES
    assert all(len(line.split(None, 1)[1]) > 20 for line in listed)
    wrong = ai_slo("init", "--template", "chat", tmp_path)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("error: --template 'chat' is not one of ")
    named = ai_slo("init", "--template", TEMPLATES[0], "--service", "Our Own", tmp_path)
    assert (named.returncode, "small letters" in named.stderr) == (2, True)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    assert ai_slo("init", "--template", "batch-prediction", tmp_path).returncode == 0
    (tmp_path / "batch_prediction.py").write_text("mine", encoding="utf-8")
    (tmp_path / "batch_prediction.slo.yaml").unlink()
    again = ai_slo("init", "--template", "batch-prediction", tmp_path)
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert "batch_prediction.py: is there already; --force writes over it" in again.stderr
    assert (tmp_path / "batch_prediction.py").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "batch_prediction.slo.yaml").exists()
    assert ai_slo("init", "--template", "batch-prediction", "--force", tmp_path).returncode == 0
    assert "BatchCompletionOperator" in (tmp_path / "batch_prediction.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("service", "problem"),
    [("1st-model", "no name"), ("class", "no name"), ("task", "no name"), ("json", "would hide")],
)
def test_a_service_whose_file_could_be_no_dag_is_refused(service: str, problem: str, tmp_path: Path) -> None:
    refused = ai_slo("init", "--template", "batch-prediction", "--service", service, tmp_path)
    assert (refused.returncode, problem in refused.stderr, f"try 'my-{service}'" in refused.stderr) == (2, True, True)
    assert list(tmp_path.iterdir()) == []
