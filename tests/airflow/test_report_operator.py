"""Reports written by real DAG runs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.links import SLOReportLink
from airflow_ai_slo.operators.report import SLOReportOperator

numbers = itertools.count()


def reporting(**options: Any) -> DAG:
    with DAG(f"reporting_{next(numbers)}", schedule=None) as dag:
        SLOReportOperator(task_id="report", **options)
    return dag


def test_a_report_is_one_html_file_at_a_templated_path(
    recommender: Callable[..., None], run_dag: Callable[..., Any], tmp_path: Path
) -> None:
    recommender(bad=4)
    ran = run_dag(reporting(path=f"{tmp_path}/{{{{ dag.dag_id }}}}/slo.html", title="For {{ dag.dag_id }}"))
    path = tmp_path / ran.dag_id / "slo.html"
    assert ran.xcom("report") == {"paths": [str(path)], "services": ["recommender"], "frozen": ["recommender"]}
    html = path.read_text()
    assert html.startswith("<!doctype html>")
    assert f"For {ran.dag_id}" in html
    assert "recommender-runs" in html
    assert [one.name for one in path.parent.iterdir()] == ["slo.html"]


def test_both_formats_differ_by_their_ending(
    recommender: Callable[..., None], run_dag: Callable[..., Any], tmp_path: Path
) -> None:
    recommender(bad=1)
    run_dag(reporting(path=tmp_path / "slo", format="both"))
    assert (tmp_path / "slo.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "slo.md").read_text().startswith("# ")


def test_the_ending_says_which_format(
    recommender: Callable[..., None], run_dag: Callable[..., Any], tmp_path: Path
) -> None:
    recommender(bad=1)
    run_dag(reporting(path=tmp_path / "slo.md"))
    assert (tmp_path / "slo.md").read_text().startswith("# ")


def test_a_report_replaces_the_one_before(
    recommender: Callable[..., None], run_dag: Callable[..., Any], tmp_path: Path
) -> None:
    recommender(bad=1)
    path = tmp_path / "slo.html"
    path.write_text("the old one")
    run_dag(reporting(path=path))
    assert "the old one" not in path.read_text()


def test_the_task_links_to_where_the_report_is_served(
    recommender: Callable[..., None], run_dag: Callable[..., Any], tmp_path: Path
) -> None:
    recommender(bad=1)
    ran = run_dag(reporting(path=tmp_path / "slo.html", url="https://reports.example/{{ dag.dag_id }}.html"))
    assert ran.xcom("report", key=SLOReportLink().xcom_key) == f"https://reports.example/{ran.dag_id}.html"


def test_an_unknown_service_fails_without_retries(
    recommender: Callable[..., None], run_dag: Callable[..., Any], tmp_path: Path
) -> None:
    recommender(bad=1)
    ran = run_dag(reporting(path=tmp_path / "slo.html", services=["recomender"], retries=2))
    assert (ran.states["report"], ran.tries("report")) == ("failed", 1)
    assert "no service recomender; known: recommender" in ran.log
    assert list(tmp_path.glob("*.html")) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "pdf"}, "format='pdf': write 'html', 'markdown' or 'both'"),
        ({"period": 28}, "period=28: give a timedelta"),
        ({"services": "recommender"}, "give a list of names"),
    ],
)
def test_a_wrong_option_fails_when_the_dag_is_parsed(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        reporting(path="slo.html", **options)


def test_the_default_period_is_four_weeks() -> None:
    assert SLOReportOperator(task_id="report", path="slo.html").period == timedelta(days=28)
