"""What the REST API shows, asked over HTTP from a real API server of Airflow, on both stores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from api_server import ApiServer
from rest_kit import ODD, escaped, every_row, fill, get, just_now
from slo_kit import seen

from airflow_ai_slo import engine
from airflow_ai_slo.openslo import load
from airflow_ai_slo.reports.shapes import evaluation_json
from airflow_ai_slo.store import Store

NAMES = ["nightly-runs", ODD, "reco-rows", "reco-runs", "soft-runs"]


@pytest.fixture(scope="module")
def token(rest_store: Store, rest_server: ApiServer) -> str:
    """A viewer's, of a store with something of everything."""
    fill(rest_store, just_now())
    return rest_server.token("ann")


def test_figures_are_those_of_the_status_command(rest_server: ApiServer, rest_store: Store, token: str) -> None:
    listed = get(rest_server, "/slos?order_by=name", token)
    assert listed.status == 200
    at = datetime.fromisoformat(listed.body["at"])
    status = {one.slo.name: evaluation_json(one) for one in engine.status(rest_store, at=at)}
    assert [row["name"] for row in listed.body["slos"]] == sorted(status)
    for row in listed.body["slos"]:
        said = status[row["name"]]
        assert {name: row[name] for name in ("objective", "window", "good", "total", "sli")} == {
            name: said[name] for name in ("objective", "window", "good", "total", "sli")
        }
        assert {name: value for name, value in row["budget"].items() if name != "text"} == said["budget"]
        assert row["burn"] == said["burn_rates"][said["window"]]


def test_a_row_says_how_an_slo_stands(rest_server: ApiServer, token: str) -> None:
    rows = {row["name"]: row for row in every_row(rest_server, token)}
    assert {name: row["state"] for name, row in rows.items()} == {
        "reco-runs": "spent", "soft-runs": "spent", ODD: "burning", "nightly-runs": "unknown", "reco-rows": "healthy",
    }  # fmt: skip
    spent = rows["reco-runs"]
    assert (spent["title"], spent["freeze"], spent["unit"]) == ("Recommender runs", "hard", "runs")
    assert spent["budget"]["text"] == "4 bad runs, 2.8 allowed"
    assert rows["soft-runs"]["freeze"] == "soft"
    burning = rows[ODD]["incident"]
    assert burning["severity"] == "page"
    assert "bad" in burning["reason"] or "burn" in burning["reason"]
    assert rows["nightly-runs"]["sli"] is None
    assert rows["nightly-runs"]["budget"]["text"] == "unknown: nothing measured in 30d"
    assert rows["reco-rows"]["labels"] == {"tier": "1"}


def test_pages_filters_and_orders_cover_every_slo_once(rest_server: ApiServer, token: str) -> None:
    for order in ("name", "-name", "remaining", "-remaining", "burn", "service", "state", "-sli", "evaluated_at"):
        names = [row["name"] for row in every_row(rest_server, token, f"&order_by={order}")]
        assert sorted(names) == sorted(NAMES), order
    by_name = [row["name"] for row in every_row(rest_server, token, "&order_by=-name")]
    assert by_name == sorted(NAMES, reverse=True)
    left = [row["budget"]["remaining"] for row in every_row(rest_server, token, "&order_by=-remaining")]
    assert left[-1] is None
    assert left[:-1] == sorted(left[:-1], reverse=True)

    def names_of(query: str) -> list[str]:
        return sorted(row["name"] for row in every_row(rest_server, token, query))

    assert names_of("&search=RECOMMENDER") == ["reco-rows", "reco-runs"]
    assert names_of("&search=tier%3D1") == ["reco-rows"]
    assert names_of("&search=100%25_") == []
    assert names_of(f"&service={escaped('ranking/eu')}&service=soft") == [ODD, "soft-runs"]
    assert names_of("&state=spent&state=burning") == [ODD, "reco-runs", "soft-runs"]
    assert names_of("&freeze=soft") == ["soft-runs"]
    assert names_of("&freeze=none") == ["nightly-runs", ODD]
    assert get(rest_server, "/slos?offset=99", token).body["slos"] == []


def test_counts_leave_the_choice_of_states_aside(rest_server: ApiServer, token: str) -> None:
    body = get(rest_server, "/slos?state=spent&limit=1", token).body
    assert (len(body["slos"]), body["total_entries"]) == (1, 2)
    assert body["counts"] == {"healthy": 1, "burning": 1, "spent": 2, "unknown": 1}
    of_one = get(rest_server, "/slos?state=spent&service=soft", token).body
    assert of_one["counts"] == {"healthy": 0, "burning": 0, "spent": 1, "unknown": 0}


