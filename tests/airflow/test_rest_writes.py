"""What may be written through the REST API, by whom, and what is left of it in the store."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from api_server import Answer, ApiServer
from rest_kit import ODD, ROOT, escaped, fill, get, just_now
from slo_kit import an_slo

from airflow_ai_slo import engine
from airflow_ai_slo.store import Store

CSRF = {"X-AI-SLO": "1"}


@pytest.fixture(scope="module")
def tokens(rest_store: Store, rest_server: ApiServer) -> dict[str, str]:
    """Of a viewer, a user, an operator and an admin."""
    fill(rest_store, just_now())
    engine.apply(rest_store, [an_slo("pushed", service="pushed")], now=just_now())
    return {name: rest_server.token(name) for name in ("ann", "uma", "olga", "bob")}


def send(server: ApiServer, method: str, path: str, token: str, body: Any = None) -> Answer:
    """One write as it should be."""
    return server.call(f"{ROOT}{path}", method=method, token=token, body=body, **CSRF)


def a_measurement(**changes: Any) -> dict[str, Any]:
    return {"slo": "pushed", "key": "a", "at": just_now().isoformat(), "good": 1, "total": 1} | changes


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


WRITES = [
    ("POST", "/measurements", {"measurements": []}),
    ("POST", "/evaluate", None),
    ("POST", "/freezes/recommender/override", {"reason": "hotfix", "until": "2999-01-01T00:00:00Z"}),
    ("DELETE", "/freezes/recommender/override", None),
    ("POST", "/freezes/recommender/release", {"reason": "done"}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_viewers_and_users_write_nothing(
    rest_server: ApiServer, rest_store: Store, tokens: dict[str, str], method: str, path: str, body: Any
) -> None:
    for name in ("ann", "uma"):
        answer = send(rest_server, method, path, tokens[name], body)
        assert (answer.status, name in answer.body["detail"]) == (403, True)
    assert "recommender" in engine.frozen_services(rest_store)
    assert get(rest_server, "/me", tokens["ann"]).body == {"name": "ann", "can_write": False}
    assert get(rest_server, "/me", tokens["olga"]).body == {"name": "olga", "can_write": True}


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_a_write_without_its_header_is_refused(
    rest_server: ApiServer, rest_store: Store, tokens: dict[str, str], method: str, path: str, body: Any
) -> None:
    for headers in ({}, {"X-AI-SLO": "0"}):
        answer = rest_server.call(f"{ROOT}{path}", method=method, token=tokens["bob"], body=body, **headers)
        assert (answer.status, answer.body["detail"]) == (403, "a write needs the header X-AI-SLO: 1")
    assert "recommender" in engine.frozen_services(rest_store)


def test_an_operator_overrides_a_freeze_and_takes_it_back(
    rest_server: ApiServer, rest_store: Store, tokens: dict[str, str]
) -> None:
    until = in_an_hour()
    given = send(
        rest_server, "POST", "/freezes/recommender/override", tokens["olga"], {"reason": " fix ", "until": until}
    )
    assert given.status == 201
    assert given.body == {"service": "recommender", "author": "olga", "reason": "fix", "until": until}
    gate = get(rest_server, "/freezes/recommender", tokens["ann"]).body
    assert (gate["outcome"], gate["override"]["author"]) == ("allowed", "olga")
    listed = get(rest_server, "/services/recommender", tokens["ann"]).body
    assert listed["override"]["reason"] == "fix"
    revoked = send(rest_server, "DELETE", "/freezes/recommender/override?reason=no%20need", tokens["bob"])
    assert (revoked.status, revoked.body) == (204, "")
    assert get(rest_server, "/freezes/recommender", tokens["ann"]).body["outcome"] == "frozen"
    newest = [(one.actor, one.action) for one in engine.audit_log(rest_store, "recommender")]
    assert ("olga", "override") in newest
    assert ("bob", "override revoked") in newest
    again = send(rest_server, "DELETE", "/freezes/recommender/override", tokens["bob"])
    assert (again.status, again.body["detail"]) == (404, "service recommender has no override in force")


def test_a_release_thaws(rest_server: ApiServer, rest_store: Store, tokens: dict[str, str]) -> None:
    done = send(rest_server, "POST", "/freezes/soft/release", tokens["bob"], {"reason": "known cause"})
    assert (done.status, done.body["released_by"]) == (200, "bob")
    assert "soft" not in engine.frozen_services(rest_store)
    assert [one["service"] for one in get(rest_server, "/freezes", tokens["ann"]).body["freezes"]] == ["recommender"]
    again = send(rest_server, "POST", "/freezes/soft/release", tokens["bob"], {"reason": "known cause"})
    assert (again.status, again.body["detail"]) == (422, "service soft is not frozen; frozen: recommender")


def test_services_with_slashes_and_unknown_ones(rest_server: ApiServer, tokens: dict[str, str]) -> None:
    body = {"reason": "hotfix", "until": in_an_hour()}
    for path in ("ranking/eu", "ranking%2Feu"):
        assert send(rest_server, "POST", f"/freezes/{path}/override", tokens["bob"], body).body["service"] == (
            "ranking/eu"
        )
    for method, path, given in (
        ("POST", "/freezes/nope/override", body),
        ("POST", "/freezes/%00/override", body),
        ("DELETE", "/freezes/nope/override", None),
        ("POST", "/freezes/nope/release", {"reason": "x"}),
        ("POST", f"/freezes/{'x' * 9999}/release", {"reason": "x"}),
    ):
        answer = send(rest_server, method, path, tokens["bob"], given)
        assert answer.status == 404, path
        assert len(answer.body["detail"]) < 700


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"until": "2999-01-01T00:00:00Z"}, "reason: Field required"),
        ({"reason": "", "until": "2999-01-01T00:00:00Z"}, "reason: "),
        ({"reason": "  ", "until": "2999-01-01T00:00:00Z"}, "an override needs an author and a reason"),
        ({"reason": "a\0b", "until": "2999-01-01T00:00:00Z"}, "reason: holds characters that are no text"),
        ({"reason": "x" * 2001, "until": "2999-01-01T00:00:00Z"}, "reason: "),
        ({"reason": 7, "until": "2999-01-01T00:00:00Z"}, "reason: "),
        ({"reason": "x", "until": "2999-01-01T00:00:00"}, "until: "),
        ({"reason": "x", "until": "soon"}, "until: "),
        ({"reason": "x", "until": 5}, "until: "),
        ({"reason": "x", "until": "2001-01-01T00:00:00Z"}, "until=2001-01-01T00:00:00+00:00: "),
        ({"reason": "x", "until": "9999-12-31T23:59:59-12:00"}, ""),
        ({"reason": "x", "until": "2999-01-01T00:00:00Z", "author": "kim"}, "author: "),
        ([], "body: "),
        ("x", "body: "),
        (None, "body: "),
    ],
)
def test_an_override_says_which_field_is_wrong(
    rest_server: ApiServer, rest_store: Store, tokens: dict[str, str], body: Any, said: str
) -> None:
    before = len(engine.audit_log(rest_store))
    answer = send(rest_server, "POST", "/freezes/recommender/override", tokens["bob"], body)
    assert answer.status == (415 if body is None else 422) or answer.status == 422
    assert answer.body["detail"].startswith(said)
    assert "\n" not in answer.body["detail"]
    assert len(engine.audit_log(rest_store)) == before


def test_measurements_are_recorded_all_or_none(
    rest_server: ApiServer, rest_store: Store, tokens: dict[str, str]
) -> None:
    given = [
        a_measurement(key="a", good=3, total=4, value=0.5, cause="latency", attributes={"model_version": "2"}),
        a_measurement(key="b", good=0.1, total=0.3),
        a_measurement(key="b", good=0.2, total=0.3),
        a_measurement(slo=ODD, key="ö/1"),
    ]
    done = send(rest_server, "POST", "/measurements", tokens["olga"], {"measurements": given})
    assert (done.status, done.body) == (200, {"recorded": 4})
    shown = get(rest_server, "/slos/pushed/measurements", tokens["ann"]).body["measurements"]
    assert {one["key"]: (one["good"], one["total"]) for one in shown} == {"a": (3, 4), "b": (0.2, 0.3)}
    first = next(one for one in shown if one["key"] == "a")
    assert (first["value"], first["cause"], first["attributes"]) == (0.5, "latency", {"model_version": "2"})
    given = [a_measurement(key="c"), a_measurement(key="d"), a_measurement(key="e", good=2)]
    refused = send(rest_server, "POST", "/measurements", tokens["olga"], {"measurements": given})
    assert refused.status == 422
    assert refused.body["detail"] == "measurements.2.good: 2 of 1: counts must satisfy 0 <= good <= total"
    given[2] = a_measurement(slo="nobody's")
    unknown = send(rest_server, "POST", "/measurements", tokens["olga"], {"measurements": given})
    assert unknown.status == 422
    assert unknown.body["detail"].startswith("measurements.2.slo: no SLO named nobody's")
    assert len(get(rest_server, "/slos/pushed/measurements", tokens["ann"]).body["measurements"]) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"good": "1"}, "measurements.0.good: "),
        ({"good": True}, "measurements.0.good: "),
        ({"good": None}, "measurements.0.good: "),
        ({"good": -1}, "measurements.0.good: "),
        ({"good": float("nan")}, "measurements.0.good: "),
        ({"total": float("inf")}, "measurements.0.total: "),
        ({"total": 10**400}, ""),
        ({"total": 10**30}, ""),
        ({"value": float("nan")}, "measurements.0.value: "),
        ({"value": "high"}, "measurements.0.value: "),
        ({"cause": "bad luck"}, "measurements.0.cause: "),
        ({"at": "2026-01-01"}, "measurements.0.at: "),
        ({"at": "0001-01-01T00:00:00+14:00"}, "measurements.0: "),
        ({"key": ""}, "measurements.0.key: "),
        ({"key": "x" * 501}, "measurements.0.key: "),
        ({"key": "a\0b"}, "measurements.0: "),
        ({"slo": "\0"}, "measurements.0: "),
        ({"slo": 3}, "measurements.0.slo: "),
        ({"attributes": {"a": 1}}, "measurements.0.attributes.a: "),
        ({"attributes": {str(n): "" for n in range(101)}}, "measurements.0.attributes: "),
        ({"colour": "red"}, "measurements.0.colour: "),
    ],
)
def test_a_measurement_says_which_field_is_wrong(
    rest_server: ApiServer, tokens: dict[str, str], changes: dict[str, Any], field: str
) -> None:
    answer = send(rest_server, "POST", "/measurements", tokens["bob"], {"measurements": [a_measurement(**changes)]})
    assert answer.status == 422
    assert answer.body["detail"].startswith(field)
    assert 0 < len(answer.body["detail"]) < 700
    assert "\n" not in answer.body["detail"]


def post_raw(server: ApiServer, path: str, token: str, data: bytes, kind: str = "application/json") -> Answer:
    """A body as it is."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": kind, **CSRF}
    request = urllib.request.Request(f"{server.origin}{ROOT}{path}", data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Answer(answer.status, dict(answer.headers), json.loads(answer.read()))
    except urllib.error.HTTPError as error:
        return Answer(error.code, dict(error.headers), json.loads(error.read()))


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"", "application/json", 422),
        (b"{", "application/json", 422),
        (b"\xff\xfe", "application/json", 422),
        (b"[" * 100_000, "application/json", 413),
        (b"[" * 60_000, "application/json", 422),
        (b'{"reason": "x"}', "text/plain", 415),
        (b"reason=x", "application/x-www-form-urlencoded", 415),
        (b'{"reason": "' + b"x" * 70_000 + b'"}', "application/json", 413),
        (b"x" * 1_000_000, "application/json", 413),
    ],
)
def test_what_is_no_json_or_too_large_is_said_in_a_line(
    rest_server: ApiServer, tokens: dict[str, str], data: bytes, kind: str, status: int
) -> None:
    answer = post_raw(rest_server, "/freezes/recommender/release", tokens["bob"], data, kind)
    assert (answer.status, "\n" in answer.body["detail"]) == (status, False)
    assert len(answer.body["detail"]) < 700


