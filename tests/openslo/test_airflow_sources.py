"""What an SLO of source ``airflow`` measures is read, and every mistake in it has a place and a remedy."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo import SLO, from_airflow, openslo
from airflow_ai_slo.core.airflow_runs import AirflowRuns
from airflow_ai_slo.core.airflow_spec import read
from airflow_ai_slo.core.errors import DefinitionError

DOCS = Path(__file__).parents[2] / "docs"
BERLIN = ZoneInfo("Europe/Berlin")


def written(good: dict[str, Any], total: dict[str, Any], side: str = "good") -> str:
    ratio = {"counter": True}
    for name, spec in ((side, good), ("total", total)):
        ratio[name] = {"metricSource": {"type": "airflow", "spec": spec}}  # type: ignore[assignment]
    slo = {
        "apiVersion": "openslo/v1",
        "kind": "SLO",
        "metadata": {"name": "done"},
        "spec": {
            "service": "s",
            "indicator": {"metadata": {"name": "i"}, "spec": {"ratioMetric": ratio}},
            "timeWindow": [{"duration": "30d", "isRolling": True}],
            "budgetingMethod": "Occurrences",
            "objectives": [{"target": 0.9}],
        },
    }
    return yaml.safe_dump(slo)


@pytest.mark.parametrize(
    ("good", "total", "place", "said"),
    [
        ({"stat": "success"}, {"dag_id": "a"}, "good.stat", "unknown field (did you mean state?); known"),
        ({}, {"dag": "a"}, "total.dag", "unknown field (did you mean dag_id?)"),
        ({"state": "sucess"}, {"dag_id": "a"}, "good.state", "'sucess' is not one of success, failed (did"),
        ({"state": "skipped"}, {"dag_id": "a"}, "good.state", "'skipped' is not one of success, failed"),
        ({"finished_within": "soon"}, {"dag_id": "a"}, "good.finished_within", "'soon' is not a duration"),
        ({"max_duration": "1M"}, {"dag_id": "a"}, "good.max_duration", "'1M' has no fixed length"),
        ({"by": "25:00"}, {"dag_id": "a"}, "good.by", "'25:00' is not a time of day; write by: \"10:00\""),
        ({"by": "10:00", "timezone": "Mars"}, {"dag_id": "a"}, "good.timezone", "'Mars' is not an IANA time"),
        ({"timezone": "UTC"}, {"dag_id": "a"}, "total", "timezone is the zone of by, which is missing"),
        ({"by": "10:00", "finished_within": "2h"}, {"dag_id": "a"}, "total", "gives finished_within and by"),
        ({"state": "success"}, {"task_id": "a"}, "total", "names no runs; write dag_id, dag_ids, tags or"),
        ({"dag_id": "b"}, {"dag_id": "a"}, "good.dag_id", "'b' here and 'a' in total: both count the same"),
        ({"state": "success"}, {"dag_id": "a", "state": "failed"}, "total.state", "says what is good"),
        ({"by": "10:00"}, {"asset": "a", "task_id": "t"}, "total", "task_id means nothing beside asset"),
        ({"state": "success"}, {"asset": "a"}, "total", "state means nothing beside asset"),
        ({"state": "success"}, {"tags": []}, "total.tags", "[] is not a list of names"),
        ({"state": "success"}, {"dag_id": "a", "count_manual": "maybe"}, "total.count_manual", "'maybe' is"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_where_it_is(tmp_path: Path, good: Any, total: Any, place: str, said: str) -> None:
    path = tmp_path / "slo.yaml"
    path.write_text(written(good, total), encoding="utf-8")
    (document,) = openslo.validate([path])
    side, dot, field = place.partition(".")
    path_of = f"spec.indicator.spec.ratioMetric.{side}.metricSource.spec{dot}{field}"
    found = [one for one in document.errors if one.path == path_of]
    assert any(one.message.startswith(said) for one in found), document.problems


def test_what_is_given_is_read() -> None:
    found = read(
        {"dag_ids": ["a", "b_*"], "tags": ["ml"], "by": "9:30", "timezone": "Europe/Berlin", "max_duration": "30m"}
    )
    assert found == AirflowRuns(
        dag_ids=("a", "b_*"), tags=frozenset({"ml"}), by=time(9, 30), zone=BERLIN, max_duration=timedelta(minutes=30)
    )
    assert found.selects("b_1", {"ml", "x"})
    assert not found.selects("b_1", {"x"})
    assert not found.selects("c", {"ml"})
    assert (found.only_dag, read({"dag_id": "a"}).only_dag) == (None, "a")


def test_bad_names_states_alone(tmp_path: Path) -> None:
    path = tmp_path / "slo.yaml"
    path.write_text(written({"state": "failed"}, {"dag_id": "a"}, "bad"), encoding="utf-8")
    (slo,) = openslo.require([path]).slos
    assert [read(slo.indicator.spec).is_good(state) for state in ("success", "failed")] == [True, False]
    path.write_text(written({"state": "failed", "by": "10:00"}, {"dag_id": "a"}, "bad"), encoding="utf-8")
    with pytest.raises(DefinitionError, match="is a limit for what is good; write good in the place of bad"):
        openslo.require([path])


def test_python_says_the_same() -> None:
    indicator = from_airflow(dag_id="scores", finished_within="2h")
    assert SLO(name="x", service="s", objective=0.9, indicator=indicator).indicator.source == "airflow"
    with pytest.raises(DefinitionError, match=r"^dagid: unknown field \(did you mean dag_id\?\)"):
        from_airflow(dagid="scores")


@pytest.mark.parametrize(
    ("at", "limit"),
    [
        (datetime(2026, 3, 28, 0, tzinfo=UTC), datetime(2026, 3, 28, 1, 30, tzinfo=UTC)),
        (datetime(2026, 3, 28, 1, 30, tzinfo=UTC), datetime(2026, 3, 28, 1, 30, tzinfo=UTC)),  # the limit itself
        (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # left out: an hour later
        (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice: the first one
    ],
)
def test_a_time_of_day_is_right_when_clocks_change(at: datetime, limit: datetime) -> None:
    assert AirflowRuns(dag_ids=("a",), by=time(2, 30), zone=BERLIN).limit(at) == limit


@given(at=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)), by=st.times())
def test_a_limit_lies_within_a_day_and_an_hour(at: datetime, by: time) -> None:
    limit = AirflowRuns(dag_ids=("a",), by=by, zone=BERLIN).limit(at)
    assert limit is not None
    assert at <= limit <= at + timedelta(hours=26)


def test_the_examples_of_the_page_are_valid(tmp_path: Path) -> None:
    page = (DOCS / "zero-code.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "slo.yaml").write_text(example, encoding="utf-8")
    (document,) = openslo.validate([tmp_path], strict=True)
    assert document.valid, document.problems
    (slo,) = openslo.require([tmp_path]).slos
    assert read(slo.indicator.spec) == AirflowRuns(dag_ids=("score_*",), finished_within=timedelta(hours=2))
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "zero-code.md", "exec"), names)
    assert names["slo"].indicator.spec["by"] == "10:00"
