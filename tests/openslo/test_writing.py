"""An SLO written as an OpenSLO document reads back as the same SLO."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from slo_kit import an_slo

from airflow_ai_slo.core.definition import SLO, BurnRule, Indicator, Schedule, Severity
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.sla import SLA
from airflow_ai_slo.core.windows import CalendarWindow
from airflow_ai_slo.openslo import load
from airflow_ai_slo.openslo.writing import document, yaml_text

ROOT = Path(__file__).parents[2]
SHIPPED = [*ROOT.glob("slos/*.yaml"), *ROOT.glob("airflow_ai_slo/templates/*/*.yaml"), *ROOT.glob("demo/**/*.yaml")]

_text = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=30).filter(
    lambda text: text == text.strip() and text.isprintable()
)
_words = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
_shares = st.integers(1, 9999).map(lambda number: Fraction(number, 10_000))
_starts = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0))
_calendars = st.builds(
    CalendarWindow,
    st.sampled_from([Duration(1, "w"), Duration(1, "M"), Duration(1, "Q")]),
    st.sampled_from([ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")]),
    st.just(datetime(2026, 1, 1)),
)
_schedules = st.builds(
    Schedule,
    cadence=st.sampled_from(["1d", "12h", "0 6 * * 1-5"]),
    zone=st.sampled_from(["UTC", "America/New_York"]),
    start=st.none() | _starts.map(lambda at: at.replace(tzinfo=UTC)),
    deadline=st.sampled_from(["cadence", None, Duration(2, "h")]),
    late=st.sampled_from(["bad", "accept"]),
)
_specs = st.sampled_from(
    [
        {},
        {"thresholdMetric": {"metricSource": {"type": "sql", "spec": {"query": "SELECT 1"}}}, "op": "lte", "value": 5},
        {"ratioMetric": {"counter": True, "total": {"metricSource": {"type": "sql", "spec": {"q": "a: b # c"}}},
                         "good": {"metricSource": {"type": "sql", "spec": {"q": "no", "n": [1, 2.5, None, True]}}}}},
    ]
)  # fmt: skip


@st.composite
def slos(draw: st.DrawFn) -> SLO:
    schedule = draw(st.none() | _schedules)
    spec = draw(_specs)
    freezes = draw(st.booleans())
    factor = st.sampled_from([Fraction(1, 1000), Fraction(7, 2)])
    conditions = [
        BurnRule(
            severity=draw(st.sampled_from(list(Severity))), long=Duration(hours, "h"), short=None,
            factor=1 + draw(factor), min_bad_long=0, min_bad_short=0,
        )
        for hours in draw(st.lists(st.integers(1, 99), unique=True, max_size=2))
    ]  # fmt: skip
    sliced, objective = draw(st.booleans()), max(draw(_shares), Fraction(1, 100))
    return SLO(
        name=draw(_text),
        service=draw(_text),
        objective=objective,
        window=draw(st.sampled_from(["7d", "28d", "12h"]) | _calendars),
        indicator=Indicator(source="sql", spec=spec) if spec else Indicator(),
        display_name=draw(st.just("") | _text),
        description=draw(st.just("") | _text),
        budgeting="Timeslices" if sliced else "Occurrences",
        slice_target=draw(_shares) if sliced else None,
        slice_window="5m" if sliced else None,
        rules=[rule for rule in conditions if rule.factor < 1 / (1 - objective)],
        schedule=schedule,
        alerting=draw(st.sampled_from([None, "none", "workbook", "seed"])),
        rerun=draw(st.sampled_from(["replace", "first", "worst"])),
        confidence=draw(st.none() | _shares),
        freeze=freezes,
        thaw_above=draw(st.none() | _shares) if freezes else None,
        thaw_after_good_runs=draw(st.none() | st.integers(1, 50)) if freezes else None,
        labels=draw(st.dictionaries(_words, _words, max_size=2)),
        runbook=draw(st.sampled_from(["", "https://wiki.example/a?b=c#d"])),
        unit=draw(st.sampled_from(["", "rows"])),
        no_data_after=draw(st.sampled_from(["usual", None, "2d"])),
    )


def read_back(folder: Path, text: str) -> SLO:
    path = folder / "slo.yaml"
    path.write_text(text, encoding="utf-8")
    (slo,) = load([path]).require().slos
    return slo


def shipped() -> Iterator[SLO]:
    for path in SHIPPED:
        yield from load([path]).slos


@given(slo=slos())
def test_any_slo_reads_back_as_itself(slo: SLO, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert read_back(tmp_path_factory.getbasetemp(), yaml_text(slo)) == slo


def test_shipped_slos_read_back_as_themselves(tmp_path: Path) -> None:
    kind = "---\napiVersion: openslo/v1\nkind: AlertNotificationTarget\n"
    targets = f"{kind}metadata: {{name: slo-alerts}}\nspec: {{target: slack}}\n"
    found = list(shipped())
    assert len(found) > 15
    for slo in found:
        assert read_back(tmp_path, f"{yaml_text(slo)}{targets}") == slo


def test_the_yaml_is_the_document() -> None:
    slo = an_slo("a: b", description="no\nyes", unit="rows", labels={"tier": "1"})
    assert yaml.safe_load(yaml_text(slo)) == document(slo)
    assert document(slo)["metadata"] == {
        "name": "a: b",
        "labels": {"tier": "1"},
        "annotations": {
            "airflow-ai-slo/alerting": "none",
            "airflow-ai-slo/freeze": "true",
            "airflow-ai-slo/unit": "rows",
        },
    }


def test_an_agreement_reads_back(tmp_path: Path) -> None:
    agreed = SLA("0.95", credits={"0.95": "0.1", "0.9": "0.25"}, period="quarter", zone="Europe/Berlin")
    slo = an_slo(objective="0.99", sla=agreed)
    assert read_back(tmp_path, yaml_text(slo)) == slo
    plain = an_slo(objective="0.99", sla=SLA("0.95"))
    assert read_back(tmp_path, yaml_text(plain)) == plain


def test_a_rule_with_two_windows_has_no_place_in_a_document() -> None:
    both = BurnRule(severity=Severity.PAGE, long=Duration(1, "h"), short=Duration(5, "m"), factor=Fraction(5))
    assert "alertPolicies" not in document(an_slo(rules=[both]))["spec"]
    assert timedelta(hours=1) == both.long.length  # type: ignore[union-attr]
