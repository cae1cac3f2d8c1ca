"""What spent the budget, as a report shows it."""

from __future__ import annotations

from dataclasses import replace

from page_reader import Page
from report_builder import COMPLETION, DAY, DRIFT, END, daily, report, slo_report, spent

from airflow_ai_slo.core.definition import Service
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.reports import render_html, render_markdown
from airflow_ai_slo.reports.model import ServiceReport, SLOReport
from airflow_ai_slo.reports.tables import Table
from airflow_ai_slo.reports.view import view


def tables(slo: SLOReport) -> dict[str, Table]:
    shown = view(report(ServiceReport(Service(name="x"), None, (slo,), (), ()))).services[0].slos[0].tables
    return {table.caption: table for table in shown}


def rows(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def runs(*attributes: dict[str, str], total: int = 19, slo=DRIFT) -> list[Measurement]:
    """Sixty days, of which the last ones have each lost 4, 3, 3… of their columns."""
    lost = {END - DAY * number: (4 - bool(number), Cause.DATA_DRIFT) for number in range(len(attributes))}
    found = daily(slo, total, lost)
    for number, given in enumerate(attributes):
        found[-1 - number] = replace(found[-1 - number], attributes=given)
    return found


def test_versions_and_tasks_have_tables_of_their_own_the_largest_first():
    four = {"model_version": "4", "prompt_version": "7", "dag": "flights", "task": "score"}
    found = tables(
        slo_report(DRIFT, runs(four, {"version": "3", "dag": "flights", "task": "load"}, {}), unit="columns")
    )
    assert list(found)[:3] == ["What spent it", "What spent it, by version", "What spent it, by task"]
    by_version = found["What spent it, by version"]
    assert [cell.text for cell in by_version.header] == [
        "Version", "Share of what was spent", "Bad columns", "Of the budget", "Bad runs", "Newest (UTC)"
    ]  # fmt: skip
    assert rows(by_version) == [
        ["model 4, prompt 7", "40%", "4", "8%", "1", "2026-08-31 06:00"],
        ["Not given", "30%", "3", "6%", "1", "2026-08-29 06:00"],
        ["3", "30%", "3", "6%", "1", "2026-08-30 06:00"],
    ]
    assert [row[1].share for row in by_version.rows] == [0.4, 0.3, 0.3]
    assert [row[0] for row in rows(found["What spent it, by task"])] == ["flights/score", "Not given", "flights/load"]


def test_where_one_group_spent_all_a_line_says_so_and_where_nobody_tells_nothing_does():
    told = {"model_version": "4", "dag": "flights", "task": "score"}
    found = tables(slo_report(DRIFT, runs(told, told), unit="columns"))
    assert [caption for caption in found if "spent" in caption] == ["What spent it"]
    assert found["What spent it"].more == "All of it under model 4, in flights/score."
    silent = tables(slo_report(DRIFT, runs({}, {}), unit="columns"))
    assert [caption for caption in silent if "spent" in caption] == ["What spent it"]
    assert silent["What spent it"].more == ""


def test_bad_runs_are_not_said_twice_and_estimates_are_marked():
    # 7 of 28 expected runs have settled: 28 at 95% may hold 1.4 bad ones.
    few = daily(COMPLETION, 1, {END: (1, Cause.LATE)}, days=7)
    [row] = rows(tables(slo_report(COMPLETION, few))["What spent it"])
    assert row == ["Late", "100%", "1", "≈71%", "2026-08-31 06:00"]


def test_many_groups_are_cut_short_with_a_command_that_shows_more():
    many = [{"model_version": f"v{number:02}"} for number in range(11)]
    found = tables(slo_report(DRIFT, runs(*many), unit="columns"))["What spent it, by version"]
    assert [row[0] for row in rows(found)] == [f"model v{number:02}" for number in range(8)]
    assert found.more == "3 smaller groups left out here; ai-slo spent features-drift --by version shows more."


def test_names_of_groups_and_attributes_are_text_in_both_formats():
    ugly = "<b>*x*|`y`</b>"
    bad = runs({ugly: ugly, "version": "z" * 300}, {})
    slo = slo_report(DRIFT, bad, unit="columns")
    slo = replace(slo, spent=(*slo.spent, spent(slo.evaluation, bad[-2:], f"attribute:{ugly}")))
    whole = report(ServiceReport(Service(name="x"), None, (slo,), (), ()))
    page, text = render_html(whole), render_markdown(whole)
    assert "<b>*x*" not in page
    assert f"What spent it, by {ugly}" in Page(page).text
    assert "#### What spent it, by &lt;b&gt;\\*x\\*\\|\\`y\\`&lt;/b&gt;" in text
    assert "| &lt;b&gt;\\*x\\*\\|\\`y\\`&lt;/b&gt; | ██████░░░░ 57% | 4 |" in text
    assert "z" * 119 + "…" in page
    assert "z" * 120 not in page
