"""The Markdown report."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from report_builder import END, QUALITY, START, report, slo_report
from test_report_html import hostile, hostile_report

from airflow_ai_slo.core.definition import Service
from airflow_ai_slo.reports import render_markdown
from airflow_ai_slo.reports.markdown import bar, document, escape, paragraph, trend
from airflow_ai_slo.reports.model import Report, ServiceReport
from airflow_ai_slo.reports.plots.sparkline import Spark
from airflow_ai_slo.reports.text import clean

MARKUP = ["a|b", "**x**", "- x", "1. x", "# x", "[x](y)", "`x`", "~~x~~", "\\", "a\n\nb", "=== ", "<A>", "http://a.b"]
GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def structure(text: str) -> list[str]:
    """Block and inline tokens with their nesting: what escaping must keep foreign text from changing."""
    found = []
    for token in GITHUB.parse(text):
        found.append(token.type)
        found += [child.type for child in token.children or () if child.type != "text"]
    return found


@cache
def harmless() -> list[str]:
    return structure(render_markdown(hostile_report("harmless", url="x")))


def words_in(text: str) -> str:
    return "".join(
        child.content for token in GITHUB.parse(text) for child in token.children or () if child.type == "text"
    )


@settings(max_examples=60, deadline=None)
@given(hostile | st.sampled_from(MARKUP))
def test_foreign_text_is_text_wherever_it_stands(words):
    text = render_markdown(hostile_report(words, url="x"))
    assert structure(text) == harmless()
    assert text.encode()


@given(hostile)
def test_escaped_text_reads_as_it_was(words):
    for written in (escape(words), paragraph(words)):
        assert words_in(f"x {written}") == f"x {' '.join(clean(words).split())}".rstrip() or written == paragraph(words)
    assert words_in(paragraph(words)) == " ".join(clean(words).split())


def test_every_table_has_as_many_cells_in_each_row():
    rows = [line for line in render_markdown(report()).splitlines() if line.startswith("|")]
    assert len(rows) > 50
    tables = [token for token in GITHUB.parse(render_markdown(report())) if token.type == "table_open"]
    heads = [index for index, row in enumerate(rows) if set(row) <= set("|-: ")]
    assert len(tables) == len(heads)
    for start, end in zip(heads, [*heads[1:], len(rows) + 1], strict=True):
        assert len({row.count(" | ") for row in rows[start - 1 : end - 1]}) == 1


def test_it_says_what_the_page_says():
    text = render_markdown(report())
    for words in (
        "**3 of 6 SLOs met over their own windows (28d, 30d and 90d).**",
        "> Service flights-delay is frozen since 2026-08-08 06:04 UTC because Features look like January",
        "| Features look like January | flights-delay | ◆ Page open, ● Budget spent | 88.91% | 90% | −10.9% |",
        "[Open run](<https://airflow.example.org/dags/flights_daily/runs/scheduled__2026-08-19>)",
        "| 2026-08-30 14:12 | deploy\\_model | gate stopped |",
        "- Schedule: 1d (UTC), due within one cadence, late runs bad",
    ):
        assert words in text


def test_what_is_unknown_is_never_a_number():
    text = render_markdown(report(ServiceReport(Service(name="recs-api"), None, (slo_report(QUALITY),), (), ())))
    assert "| F1 with late labels | recs-api | ○ Unknown | unknown | 80% | unknown |" in text
    assert "<code>ai-slo record model-f1 --good 1 --total 1</code>" in text


def test_an_empty_report_says_what_to_do_next():
    assert "`ai-slo apply slos/`" in document(Report("Empty", START, END, ()))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a.example/>](javascript:alert(1))", "data:,x"])
def test_only_plain_http_addresses_become_links(url):
    assert "link_open" not in structure(render_markdown(hostile_report("x", url=url)))


def test_an_address_with_a_pipe_stays_in_its_cell():
    url = "https://a.example/?q=a|b&c=(d)"
    tokens = [c for t in GITHUB.parse(render_markdown(hostile_report("x", url=url))) for c in t.children or ()]
    assert [token.attrGet("href") for token in tokens if token.type == "link_open"] == [
        "https://a.example/?q=a%7Cb&c=(d)"
    ]


@given(st.floats(0, 1))
def test_a_bar_is_full_or_empty_only_for_all_or_none(share):
    assert len(bar(share)) == 10
    assert (bar(share) == "█" * 10) == (share == 1)
    assert (bar(share) == "░" * 10) == (share == 0)


def test_a_trend_shows_gaps_and_ends_with_the_newest():
    assert trend(Spark("", 0, "", (None, 1.0, 0.5, 0.0, -3.0))) == "·█▅▁▁"
    assert trend(Spark("", 0, "", tuple(float(i % 2) for i in range(40)))) == "█" * 20
    assert trend(None) == ""


def test_the_title_is_one_line():
    assert render_markdown(replace(report(), title="a\nb")).startswith("# a b\n")
