"""The HTML page."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_reader import Page
from report_builder import DRIFT, END, QUALITY, START, at, daily, flights, many, report, slo_report, spent

from airflow_ai_slo.core.definition import SLO, Service
from airflow_ai_slo.core.freeze import Override
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.names import is_name
from airflow_ai_slo.reports import render_html
from airflow_ai_slo.reports.model import AuditRow, FreezeRow, IncidentRow, Report, ServiceReport
from airflow_ai_slo.reports.text import clean

EMPTY = Report("Empty", START, END, ())


@pytest.fixture(scope="module")
def html() -> str:
    return render_html(report())


@pytest.fixture(scope="module")
def page(html) -> Page:
    return Page(html)


@pytest.mark.parametrize("shown", [report(), EMPTY, report(ServiceReport(Service(name="lonely"), None, (), (), ()))])
def test_a_page_is_well_formed_and_its_references_resolve(shown):
    page = Page(render_html(shown))
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    pointed = [word for name in ("aria-labelledby", "for") for value in page.attributes(name) for word in value.split()]
    fragments = [href[1:] for href in page.attributes("href") if href.startswith("#")]
    painted = re.findall(r"url\(#([^)]+)\)", render_html(shown))
    assert {*pointed, *fragments, *painted} <= set(ids)


def test_a_page_has_landmarks_headings_and_tables_with_heads(page):
    names = [name for name, _ in page.elements]
    assert {"header", "main", "footer"} <= set(names)
    assert names.count("h1") == 1
    levels = [int(name[1]) for name in names if re.fullmatch(r"h[1-6]", name)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert names.count("caption") == names.count("table") > 4
    assert all(head.get("scope") in ("col", "row") for head in page.named("th"))


def test_every_plot_has_a_title_a_description_and_points_for_the_keyboard(page):
    plots = [svg for svg in page.named("svg") if svg.get("class") == "area"]
    assert len(plots) == 5
    for plot in plots:
        title, words = (plot["aria-labelledby"] or "").split()
        assert page.texts[title].startswith("Budget left and burn rate of ")
        assert page.texts[words].startswith("Budget left was ")
    points = [group for group in page.named("g") if group.get("tabindex") == "0"]
    assert len(points) >= len(plots)
    assert all(point["aria-label"] for point in points)


def test_nothing_is_loaded_from_anywhere(html, page):
    assert not {"img", "iframe", "object", "embed", "audio", "video", "base"} & {name for name, _ in page.elements}
    assert (
        not page.attributes("src")
        + page.attributes("srcset")
        + page.attributes("xlink:href")
        + page.attributes("style")
    )
    assert [link["href"] for link in page.named("link")] == ["data:,"]
    assert "@import" not in html
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", html))
    outward = [href for href in page.attributes("href") if not href.startswith(("#", "data:,"))]
    assert outward
    assert all(href.startswith("https://airflow.example.org/") for href in outward)


def test_the_policy_allows_this_pages_style_and_script_and_nothing_else(html, page):
    (policy,) = (meta["content"] or "" for meta in page.named("meta") if meta.get("http-equiv"))
    for name in ("style", "script"):
        (source,) = re.findall(rf"<{name}>(.*?)</{name}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert not [key for _, found in page.elements for key in found if key.startswith("on")]


hostile = st.one_of(
    st.text(min_size=1, max_size=40).filter(lambda words: bool(words.split())),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "' onmouseover='alert(1)",
            "{{ 7 * 7 }}{% raw %}",
            "</style><svg onload=alert(1)>",
            "]]>--><!--",
            "javascript:alert(1)",
            "&lt;b&gt;&amp;",
            "a\x00b\x1b[31m\u202egnp.exe\ud800",
        ]
    ),
)


def hostile_report(words: str, *, url: str = "") -> Report:
    name = f"n{words}" if is_name(f"n{words}", 250) else "a name that core takes"
    slo = SLO(
        name=name, service=name, objective="0.9", window="28d", display_name=words, description=words,
        labels={words: words}, notify=(name,), freeze=True,
    )  # fmt: skip
    run = Measurement(
        slo="x", key=name, at=END, good=0, total=1, cause=Cause.LATE,
        attributes={"run_url": url or words, "dag": words, "task": words, "prompt_version": words, name: words},
    )  # fmt: skip
    frozen = FreezeRow(at(8, 30), None, (words,))
    runs = [run, replace(run, key="other", attributes={"dag": words, "task": words})]
    one = slo_report(slo, runs, [IncidentRow(at(8, 30), None, "page", words)], unit=words)
    one = replace(one, spent=(*one.spent, spent(one.evaluation, runs, f"attribute:{name}")))
    audit = (AuditRow(END, words, words, words),)
    override = Override(words, words, words, END, END)
    service = Service(name=words, description=words, labels={words: words})
    return replace(report(ServiceReport(service, frozen, (one,), (frozen,), audit, override)), title=words)


@cache
def harmless() -> list[tuple[str, tuple[str, ...]]]:
    return skeleton(render_html(hostile_report("harmless", url="x")))


def skeleton(html: str) -> list[tuple[str, tuple[str, ...]]]:
    """Element names with their attributes' names: what escaping must keep foreign text from changing."""
    return [(name, tuple(found)) for name, found in Page(html).elements]


