"""Which database a connection names, and what is said when it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Connection
from sqlalchemy import create_engine, make_url

from airflow_ai_slo.core.errors import ConfigurationError, StoreError, StoreUnavailableError
from airflow_ai_slo.hooks.store import SLOHook, url_of


def connect(patch: pytest.MonkeyPatch, name: str = "SLO_DEFAULT", **fields: Any) -> None:
    patch.setenv(f"AIRFLOW_CONN_{name}", json.dumps(fields))


@pytest.fixture(autouse=True)
def nothing_set(airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_SLO_DEFAULT", raising=False)
    monkeypatch.delenv("AI_SLO_STORE_URL", raising=False)


def test_the_connection_comes_first_then_the_environment_then_a_file_in_airflow_home(
    monkeypatch: pytest.MonkeyPatch, airflow_home: Path
) -> None:
    assert SLOHook().url == f"sqlite:///{airflow_home / 'ai_slo.db'}"
    monkeypatch.setenv("AI_SLO_STORE_URL", "sqlite:////srv/slo.db")
    assert SLOHook().url == "sqlite:////srv/slo.db"
    connect(monkeypatch, conn_type="ai_slo", schema="/var/slo.db")
    assert SLOHook().url == "sqlite:////var/slo.db"


def test_a_connection_somebody_asked_for_by_name_has_to_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_SLO_STORE_URL", "sqlite:////srv/slo.db")
    with pytest.raises(ConfigurationError, match="slo_conn_id='team_store': no such Airflow connection"):
        _ = SLOHook("team_store").url


@pytest.mark.parametrize("conn_type", ["postgres", "postgresql", "ai_slo"])
def test_postgresql_gets_its_driver_named_and_its_options_kept(conn_type: str) -> None:
    connection = Connection(
        conn_id="slo",
        conn_type=conn_type,
        host="db.example",
        port=5433,
        login="slo",
        password="p@ss/word",
        schema="objectives",
        extra=json.dumps({"sslmode": "require", "cursor": "dictcursor", "keepalives_idle": 30}),
    )
    url = make_url(url_of(connection))
    assert (url.drivername, url.host, url.port, url.database) == (
        "postgresql+psycopg",
        "db.example",
        5433,
        "objectives",
    )
    assert (url.username, url.password) == ("slo", "p@ss/word")
    assert dict(url.query) == {"sslmode": "require", "keepalives_idle": "30"}


@pytest.mark.postgres
def test_the_folder_of_a_socket_may_be_the_host(postgres_server: str) -> None:
    there = make_url(postgres_server)
    connection = Connection(
        conn_id="slo",
        conn_type="postgres",
        host=str(there.query["host"]),
        login=there.username,
        schema=there.database,
    )
    engine = create_engine(url_of(connection))
    with engine.connect() as connected:
        assert connected.exec_driver_sql("SELECT 1").scalar_one() == 1
    engine.dispose()


@pytest.mark.parametrize("field", ["host", "schema"])
def test_sqlite_takes_its_path_from_host_or_schema(field: str) -> None:
    connection = Connection(conn_id="slo", conn_type="sqlite", **{field: "/var/slo.db"})
    assert url_of(connection) == "sqlite:////var/slo.db"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"conn_type": "mysql", "host": "db"},
            "type 'mysql' cannot hold the SLO store; use ai_slo, postgres or sqlite",
        ),
        ({"conn_type": "sqlite", "host": "slo.db"}, "'slo.db' is relative"),
        ({"conn_type": "sqlite"}, "write its path into the database"),
        ({"conn_type": "sqlite", "host": ":memory:"}, "SQLite is a file here"),
        ({"conn_type": "postgres", "host": "db"}, r"the database \(schema\) is empty"),
        ({"conn_type": "postgres", "host": "db", "schema": "x", "extra": {"iam": True}}, "'iam' is not supported"),
        ({"conn_type": "sqlite", "host": "/home/airflow/airflow.db"}, "is Airflow's own database"),
    ],
)
def test_a_connection_that_cannot_hold_a_store_says_what_could(
    fields: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, **fields)
    with pytest.raises(ConfigurationError, match=message) as raised:
        _ = SLOHook().url
    assert "slo_default" in str(raised.value)
    with pytest.raises(StoreUnavailableError, match=message):
        SLOHook().open()


def test_no_password_in_what_is_said_of_a_store_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, conn_type="postgres", host="127.0.0.1", port=9, login="u", password="geheim", schema="slo")
    with pytest.raises(StoreError) as raised:
        SLOHook().get_store()
    assert "geheim" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_connection_form_can_test_the_store(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SLO_DEFAULT", sqlite_url)
    assert SLOHook().test_connection() == (True, "The SLO store answers and its tables are up to date")
    connect(monkeypatch, conn_type="postgres", host="127.0.0.1", port=9, schema="slo")
    answers, said = SLOHook().test_connection()
    assert not answers
    assert "127.0.0.1" in said


def test_the_objective_of_an_slo_is_none_while_nobody_can_tell(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SLO_DEFAULT", sqlite_url)
    assert SLOHook().objective("nobody's") is None
    connect(monkeypatch, conn_type="mysql")
    assert SLOHook().objective("done") is None


def test_the_spool_lies_beside_airflow_unless_the_environment_says_where(
    monkeypatch: pytest.MonkeyPatch, airflow_home: Path
) -> None:
    monkeypatch.delenv("AI_SLO_SPOOL", raising=False)
    assert SLOHook().spool == airflow_home / "ai_slo_spool.jsonl"
    monkeypatch.setenv("AI_SLO_SPOOL", "/var/spool/slo.jsonl")
    assert SLOHook().spool == Path("/var/spool/slo.jsonl")
    # What is meant for another store waits by itself: the next that gets through to the default one leaves it.
    assert SLOHook("team/b").spool == Path("/var/spool/slo.team%2Fb.jsonl")