def test_a_trend_ends_with_what_is_left_now(rest_server: ApiServer, token: str) -> None:
    for row in get(rest_server, "/slos?trend=true", token).body["slos"]:
        assert len(row["trend"]) == 14
        assert row["trend"][-1] == row["budget"]["remaining"], row["name"]
    without = get(rest_server, "/slos", token).body["slos"]
    assert all("trend" not in row for row in without)
    falling = next(r for r in get(rest_server, "/slos?trend=1&search=soft", token).body["slos"])["trend"]
    assert falling[0] == 1.0
    assert falling == sorted(falling, reverse=True)


def test_one_slo_says_all_of_itself(rest_server: ApiServer, rest_store: Store, token: str, tmp_path: Path) -> None:
    body = get(rest_server, "/slos/reco-rows?period=10d", token).body
    at = datetime.fromisoformat(body["at"])
    (status,) = engine.status(rest_store, at=at, slos=["reco-rows"])
    said = evaluation_json(status)
    assert (body["good"], body["total"], body["burn_rates"]) == (said["good"], said["total"], said["burn_rates"])
    assert body["alerts"] == said["alerts"]
    first, last = body["history"][0], body["history"][-1]
    assert datetime.fromisoformat(first["at"]) == at - timedelta(days=10)
    assert (last["at"], last["remaining"], last["sli"]) == (body["at"], body["budget"]["remaining"], body["sli"])
    assert body["window_start"] == body["allowed_line"][0][0] == (at - timedelta(days=28)).isoformat()
    assert body["allowed_line"][1] == [body["at"], 0.0]
    assert [one["by"] for one in body["spent"]] == ["cause", "version", "task"]
    (cause,) = body["spent"][0]["groups"]
    assert (cause["name"], cause["share"]) == ("data_drift", 1.0)
    assert body["spent"][2]["groups"][0]["name"] == "train/score"
    (correction,) = body["corrections"]
    assert (correction["author"], correction["reason"], correction["revoked_at"]) == ("kim", "a dry run", None)
    assert body["percentiles"]["p50"] == pytest.approx(20, rel=0.02)
    assert body["forecast"]["text"].startswith("at the pace of the last 7 d ")
    assert body["dags"] == ["train"]
    assert body["definition"]["spec"]["service"] == "recommender"
    written = tmp_path / "slo.yaml"
    written.write_text(body["yaml"], encoding="utf-8")
    assert load([written]).require().slos == (status.slo,)


def test_an_incident_is_told_with_its_events(rest_server: ApiServer, token: str) -> None:
    body = get(rest_server, f"/slos/{escaped(ODD)}", token).body
    (incident,) = body["incidents"]
    assert (incident["severity"], incident["resolved_at"]) == ("page", None)
    (opened,) = incident["events"]
    assert (opened["transition"], opened["reason"]) == ("opened", incident["reason"])
    outcomes = {alert["outcome"] for alert in body["alerts"]}
    assert "firing" in outcomes


def test_measurements_come_page_by_page_the_newest_first(rest_server: ApiServer, token: str) -> None:
    path, found, cursor = "/slos/reco-rows/measurements?limit=7", list[dict[str, object]](), ""
    while True:
        page = get(rest_server, f"{path}{cursor}", token).body
        found += page["measurements"]
        if page["next_cursor"] is None:
            break
        assert len(page["measurements"]) == 7
        cursor = f"&cursor={page['next_cursor']}"
    assert len(found) == len({one["key"] for one in found}) == 31
    assert [one["at"] for one in found] == sorted((one["at"] for one in found), reverse=True)
    newest = next(one for one in found if one["key"] == "train/score/00")
    assert (newest["value"], newest["cause"], newest["bad"]) == (0.0, "data_drift", False)
    assert newest["attributes"]["run_url"] == "http://airflow/0"  # type: ignore[index]


def test_measurements_are_chosen_by_time_and_by_being_bad(rest_server: ApiServer, token: str) -> None:
    path = "/slos/reco-rows/measurements"
    bad = get(rest_server, f"{path}?bad=true", token).body["measurements"]
    assert [(one["key"], one["bad"]) for one in bad] == [("train/score/05", True)]
    at = bad[0]["at"]
    until = get(rest_server, f"{path}?end={escaped(at)}&limit=1", token).body["measurements"]
    after = get(rest_server, f"{path}?start={escaped(at)}", token).body["measurements"]
    assert until[0]["at"] == at
    assert len(after) == 6
    assert all(one["at"] > at for one in after)
    odd = get(rest_server, f"/slos/{escaped(ODD)}/measurements", token).body["measurements"]
    assert (len(odd), odd[0]["bad"]) == (1, True)