@settings(max_examples=60, deadline=None)
@given(hostile)
def test_foreign_text_is_text_wherever_it_stands(words):
    html = render_html(hostile_report(words, url="x"))
    assert skeleton(html) == harmless()
    assert html.encode()
    shown = " ".join(Page(html).text.split())
    assert " ".join(clean(words).split()) in shown


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        " javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "//evil.example",
        "https://a.example/\njavascript:alert(1)",
        'https://a.example/"onmouseover="alert(1)',
        "ftp://a.example",
        "https://",
    ],
)
def test_only_plain_http_addresses_become_links(url):
    page = Page(render_html(hostile_report("x", url=url)))
    assert all(href.startswith("#") or href == "data:," for href in page.attributes("href"))


def test_a_run_links_to_where_it_ran():
    url = "http://airflow.example.org/dags/d/runs/manual__2026?a=1&b=%22"
    (link,) = (a for a in Page(render_html(hostile_report("x", url=url))).named("a") if a["href"] == url)
    assert link["rel"] == "noopener noreferrer"


def test_an_slo_without_data_is_unknown_and_says_what_to_do_next():
    html = render_html(report(ServiceReport(Service(name="recs-api"), None, (slo_report(QUALITY),), (), ())))
    body = Page(html[html.index("<main>") : html.index("</main>") + 7]).text
    assert body.count("unknown") >= 6
    assert "ai-slo record model-f1 --good 1 --total 1" in body
    assert set(re.findall(r"[−\d.,]+%", body)) == {"80%"}, "the objective, and no figure of what is unknown"


def test_empty_reports_say_what_to_do_next():
    assert "ai-slo apply slos/" in Page(render_html(EMPTY)).text
    lonely = Page(render_html(report(ServiceReport(Service(name="lonely"), None, (), (), ())))).text
    assert "No SLO belongs to this service yet. Give one service: lonely" in lonely


def test_the_overview_holds_every_slo_the_most_urgent_first(page):
    rows = [row["data-slo"] for row in page.named("tr") if "data-slo" in row]
    assert rows == [
        "slo-features-drift",
        "slo-predict-latency",
        "slo-model-f1",
        "slo-flights-completion",
        "slo-features-freshness",
        "slo-flights-throughput",
    ]


def test_a_service_shows_its_freezes_its_override_and_who_decided_what(page):
    for words in (
        "Frozen. Service flights-delay is frozen since 2026-08-08 06:04 UTC because Features look like January",
        "Override. mara@example.org lets changes pass until 2026-08-31 18:00 UTC: Retrained on June",
        "gate stopped",
        "2 d 12 h",
    ):
        assert words in page.text


def test_names_that_only_differ_in_signs_get_links_of_their_own():
    slos = [slo_report(SLO(name=name, service="s", objective="0.9")) for name in ("a b", "a-b", "a/b", "…", "—")]
    page = Page(render_html(report(ServiceReport(Service(name="s"), None, tuple(slos), (), ()))))
    anchors = [found["id"] for found in page.named("article")]
    assert anchors == ["slo-a-b", "slo-a-b-2", "slo-a-b-3", "slo-unnamed", "slo-unnamed-2"]


def test_long_lists_are_cut_and_say_so():
    frozen = tuple(FreezeRow(at(7, 3), at(7, 4), ("x",)) for _ in range(60))
    service = replace(flights(), frozen=None, freezes=frozen, audit=())
    assert "10 more are left out here." in Page(render_html(report(service))).text


def test_hundreds_of_slos_make_a_page_of_a_few_megabytes():
    size = len(render_html(many(40, points=500)).encode())
    assert size < 40 * 20_000


def test_the_same_report_renders_the_same_page(html):
    assert render_html(report()) == html


def test_the_package_loads_no_template_engine_until_a_page_is_asked_for():
    code = "import sys, airflow_ai_slo.reports; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def luminance(color: str) -> float:
    channels = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa_and_shapes_that_of_graphics(html, scheme):
    blocks = re.findall(r":root \{(.*?)\}", html, re.DOTALL)
    colors = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[scheme]))
    papers = ["page", "paper", "soft"]
    texts = [(ink, paper) for ink in ("ink", "dim", "link") for paper in papers]
    texts += [(tone, paper) for tone in ("good", "low", "bad") for paper in ("paper", f"{tone}-soft")]
    texts += [("ink", "ice-soft"), ("ink", "low-soft"), ("bad", "bad-soft")]
    for ink, paper in texts:
        assert contrast(colors[ink], colors[paper]) >= 4.5, (ink, paper)
    for shape in ("fill-good", "fill-bad", "fill-plain", "stroke-left", "stroke-burn"):
        assert contrast(colors[shape], colors["paper"]) >= 3, shape


def test_a_budget_barely_overspent_and_an_sli_barely_missed_read_so():
    run = Measurement(slo=DRIFT.name, key="k", at=END, good=8_999_999, total=10_000_000)
    runs = [replace(one, good=0, total=0) for one in daily(DRIFT)[:-1]]
    text = Page(
        render_html(report(ServiceReport(Service(name="s"), None, (slo_report(DRIFT, [*runs, run]),), (), ())))
    ).text
    assert "89.99999%" in text
    assert "−0.0001%" in text
