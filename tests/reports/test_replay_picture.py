"""The picture of a replay says what happened, escapes what others wrote, and loads nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from xml.etree import ElementTree

from airflow_ai_slo import SLO
from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.reports.model import BudgetPoint, FreezeRow
from airflow_ai_slo.reports.picture import page, svg
from airflow_ai_slo.reports.plots.lane import lane
from airflow_ai_slo.reports.plots.scale import TimeScale
from airflow_ai_slo.reports.replayed import Happened, Replayed, ReplayedService, ReplayedSLO

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOSTILE = "</script><script>alert(1)</script>]]>&\x00"


def happened(day: int, what: Transition, severity: Severity, reason: str = "burn 5x") -> Happened:
    return Happened(START + day * DAY, what, severity, reason)


EVENTS = (
    happened(10, Transition.OPENED, Severity.TICKET),
    happened(20, Transition.ESCALATED, Severity.PAGE),
    happened(40, Transition.DEESCALATED, Severity.TICKET),
    happened(50, Transition.RESOLVED, Severity.TICKET),
    happened(90, Transition.OPENED, Severity.PAGE, HOSTILE),
)
STATES = ("good",) * 10 + ("bad", "missing", "late") + ("good",) * 85 + ("empty", "good")


def one(**changes: object) -> ReplayedSLO:
    values: dict[str, object] = {
        "slo": SLO(name="daily", service="x", objective="0.9", window="28d", display_name=HOSTILE),
        "history": tuple(BudgetPoint(START + n * DAY, Fraction(60 - n, 60), None, None) for n in range(101)),
        "runs": tuple((START + n * DAY, state) for n, state in enumerate(STATES)),
        "events": EVENTS,
        "dropped": ((START + 30 * DAY, START + 35 * DAY),),
        "paused": ((START + 95 * DAY, None),),
    }
    return ReplayedSLO(**{**values, **changes})  # type: ignore[arg-type]


def replayed(*slos: ReplayedSLO) -> Replayed:
    held = FreezeRow(START + 60 * DAY, START + 70 * DAY, ("daily",))
    return Replayed(START, START + 100 * DAY, (ReplayedService("x" + HOSTILE, (held,), slos),))


def test_each_severity_of_an_incident_is_a_stretch_and_each_change_an_event() -> None:
    drawn = lane(one(), (), TimeScale(START, START + 100 * DAY))
    assert [(part.x, part.width, part.kind) for part in drawn.incidents] == [
        (10.0, 10.0, "ticket"),
        (20.0, 20.0, "page"),
        (40.0, 10.0, "ticket"),
        (90.0, 10.0, "page"),
    ]
    assert sorted((event.x, event.kind.split()[0]) for event in drawn.events) == [
        (10.0, "opened"),
        (20.0, "escalated"),
        (40.0, "deescalated"),
        (50.0, "resolved"),
        (90.0, "opened"),
    ]
    assert [(part.x, part.width, part.kind) for part in drawn.idle] == [(30.0, 5.0, "dropped"), (95.0, 5.0, "paused")]


def test_every_run_is_a_stroke_and_a_bad_one_says_what_it_was() -> None:
    drawn = lane(one(), (), TimeScale(START, START + 100 * DAY))
    assert (drawn.good.count("M"), drawn.bad.count("M")) == (96, 3)
    assert [part.title.rsplit(" ", 3)[0] for part in drawn.told] == ["Bad run", "Missing run", "Late run"]


def test_more_runs_than_pixels_are_drawn_once_a_pixel() -> None:
    runs = tuple((START + n * timedelta(minutes=1), "bad") for n in range(144_000))
    drawn = lane(one(runs=runs), (), TimeScale(START, START + 100 * DAY))
    assert drawn.bad.count("M") <= 1000
    assert drawn.told == ()


def test_hostile_names_and_reasons_are_text_in_both() -> None:
    html, picture = page(replayed(one())), svg(replayed(one()))
    assert html.count("<script>") == 1
    assert "alert(1)</script>" not in html
    root = ElementTree.fromstring(picture)
    assert not [part for part in root.iter() if part.tag.endswith("script")]
    assert any("<script>alert(1)</script>" in (part.text or "") for part in root.iter())
    for text in (html, picture):
        assert "\x00" not in text
        assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in text


def test_the_page_sums_up() -> None:
    html = page(replayed(one(), one(slo=SLO(name="other", service="x", objective="0.9", window="28d"), events=())))
    assert "2 SLOs: 2 incidents, 2 of which paged, and 1 freeze." in html
    assert "3 of 99 (1 missing, 1 late)" in html
    assert "Frozen 2026-03-02 00:00 UTC to 2026-03-12 00:00 UTC by daily" in html


def test_nothing_known_is_said_and_not_drawn() -> None:
    quiet = one(history=(BudgetPoint(START, None, None, None),), runs=(), events=(), dropped=(), paused=())
    for text in (page(replayed(quiet)), svg(replayed(quiet))):
        assert "no budget was known" in text
        assert "NaN" not in text