def test_services_show_the_worst_of_their_slos(rest_server: ApiServer, token: str) -> None:
    found = {one["name"]: one for one in get(rest_server, "/services", token).body["services"]}
    assert sorted(found) == ["idle", "nightly", "ranking/eu", "recommender", "soft"]
    frozen = found["recommender"]
    assert (frozen["slos"], frozen["state"], frozen["frozen"]) == (2, "spent", True)
    assert (frozen["freeze"]["mode"], frozen["freeze"]["slos"]) == ("hard", ["reco-runs"])
    assert found["soft"]["freeze"]["ends_at"] > found["soft"]["freeze"]["since"]
    assert (found["idle"]["slos"], found["idle"]["state"], found["idle"]["remaining"]) == (0, "unknown", None)
    one = get(rest_server, "/services/recommender", token).body
    assert one["policy"]["exempt_labels"] == ["p0", "reliability", "security"]
    assert {entry["action"] for entry in one["audit"]} >= {"frozen", "correction"}
    assert [(held["until"], held["slos"]) for held in one["freezes"]] == [(None, ["reco-runs"])]
    assert get(rest_server, f"/services/{escaped('ranking/eu')}", token).body["state"] == "burning"


def test_freezes_say_why(rest_server: ApiServer, token: str) -> None:
    recommender, soft = get(rest_server, "/freezes", token).body["freezes"]
    assert (recommender["service"], recommender["mode"], soft["mode"]) == ("recommender", "hard", "soft")
    (reason,) = recommender["reasons"]
    assert (reason["slo"], reason["spent"]) == ("reco-runs", 4.0)
    gate = get(rest_server, "/freezes/recommender", token).body
    assert gate["reasons"] == recommender["reasons"]


def test_the_summary_names_what_needs_care(rest_server: ApiServer, token: str) -> None:
    body = get(rest_server, "/summary", token).body
    assert (body["slos"], body["empty"], body["frozen"]) == (5, False, ["recommender", "soft"])
    assert body["incidents"] == {"page": 1, "ticket": 0}
    assert [row["state"] for row in body["worst"]] == ["spent", "spent", "burning", "unknown", "healthy"]


def test_a_dag_shows_the_slos_it_feeds(rest_server: ApiServer, token: str) -> None:
    def fed(path: str) -> list[str]:
        return [row["name"] for row in get(rest_server, path, token).body["slos"]]

    assert fed("/dags/train/slos") == ["reco-rows"]
    assert fed("/dags/nightly/slos") == ["nightly-runs"]
    assert fed("/dags/trai/slos") == fed("/dags/train0/slos") == fed("/dags/tr%25/slos") == []
    assert fed("/tasks/train/score/slos") == fed("/tasks/train/part/slos") == ["reco-rows"]
    assert fed("/tasks/train/scor/slos") == fed("/tasks/nightly/any/slos") == []


def test_a_poll_gets_nothing_twice_and_what_is_new_at_once(
    rest_server: ApiServer, rest_store: Store, token: str
) -> None:
    for path in ("/slos", "/summary", "/services", "/freezes", "/dags/nightly/slos", "/slos/reco-runs"):
        assert 304 in (_poll(rest_server, path, token) for _ in range(5)), path
    before = get(rest_server, "/slos?search=nightly", token)
    engine.record(rest_store, [seen(datetime.now(UTC), 1, 2, slo="nightly-runs")], now=datetime.now(UTC))
    after = get(rest_server, "/slos?search=nightly", token, **{"If-None-Match": before.headers["etag"]})
    assert (after.status, after.body["slos"][0]["total"]) == (200, 2)


def test_many_ask_at_once_while_something_is_recorded(rest_server: ApiServer, rest_store: Store, token: str) -> None:
    paths = ["/slos?trend=true", "/summary", "/slos/reco-rows", "/services", "/freezes", "/freezes/recommender"]
    with ThreadPoolExecutor(24) as many:
        asked = [many.submit(get, rest_server, path, token) for path in paths * 8]
        for number in range(5):
            row = seen(datetime.now(UTC), 1, 1, slo="nightly-runs", key=f"at-once-{number}")
            engine.record(rest_store, [row], now=datetime.now(UTC))
        answers = [one.result() for one in asked]
    assert [answer.status for answer in answers] == [200] * len(asked)
    total = get(rest_server, "/slos?search=nightly", token).body["slos"][0]["total"]
    (status,) = engine.status(rest_store, at=datetime.now(UTC), slos=["nightly-runs"])
    assert total == status.counts.total


def _poll(server: ApiServer, path: str, token: str) -> int:
    """The status of asking once more; where figures were made anew in between, it may be 200."""
    first = get(server, path, token)
    again = get(server, path, token, **{"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body == "") in ((200, False), (304, True)), path
    return again.status
