"""The dashboard and the alert rules: every expression is PromQL, and names only what is exported."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from slo_kit import NOW, an_slo, daily

from airflow_ai_slo import engine
from airflow_ai_slo.store import open_store

FOLDER = Path(__file__).parents[2] / "docs" / "grafana"
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "airflow-ai-slo.json").read_text())
RULES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
VARIABLES = {one["name"]: one for one in DASHBOARD["templating"]["list"]}
EXPRESSIONS = [*QUERIES, *(rule["expr"] for rule in RULES)]
SCRAPED = {"instance", "job"}
"""Labels that Prometheus adds."""


@pytest.fixture
def exported(sqlite_url: str, tmp_path: Path) -> dict[str, set[str]]:
    """Labels of every series' name, from a store in which everything is known."""
    store = open_store(sqlite_url)
    engine.apply(store, [an_slo(alerting="seed")], now=NOW)
    engine.record(store, daily("..x.x"), now=NOW)
    engine.evaluate(store, at=NOW)
    seen = engine.snapshot(store, at=NOW, now=NOW, spool_path=tmp_path / "none")
    text = engine.exposition(engine.families(seen), openmetrics=True)
    return {
        sample.name: set(sample.labels) for family in text_string_to_metric_families(text) for sample in family.samples
    }


def selectors(node: Any) -> Iterator[tuple[str, set[str]]]:
    """Every selector in an expression: its metric's name, and the labels it looks at."""
    if isinstance(node, promql_parser.VectorSelector):
        matchers = [*node.matchers.matchers]
        yield node.name, {one.name for one in matchers}
    for part in ("expr", "lhs", "rhs", "vs", "param"):
        below = getattr(node, part, None)
        if below is not None and not isinstance(below, str | float | int):
            yield from selectors(below)
    for below in getattr(node, "args", ()) or ():
        yield from selectors(below)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_is_promql_over_what_is_exported(expression: str, exported: dict[str, set[str]]) -> None:
    parsed = promql_parser.parse(expression.replace("$service", ".*").replace("$slo", ".*"))
    found = list(selectors(parsed))
    assert len(found) == len(re.findall(r"\bai_slo_\w+", expression)) >= 1
    for name, labels in found:
        assert name in exported, name
        assert labels <= exported[name], (name, labels)
    grouped = {
        label.strip()
        for group in re.findall(r"(?:by|on|ignoring) \(([^)]*)\)", expression)
        for label in group.split(",")
    }
    assert grouped <= SCRAPED.union(*(exported[name] for name, _ in found))


def test_every_family_is_shown_or_alerted_on(exported: dict[str, set[str]]) -> None:
    named = {name for text in EXPRESSIONS for name in re.findall(r"\bai_slo_\w+", text)}
    assert exported.keys() - named == {
        "ai_slo_build_info",
        "ai_slo_coverage_ratio",
        "ai_slo_window_events",
        "ai_slo_window_good_events",
        "ai_slo_window_runs",
    }


def test_variables_are_labels_of_the_definitions(exported: dict[str, set[str]]) -> None:
    assert list(VARIABLES) == ["datasource", "service", "slo"]
    for name in ("service", "slo"):
        match = re.fullmatch(r"label_values\((ai_slo_\w+)(\{.*\})?, (\w+)\)", VARIABLES[name]["query"]["query"])
        assert match is not None
        assert match[3] == name
        assert name in exported[match[1]]
    used = {name for text in QUERIES for name in re.findall(r"\$(\w+)", text)}
    assert used == {"service", "slo"}


def test_grafana_finds_what_it_needs() -> None:
    assert DASHBOARD["uid"] == "airflow-ai-slo"
    assert DASHBOARD["schemaVersion"] >= 36
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        assert panel["title"]
        assert panel["type"] in {"stat", "timeseries", "table", "state-timeline"}
        assert panel["datasource"]["uid"] == "${datasource}"
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
        place = panel["gridPos"]
        cells = {(place["x"] + across, place["y"] + down) for across in range(place["w"]) for down in range(place["h"])}
        assert place["x"] + place["w"] <= 24
        assert not taken & cells, panel["title"]
        taken |= cells


def test_rules_have_names_severities_and_summaries() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"page", "ticket", "info"}
        assert rule["annotations"]["summary"]


def test_a_wrong_name_or_expression_would_be_found(exported: dict[str, set[str]]) -> None:
    with pytest.raises(AssertionError):
        test_an_expression_is_promql_over_what_is_exported("max(ai_slo_budget)", exported)
    with pytest.raises(AssertionError):
        test_an_expression_is_promql_over_what_is_exported('max(ai_slo_sli_ratio{dag="x"})', exported)
    with pytest.raises(ValueError):
        test_an_expression_is_promql_over_what_is_exported("max(ai_slo_sli_ratio", exported)
