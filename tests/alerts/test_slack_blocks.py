from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.alerts import Fact, Kind, Link, Message, slack_blocks, slack_text
from airflow_ai_slo.core.definition import Severity
from demo import slack_rules

FAMILY = "👩‍👩‍👧‍👦"
NASTY = st.sampled_from(
    [
        "<!channel>",
        "<@U123>",
        "&amp;",
        "&",
        "<",
        ">",
        "\x00",
        "\ud800",
        "\r\n",
        "\u2028",
        "*",
        "`",
        ":fire:",
        FAMILY,
        "é",
        "🇩🇪",
    ]
)
TEXT = st.one_of(
    st.text(max_size=60),
    st.lists(st.one_of(NASTY, st.characters()), max_size=40).map("".join),
    st.builds(lambda part, times: part * times, st.one_of(NASTY, st.text(max_size=5)), st.integers(0, 4000)),
)
URLS = st.one_of(TEXT, TEXT.map("https://example.org/{}".format))
MESSAGES = st.builds(
    Message,
    kind=st.sampled_from(Kind),
    title=TEXT,
    at=st.just(datetime(2026, 2, 3, 6, 10, tzinfo=UTC)),
    thread_key=TEXT.filter(bool),
    dedup_key=st.text(min_size=1, max_size=40),
    severity=st.sampled_from([None, *Severity]),
    service=TEXT,
    slo=TEXT,
    facts=st.lists(st.builds(Fact, TEXT, TEXT), max_size=25).map(tuple),
    body=st.lists(TEXT, max_size=8).map(tuple),
    links=st.lists(st.builds(Link, TEXT, URLS), max_size=6).map(tuple),
)


@given(MESSAGES, TEXT)
def test_any_text_renders_into_blocks_that_slack_takes(message: Message, note: str) -> None:
    built = slack_blocks.blocks(message, note=note)
    assert slack_rules.block_problems(built) == []
    assert not slack_rules.too_long(built)
    assert slack_rules.metadata_problem(slack_blocks.metadata(message)) == ""
    json.dumps([built, slack_blocks.metadata(message)], ensure_ascii=False).encode()


@given(MESSAGES)
def test_no_text_calls_anybody(message: Message) -> None:
    said = {"text": slack_blocks.text(message), "blocks": slack_blocks.blocks(message)}
    assert slack_rules.mentions(said) == []
    outside_links = re.sub(r"<https?://[^<>|]+\|[^<>]*>", "", json.dumps(said, ensure_ascii=False))
    assert "<" not in outside_links
    assert ">" not in outside_links


@given(TEXT, st.integers(min_value=1, max_value=3000))
def test_text_is_cut_to_its_limit_and_never_inside_an_entity_or_a_character(text: str, most: int) -> None:
    shown = slack_text.fit(text, most)
    assert 0 < slack_text.size(shown) <= most
    assert not re.search(r"&(?!amp;|lt;|gt;)", shown)
    kept = unescape(shown.removesuffix("…")) if slack_text.size(slack_text.escape(text)) > most else ""
    assert slack_text.clean(text).startswith(kept)


@given(TEXT)
def test_a_short_enough_text_is_shown_whole(text: str) -> None:
    clean = slack_text.clean(text)
    shown = slack_text.fit(text, 10 * len(text) + 10, empty="")
    assert (shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") or "") == (
        clean if clean.strip() else ""
    )


@pytest.mark.parametrize("whole", [FAMILY, "🇩🇪", "👍🏽", "e\u0301", "❤️"])
def test_a_cut_keeps_what_people_see_as_one_character_together(whole: str) -> None:
    room = slack_text.size(whole)
    assert slack_text.fit(whole * 9, room * 2 + 1) == whole * 2 + "…"
    assert slack_text.fit(whole * 9, room * 3) == whole * 2 + "…"


def test_flags_are_cut_between_flags() -> None:
    assert slack_text.fit("🇩🇪🇫🇷🇮🇹", 9) == "🇩🇪🇫🇷…"


def test_a_long_body_ends_with_how_many_lines_are_missing(message: Callable[..., Message]) -> None:
    built = slack_blocks.blocks(message(body=tuple(f"line {index} " + "x" * 90 for index in range(500))))
    said = "\n".join(block["text"]["text"] for block in built if "text" in block and block["type"] == "section")
    shown = said.count("line ")
    assert 50 < shown < 500
    assert f"… and {500 - shown} more lines" in said


def test_a_link_that_is_not_web_stays_text(message: Callable[..., Message]) -> None:
    built = slack_blocks.blocks(message(links=(Link("run", "javascript:alert(1)"),)))
    assert {"type": "mrkdwn", "text": "run: javascript:alert(1)", "verbatim": True} in [b.get("text") for b in built]


def test_a_link_cannot_be_broken_out_of(message: Callable[..., Message]) -> None:
    link = Link("a|b>c", "https://example.org/x|y> <!channel>?a=1&b=ü")
    built = slack_blocks.blocks(message(links=(link,)))
    assert "<https://example.org/x%7Cy%3E%20%3C!channel%3E?a=1&amp;b=ü|a|b&gt;c>" in [
        block["text"]["text"] for block in built if block["type"] == "section" and "text" in block
    ]


def test_an_untitled_message_still_has_a_header(message: Callable[..., Message]) -> None:
    assert slack_blocks.blocks(message(title=" \x00 "))[0]["text"]["text"] == "🔴 incident opened"


def test_severity_and_end_are_seen_at_once(message: Callable[..., Message]) -> None:
    page, ticket = message(), message(severity=Severity.TICKET)
    icons = [
        slack_blocks.text(m)[0] for m in (page, ticket, message(Kind.INCIDENT_RESOLVED), message(Kind.FREEZE_STARTED))
    ]
    assert icons == ["🔴", "🟠", "✅", "🧊"]


def test_the_fallback_text_says_everything(message: Callable[..., Message]) -> None:
    said = slack_blocks.text(message()).splitlines()
    assert said[0] == "🔴 Page: Flights scored (incident_opened)"
    assert "Budget left: 33%: 1 of 3 bad runs left" in said
    assert "Burning budget 20x over 1h and 33x over 5m, beyond 14.4x (page)." in said