def test_ten_thousand_measurements_come_in_at_once_and_one_more_does_not(
    rest_server: ApiServer, rest_store: Store, tokens: dict[str, str]
) -> None:
    start = just_now() - timedelta(days=10)
    many = [
        a_measurement(key=f"bulk-{n}", at=(start + timedelta(seconds=n)).isoformat(), good=n % 2) for n in range(10_000)
    ]
    done = send(rest_server, "POST", "/measurements", tokens["bob"], {"measurements": many})
    assert (done.status, done.body) == (200, {"recorded": 10_000})
    more = send(rest_server, "POST", "/measurements", tokens["bob"], {"measurements": [*many, a_measurement()]})
    assert (more.status, more.body["detail"].partition(":")[0]) == (422, "measurements")


def test_an_evaluation_opens_what_there_is_to_open(
    rest_server: ApiServer, rest_store: Store, tokens: dict[str, str]
) -> None:
    done = send(rest_server, "POST", "/evaluate", tokens["olga"])
    assert (done.status, done.body["evaluated"]) == (200, len(engine.status(rest_store, at=datetime.now(UTC))))
    assert "pushed" in engine.frozen_services(rest_store)
    row = get(rest_server, "/slos?search=pushed", tokens["ann"]).body["slos"][0]
    assert (row["state"], row["freeze"]) == ("spent", "hard")
    assert datetime.now(UTC) - datetime.fromisoformat(row["evaluated_at"]) < timedelta(minutes=5)


