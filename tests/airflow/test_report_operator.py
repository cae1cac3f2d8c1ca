"""Reports written by real DAG runs."""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from airflow.sdk import DAG, CronDataIntervalTimetable

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.links import SLOReportLink
from airflow_ai_slo.operators.report import SLOReportOperator
from demo.slack_server import SlackServer

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
    told = ran.xcom("report")
    assert (told["paths"], told["services"], told["frozen"]) == ([str(path)], ["recommender"], ["recommender"])
    assert told["headline"] == "0 of 1 SLO met over its own window (28d)."
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
        ({"format": "pdf"}, "format='pdf': write 'html', 'markdown', 'json', 'slack' or 'both'"),
        ({"period": 28}, "period=28: give a timedelta"),
        ({"services": "recommender"}, "give a list of names"),
        ({"targets": "ml-chat"}, "give a list of names"),
        ({"period": "fortnight"}, "write week, month, quarter, year, or a length such as 28d"),
        ({"timezone": "Berlin"}, "no IANA time zone"),
        ({"path": None}, "path is missing"),
        ({"format": []}, "format is empty"),
    ],
)
def test_a_wrong_option_fails_when_the_dag_is_parsed(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        reporting(**({"path": "slo.html"} | options))


def test_the_default_period_is_four_weeks() -> None:
    assert SLOReportOperator(task_id="report", path="slo.html").period == timedelta(days=28)


FEBRUARY = datetime(2026, 2, 1, 6, tzinfo=UTC)


def monthly(path: str, **options: Any) -> DAG:
    with DAG(
        f"monthly_{next(numbers)}",
        schedule=CronDataIntervalTimetable("0 0 1 * *", timezone="Europe/Berlin"),
        start_date=datetime(2025, 1, 1, tzinfo=UTC),
        catchup=False,
    ) as dag:
        SLOReportOperator(task_id="report", path=path, timezone="Europe/Berlin", **options)
    return dag


FIRST = datetime(2026, 1, 31, 23, tzinfo=UTC)
"""Midnight of 1 February in Berlin: the interval of a run by then is January."""


def test_the_run_of_the_first_of_february_reports_january_and_so_it_does_when_it_is_run_again(
    recommender: Callable[..., None], run_dag: Callable[..., Any], tmp_path: Path
) -> None:
    recommender(bad=2, now=FEBRUARY - timedelta(days=3))
    dag = monthly(f"{tmp_path}/{{{{ dag.dag_id }}}}/", period="month", format=["html", "json"])
    for _ in range(2):
        ran = run_dag(dag, logical_date=FIRST)
        told = ran.xcom("report")
        folder = tmp_path / dag.dag_id
        assert told["paths"] == [f"{folder}/slo-report-2026-01.html", f"{folder}/slo-report-2026-01.json"]
        assert (told["period"], told["start"], told["end"]) == (
            "2026-01",
            "2025-12-31T23:00:00+00:00",
            "2026-01-31T23:00:00+00:00",
        )
        assert told["headline"] == "January 2026: 1 of 1 SLO met."
    assert sorted(one.name for one in folder.iterdir()) == ["slo-report-2026-01.html", "slo-report-2026-01.json"]
    document = json.loads((folder / "slo-report-2026-01.json").read_text())
    [slo] = document["services"][0]["slos"]
    assert (slo["slo"], slo["compared"]["now"]["period"]) == ("recommender-runs", "2026-01")


def test_a_period_and_its_zone_are_templated(
    recommender: Callable[..., None], run_dag: Callable[..., Any], tmp_path: Path
) -> None:
    recommender(bad=0, now=FEBRUARY)
    dag = monthly(f"{tmp_path}/", period="{{ 'quarter' }}")
    told = run_dag(dag, logical_date=FIRST).xcom("report")
    assert told["period"] == "2025-Q4"
    dag = monthly(f"{tmp_path}/", period="{{ 'fortnight' }}", retries=2)
    ran = run_dag(dag, logical_date=FIRST)
    assert (ran.states["report"], ran.tries("report")) == ("failed", 1)
    assert "write week, month, quarter, year" in ran.log


def test_a_report_is_told_in_slack_once(
    recommender: Callable[..., None],
    run_dag: Callable[..., Any],
    slack: SlackServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recommender(bad=4)
    extra = {"base_url": slack.base_url, "channel": "slo-alerts"}
    connection = {"conn_type": "slack", "password": slack.token, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SLACK_DEFAULT", json.dumps(connection))
    with DAG(f"told_{next(numbers)}", schedule=None) as dag:
        SLOReportOperator(task_id="report", period="28d", format="slack", url="https://reports.example/1.html")
    run = {"logical_date": datetime.now(UTC).replace(microsecond=0), "run_conf": {"ai_slo": {"count": True}}}
    for sent in (True, False):
        told = run_dag(dag, **run).xcom("report")
        assert (told["paths"], told["targets"], told["pending"]) == ([], ["default"], 0)
        assert bool(told["sent"]) is sent
    [said] = [message for message in slack.messages if "SLO met" in message["text"]]
    text = json.dumps(said, ensure_ascii=False)
    assert "recommender-runs: budget spent; 89.29%, missed; 107% of the budget spent; the 28d before is not" in text
    assert "https://reports.example/1.html" in text


def test_airflows_own_operator_mails_the_report(
    recommender: Callable[..., None], run_dag: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Message as Handler
    from airflow.providers.smtp.operators.smtp import EmailOperator

    class Kept(Handler):
        mails: ClassVar[list[Any]] = []

        def handle_message(self, message: Any) -> None:
            self.mails.append(message)

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(Kept(), hostname="127.0.0.1", port=port)
    server.start()
    extra = {"from_email": "slo@example.org", "disable_tls": True, "disable_ssl": True}
    connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))
    recommender(bad=1)
    with DAG(f"mailing_{next(numbers)}", schedule=None, render_template_as_native_obj=True) as dag:
        report = SLOReportOperator(task_id="report", path=f"{tmp_path}/", period="28d")
        report >> EmailOperator(
            task_id="mail",
            to="management@example.org",
            subject="{{ ti.xcom_pull('report')['headline'] }}",
            html_content="The report is attached: {{ ti.xcom_pull('report')['period'] }}.",
            files="{{ ti.xcom_pull('report')['paths'] }}",
        )
    try:
        ran = run_dag(dag)
    finally:
        server.stop()
    assert ran.states == {"report": "success", "mail": "success"}
    [mail] = Kept.mails
    assert mail["Subject"] == "1 of 1 SLO met over its own window (28d)."
    [attached] = [part for part in mail.walk() if part.get_filename()]
    assert attached.get_payload(decode=True).startswith(b"<!doctype html>")
