"""A period against the one before, SLAs and strips, in words: in figures, in words, and never by colour alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_reader import Page
from report_builder import COMPLETION, DRIFT, FRESHNESS, daily, many, slo_report

from airflow_ai_slo import SLA
from airflow_ai_slo.core.comparing import Change, Compared, InPeriod, Spender, Standing, change
from airflow_ai_slo.core.compliance import Agreement, comply, ended
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import Service
from airflow_ai_slo.core.periods import period_of
from airflow_ai_slo.reports import render_html, render_json, render_markdown
from airflow_ai_slo.reports.compared import comparison, in_words, spenders
from airflow_ai_slo.reports.model import Ended, Report, ServiceReport, SLOReport
from airflow_ai_slo.reports.moved import met_sentence, moved_sentences
from airflow_ai_slo.reports.promised import detail, outlook, past, terms
from airflow_ai_slo.reports.view import BRIEF_FROM, view

JULY = period_of("month", datetime(2026, 8, 1, tzinfo=UTC), "UTC")
JUNE = JULY.before()
OBJECTIVE = DRIFT.objective


def within(period=JULY, bad=0, total=100, **more) -> InPeriod:
    return InPeriod(period, OBJECTIVE, Counts(total - bad, total, min(bad, 3), 31), **more)


def compared(now: InPeriod, before: InPeriod | None = None, **more) -> Compared:
    return Compared(now, before, tuple(one for one in (before, now) if one), **more)


def drifting(found: Compared | None, **more) -> SLOReport:
    return replace(slo_report(DRIFT, daily(DRIFT, 19)), compared=found, unit="columns", **more)


def a_report(*slos: SLOReport, ended: tuple[Ended, ...] = ()) -> Report:
    service = ServiceReport(Service(name="flights-delay"), None, slos, (), ())
    return Report("Levels", JULY.start, JULY.end, (service,), JULY.end, JULY, ended)


WORSE = compared(
    within(bad=12, remaining=Fraction(-1, 5), incidents=2, frozen=timedelta(days=3),
           spenders=(Spender("cause", "data_drift", 9), Spender("cause", "late", 3),
                     Spender("version", "model 4", 12))),
    within(JUNE, bad=4, remaining=Fraction(3, 5), incidents=2,
           spenders=(Spender("cause", "late", 2), Spender("cause", "data_drift", 2), Spender("version", "model 3", 4))),
)  # fmt: skip


def rows(table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_each_figure_has_its_change_in_figures_and_words():
    table = comparison(drifting(WORSE), "columns")
    assert [head.text for head in table.header] == ["", "July 2026", "June 2026", "Change"]
    assert rows(table) == [
        ["SLI", "88%", "96%", "−8 points: worse"],
        ["Budget spent", "120%", "40%", "+80 points: worse"],
        ["Bad columns", "12", "4", "+8: worse"],
        ["Bad runs", "3", "3", "as before"],
        ["Incidents opened", "2", "2", "as before"],
        ["Time frozen", "3 d", "none", "+3 d: worse"],
        ["Budget left at its end", "−20%", "60%", "−80 points: worse"],
    ]


def test_what_spent_it_is_laid_beside_the_period_before():
    assert rows(spenders(drifting(WORSE))) == [
        ["Data drift", "", "90%", "20%", "+70 points: worse"],
        ["Late", "", "30%", "20%", "+10 points: worse"],
        ["model 4", "version", "120%", "0%", "+120 points: worse"],
        ["model 3", "version", "0%", "40%", "−40 points: better"],
    ]


def test_where_nothing_was_before_nothing_is_compared():
    fresh = compared(within(bad=1), standing=Standing.NEW, since=JULY.start + timedelta(days=2))
    table = comparison(drifting(fresh), "columns")
    assert {row[3] for row in rows(table)} == {"–"}
    assert table.more == "It was not there last month; new since 2026-07-03 00:00 UTC."
    assert spenders(drifting(fresh)) is None
    assert in_words(fresh).text == "met; new since 2026-07-03 00:00 UTC"


def test_a_period_without_data_is_unknown_and_no_change_for_the_better():
    silent = compared(within(total=0), within(JUNE, bad=20))
    assert silent.overall is Change.UNKNOWN
    words = in_words(silent)
    assert (words.sli, words.tone, words.text) == ("unknown", "unknown", "no data")
    assert [square.state for square in words.squares] == ["missed", "unknown"]
    table = comparison(drifting(silent), "columns")
    assert rows(table)[0] == ["SLI", "unknown", "80%", "–"]
    assert rows(table)[2] == ["Bad columns", "unknown", "20", "–"]


@given(st.fractions(), st.fractions(), st.booleans())
def test_better_turned_round_is_worse(one, other, more):
    there, back = change(one, other, more_is_better=more), change(other, one, more_is_better=more)
    turned = {Change.BETTER: Change.WORSE, Change.WORSE: Change.BETTER, Change.SAME: Change.SAME}
    assert back is turned[there]
    assert change(one, None, more_is_better=more) is Change.UNKNOWN


def test_the_top_says_how_the_period_went_what_moved_and_what_came_and_went():
    fresh = replace(slo_report(FRESHNESS), compared=compared(within(bad=1), standing=Standing.NEW))
    kept = replace(slo_report(COMPLETION), compared=compared(within(bad=1), within(JUNE, bad=2)))
    report = a_report(drifting(WORSE), kept, fresh, ended=(Ended("old-one", "flights-delay", JUNE.end),))
    assert met_sentence(report) == "July 2026: 2 of 3 SLOs met; last month 2 of 2."
    assert [sentence.text for sentence in moved_sentences(report)] == [
        "Worse than last month: Features look like January.",
        "Better than last month: Daily batch completes by 06:00.",
        "New SLOs: Feature freshness.",
        "Ended SLOs: old-one.",
    ]
    assert view(report).sentences[0].text.startswith("July 2026: ")


def test_squares_say_met_or_missed_in_words_too():
    page = Page(render_html(a_report(drifting(WORSE))))
    titles = [title for title in page.attributes("title") if "2026" in title]
    assert "June 2026: met, 96%" in titles
    assert "July 2026: missed, 88%" in titles
    assert "□" in render_markdown(a_report(drifting(WORSE)))


SIGNED = SLA("0.9", credits={"0.9": "0.1", "0.8": "0.25"}, zone="Europe/Berlin")
RUNNING = period_of("month", datetime(2026, 9, 1, tzinfo=UTC), ZoneInfo("UTC"))


def agreement(good, total, covered, *, confidence=None) -> Agreement:
    over = (
        ended(SIGNED, JUNE, Counts(85, 100), Fraction(1), confidence),
        ended(SIGNED, JULY, Counts(30, 40), Fraction(1, 2), confidence),
    )
    return Agreement(SIGNED, comply(SIGNED, RUNNING, Counts(good, total), Fraction(covered), confidence), over)


@pytest.mark.parametrize(
    ("found", "words", "tone", "said"),
    [
        (agreement(19, 20, "2/3"), "On course", "good", "95% in August 2026, agreed 90%; bears ≈2 more bad runs"),
        (agreement(18, 21, "7/10"), "At risk", "low", "missed by the end at this pace; 10% credit as it stands"),
        (agreement(14, 20, "2/3"), "Missed", "bad", "≈3 bad runs more than it bears; 25% credit as it stands"),
        (agreement(0, 0, 0), "Unknown", "unknown", "nothing measured in August 2026; agreed 90%"),
        (agreement(19, 20, "2/3", confidence=Fraction("0.95")), "On course", "good", "between 76.39% and 99.11%"),
        (agreement(17, 20, "2/3", confidence=Fraction("0.95")), "Unknown", "unknown", "up to 10% credit as it stands"),
    ],
)  # fmt: skip
def test_an_agreement_in_words(found, words, tone, said):
    assert outlook(found) == (words, tone)
    assert said in detail(found, "runs")


def test_credits_owed_stand_beside_each_period_that_is_over():
    assert rows(past(agreement(19, 20, "2/3"))) == [
        ["July 2026", "≈75%", "10 / 40", "Missed", "25%"],
        ["June 2026", "85%", "15 / 100", "Missed", "10%"],
    ]
    sampled = past(agreement(19, 20, "2/3", confidence=Fraction(19, 20)))
    assert rows(sampled)[1] == ["June 2026", "85%", "76.72% – 90.69%", "15 / 100", "Unknown", "up to 10%"]
    assert terms(SIGNED) == "90% of each month (Europe/Berlin); credits: 10% below 90%, 25% below 80%"


def test_agreements_are_on_the_page_in_markdown_and_in_json():
    report = a_report(drifting(WORSE, agreement=agreement(14, 20, "2/3")))
    page, text = Page(render_html(report)), render_markdown(report)
    for shown in (page.text, text):
        assert "SLA missed: Features look like January." in shown
        assert "Credits owed: 25% for July 2026 (Features look like January)." in shown
        assert "missed" in shown
    [slo] = json.loads(render_json(report))["services"][0]["slos"]
    assert (slo["sla"]["now"]["outlook"], slo["sla"]["now"]["bears"], slo["sla"]["past"][1]["credit"]) == (
        "missed",
        0,
        0.25,
    )
    assert slo["compared"]["now"]["spent_by"][0] == {"by": "cause", "name": "data_drift", "bad": 9, "of_budget": 0.9}


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "a|b`c*", '"><img src=x>'])
def test_foreign_names_are_text_in_comparisons_too(words):
    spent = (Spender("version", words, 3), Spender("version", "other", 1))
    report = a_report(
        drifting(compared(within(bad=4, spenders=spent), within(JUNE))), ended=(Ended(words, "gone", JUNE.end),)
    )
    page = Page(render_html(report))
    assert words in page.text
    assert not [found for found in page.named("img") if found.get("src") == "x"]
    assert "<script>alert" not in render_html(report)
    assert f"| {words} |" not in render_markdown(report)
    assert words in render_json(report) or json.dumps(words)[1:-1] in render_json(report)


def test_the_period_before_is_drawn_behind_the_plot_and_in_front_of_the_trend():
    slo = slo_report(DRIFT, daily(DRIFT, 19))
    report = a_report(replace(slo, compared=WORSE, earlier=slo.history[:30], history=slo.history[30:]))
    report = replace(report, start=slo.history[30].at, end=slo.history[-1].at)
    html = render_html(report)
    assert 'class="earlier"' in html
    assert 'class="past"' in html
    assert "┊" in render_markdown(report)


def test_details_are_folded_among_many_and_healthy_ones_are_brief_among_hundreds():
    few, folded, brief = (render_html(many(number, points=4)) for number in (10, 20, BRIEF_FROM))
    assert [html.count('<details class="more">') for html in (few, folded, brief)] == [0, 20, BRIEF_FROM]
    assert "Burn per window" in folded
    assert "Healthy SLOs are shown in brief" in brief
    assert len(brief) / BRIEF_FROM < len(folded) / 20