def test_the_audit_log_and_incidents_come_page_by_page(
    rest_server: ApiServer, rest_store: Store, tokens: dict[str, str]
) -> None:
    whole = engine.audit_log(rest_store)
    found, cursor = list[dict[str, Any]](), ""
    while cursor is not None:
        page = get(rest_server, f"/audit?limit=2{cursor and f'&cursor={cursor}'}", tokens["ann"]).body
        found, cursor = found + page["audit"], page["next_cursor"]
    assert [(one["at"], one["actor"], one["detail"]) for one in found] == [
        (one.at.isoformat(), one.actor, one.detail) for one in whole
    ]
    of_one = get(rest_server, f"/audit?service={escaped('ranking/eu')}", tokens["ann"]).body["audit"]
    assert of_one
    assert {one["service"] for one in of_one} == {"ranking/eu"}
    assert get(rest_server, "/audit?until=2001-01-01T00:00:00Z", tokens["ann"]).body["audit"] == []
    assert get(rest_server, "/audit?service=%00", tokens["ann"]).status == 422
    opened = get(rest_server, "/incidents?open=true", tokens["ann"]).body["incidents"]
    assert [(one["slo"], one["service"], one["severity"], one["resolved_at"]) for one in opened] == [
        (ODD, "ranking/eu", "page", None)
    ]
    assert get(rest_server, "/incidents?open=false", tokens["ann"]).body["incidents"] == []
    assert get(rest_server, "/incidents?service=soft", tokens["ann"]).body["incidents"] == []
