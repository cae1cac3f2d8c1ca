"""A real Airflow for the tests: a home of its own, its database made once, DAGs run by ``dag.test()``."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from api_server import ApiServer, api_server
from slo_kit import an_slo, daily
from sqlalchemy import make_url

from airflow_ai_slo import engine
from airflow_ai_slo.store import Store, open_store
from airflow_ai_slo.store.connection import unchecked
from airflow_ai_slo.store.tables import metadata
from demo.slack_server import SlackServer

HOME = Path(tempfile.mkdtemp(prefix="airflow-ai-slo-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": os.environ.get("TEST_AIRFLOW_DB", f"sqlite:///{HOME / 'airflow.db'}"),
    "AIRFLOW__API__BASE_URL": "http://airflow.example:8080",
    "AIRFLOW__API_AUTH__JWT_SECRET": "only for tests, and long enough for the signature",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}
for name in [name for name in os.environ if name.startswith(("AIRFLOW_CONN_", "AI_SLO_"))]:
    del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.airflow)


@dataclass(frozen=True)
class Ran:
    """What became of one ``dag.test()``."""

    dag_id: str
    run_id: str
    state: str
    log: str

    @property
    def states(self) -> Mapping[str, str]:
        """State by task id; of a mapped task, those of its instances joined."""
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session
        from sqlalchemy import select

        query = select(TaskInstance).where(TaskInstance.dag_id == self.dag_id, TaskInstance.run_id == self.run_id)
        found: dict[str, str] = {}
        with create_session() as session:
            for one in session.scalars(query.order_by(TaskInstance.map_index)):
                found[one.task_id] = " ".join(filter(None, (found.get(one.task_id), str(one.state))))
        return found

    def tries(self, task_id: str) -> int:
        """How often a task was tried."""
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session
        from sqlalchemy import select

        query = select(TaskInstance.try_number).where(
            TaskInstance.dag_id == self.dag_id, TaskInstance.run_id == self.run_id, TaskInstance.task_id == task_id
        )
        with create_session() as session:
            return session.scalars(query).one()

    def xcom(self, task_id: str, key: str = "return_value") -> Any:
        """What a task returned."""
        from airflow.models.xcom import XComModel
        from airflow.utils.session import create_session
        from sqlalchemy import select

        query = select(XComModel).where(
            XComModel.dag_id == self.dag_id,
            XComModel.run_id == self.run_id,
            XComModel.task_id == task_id,
            XComModel.key == key,
        )
        with create_session() as session:
            return XComModel.deserialize_value(session.scalars(query).one())


@pytest.fixture(scope="session")
def airflow_home() -> Path:
    """Airflow's home, its database made."""
    from airflow.utils.db import initdb

    (HOME / "dags").mkdir(exist_ok=True)
    initdb()
    return HOME


@pytest.fixture
def run_dag(airflow_home: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Store a DAG, run it by ``dag.test()`` with the given options, and say what became of it."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

    DagBundlesManager().sync_bundles_to_db()

    def run(dag: Any, **options: Any) -> Ran:
        for task in dag.tasks:
            if not task.is_mapped:
                task.retry_delay = timedelta(0)
        bag = DagBag(dag_folder=os.devnull)
        bag.bag_dag(dag)
        sync_bag_to_db(bag, "dags-folder", None)
        capfd.readouterr()
        done = dag.test(**options)
        return Ran(dag.dag_id, done.run_id, str(done.state), capfd.readouterr().out)

    return run


@pytest.fixture
def store(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A new, empty store on a SQLite file, named by the Airflow connection ``slo_default``."""
    monkeypatch.setenv("AIRFLOW_CONN_SLO_DEFAULT", sqlite_url)
    monkeypatch.setenv("AI_SLO_SPOOL", str(tmp_path / "spool.jsonl"))
    opened = open_store(sqlite_url)
    yield opened
    opened.engine.dispose()


@pytest.fixture(scope="session")
def rest_servers(airflow_home: Path) -> Iterator[Callable[[str], ApiServer]]:
    """Starts an API server on a store, once for each store and whole run."""
    with ExitStack() as running:
        started: dict[str, ApiServer] = {}

        def server(url: str) -> ApiServer:
            if url not in started:
                folder = Path(tempfile.mkdtemp(dir=HOME))
                started[url] = running.enter_context(api_server(folder, AI_SLO_STORE_URL=url))
            return started[url]

        yield server


@pytest.fixture(scope="session")
def rest_urls(tmp_path_factory: pytest.TempPathFactory, postgres_server: str) -> Mapping[str, str]:
    """Addresses of a migrated SQLite file and of a PostgreSQL database that API servers alone use."""
    import psycopg

    plain = postgres_server.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("CREATE DATABASE rest")
    postgres = make_url(postgres_server).set(database="rest").render_as_string(hide_password=False)
    urls = {"sqlite": f"sqlite:///{tmp_path_factory.mktemp('rest') / 'slo.db'}", "postgres": postgres}
    for url in urls.values():
        unchecked(url).migrate()
    return urls


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def rest_store(request: pytest.FixtureRequest, rest_urls: Mapping[str, str]) -> Store:
    """The store behind ``server``, empty when a module begins: once on SQLite and once on PostgreSQL."""
    opened = open_store(rest_urls[request.param])
    with opened.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    return opened


@pytest.fixture(scope="module")
def rest_server(rest_store: Store, rest_servers: Callable[[str], ApiServer]) -> ApiServer:
    """An API server of Airflow on ``rest_store``."""
    return rest_servers(rest_store.engine.url.render_as_string(hide_password=False))


@pytest.fixture
def recommender(store: Store) -> Callable[..., None]:
    """Gives a service 30 daily runs, the newest ``bad`` of them bad; of 28 days, 2.8 may be. Evaluates it."""

    def fill(*, bad: int, now: datetime | None = None) -> None:
        now = now or datetime.now(UTC)
        slo = an_slo("recommender-runs", service="recommender", window="28d")
        engine.apply(store, [slo], now=now)
        engine.record(store, daily("." * (30 - bad) + "x" * bad, until=now, slo=slo.name), now=now)
        engine.evaluate(store, at=now)

    return fill


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackServer]:
    """A server that speaks Slack's API, on this machine."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    with SlackServer() as server:
        yield server


@pytest.fixture
def policy() -> Iterator[Any]:
    """The policy as Airflow holds it once the distribution is installed, for one test."""
    from airflow.settings import get_policy_plugin_manager
    from airflow_ai_slo_gate import policy

    manager = get_policy_plugin_manager()
    manager.register(policy)
    yield policy
    manager.unregister(policy)
