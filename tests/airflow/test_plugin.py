"""What Airflow finds of this package, and what it costs to load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LOADS = """
import json, pkgutil, sys
from importlib import import_module
from airflow.sdk import BaseHook, BaseOperator, BaseSensorOperator, DAG
from airflow.plugins_manager import AirflowPlugin
from airflow.triggers.base import BaseTrigger
before = set(sys.modules)
import airflow_ai_slo
for folder in ("operators", "sensors", "triggers", "hooks", "decorators", "notifications"):
    package = import_module(f"airflow_ai_slo.{folder}")
    for found in pkgutil.iter_modules(package.__path__):
        if found.name not in ("gated", "measured", "probed"):  # behind decorators, imported when a DAG uses them
            import_module(f"airflow_ai_slo.{folder}.{found.name}")
import_module("airflow_ai_slo.plugin.airflow_plugin")
import_module("airflow_ai_slo.plugin.provider_info")
import_module("airflow_ai_slo.plugin.listener")
import_module("airflow_ai_slo.plugin.background")
loaded = set(sys.modules) - before
packages = {name.partition(".")[0] for name in loaded}
print(json.dumps([sorted(packages), sorted(name for name in loaded if name.startswith("airflow"))]))
"""

HEAVY = {
    "alembic",
    "click",
    "great_expectations",
    "jinja2",
    "matplotlib",
    "numpy",
    "pandas",
    "psycopg",
    "pyarrow",
    "pyspark",
    "scipy",
    "slack_sdk",
    "sqlalchemy",
    "yaml",
}


@pytest.fixture(scope="module")
def loaded() -> tuple[set[str], set[str]]:
    """Packages, and modules of ours and Airflow's, that loading everything adds to what DAG files load anyway."""
    code = [sys.executable, "-c", LOADS]
    done = subprocess.run(
        code, capture_output=True, text=True, check=True, env=os.environ | {"PYTHONWARNINGS": "ignore"}
    )
    packages, modules = json.loads(done.stdout.splitlines()[-1])
    return set(packages), set(modules)


def test_operators_sensors_decorators_and_the_plugin_load_nothing_heavy(loaded: tuple[set[str], set[str]]) -> None:
    packages, _ = loaded
    assert "airflow_ai_slo" in packages
    assert packages & HEAVY == set()


def test_they_load_neither_store_nor_engine_nor_another_provider(loaded: tuple[set[str], set[str]]) -> None:
    _, modules = loaded
    unwanted = ("airflow_ai_slo.store", "airflow_ai_slo.engine", "airflow_ai_slo.reports", "airflow.providers.")
    assert [name for name in modules if name.startswith(unwanted)] == []


def airflow(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from airflow.__main__ import main; sys.argv[0] = 'airflow'; main()"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)


def test_airflow_lists_the_provider_its_connection_type_link_and_decorator(airflow_home: Path) -> None:
    from airflow.providers_manager import ProvidersManager

    from airflow_ai_slo import __version__

    manager = ProvidersManager()
    info = manager.providers["airflow-ai-slo"]
    assert (info.version, info.data["name"]) == (__version__, "AI SLO")
    hook = manager.hooks["ai_slo"]
    assert hook is not None
    assert (hook.hook_name, hook.connection_id_attribute_name) == ("AI SLO store", "slo_conn_id")
    assert manager.field_behaviours["ai_slo"]["relabeling"]["schema"] == "Database, or SQLite file"
    assert "airflow_ai_slo.operators.links.SLOReportLink" in manager.extra_links_class_names
    assert "freeze_gate" in {name for name, _ in manager.taskflow_decorators.items()}


def test_the_providers_metadata_names_only_what_exists() -> None:
    from importlib import import_module

    from airflow.sdk._shared.module_loading import import_string

    from airflow_ai_slo.plugin.provider_info import get_provider_info

    info = get_provider_info()
    for kind in ("operators", "sensors", "hooks", "triggers"):
        for entry in info[kind]:
            for name in entry["python-modules"]:
                import_module(name)
    for path in (
        *info["extra-links"],
        *info["notifications"],
        *info["cli"],
        *(one["class-name"] for one in info["task-decorators"]),
        *(one["plugin-class"] for one in info["plugins"]),
        *(one["hook-class-name"] for one in info["connection-types"]),
    ):
        import_string(path)


def test_a_connection_of_the_new_type_finds_its_hook(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import Connection

    from airflow_ai_slo.hooks.store import SLOHook

    monkeypatch.setenv("AIRFLOW_CONN_OURS", json.dumps({"conn_type": "ai_slo", "schema": sqlite_url[10:]}))
    hook: Any = Connection.get("ours").get_hook()
    assert isinstance(hook, SLOHook)
    assert hook.url == sqlite_url


def test_the_plugin_is_loaded_once_though_it_is_announced_twice(airflow_home: Path) -> None:
    from airflow import plugins_manager

    plugins, problems = plugins_manager._get_plugins()
    assert problems == {}
    assert [plugin.name for plugin in plugins].count("ai_slo") == 1


def test_airflow_slo_is_ai_slo_on_the_store_of_the_connection(airflow_home: Path, sqlite_url: str) -> None:
    done = airflow("slo", "status", "--format", "json", AIRFLOW_CONN_SLO_DEFAULT=sqlite_url)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"evaluations": [], "freeze": {}})


def test_airflow_slo_keeps_the_exit_codes(airflow_home: Path, sqlite_url: str) -> None:
    unknown = airflow("slo", "freeze", "check", "nobodys", AIRFLOW_CONN_SLO_DEFAULT=sqlite_url)
    assert unknown.returncode == 4
    wrong = airflow("slo", "status", AIRFLOW_CONN_SLO_DEFAULT="mysql://db/slo")
    assert wrong.returncode == 2
    assert wrong.stderr.splitlines()[-1].startswith("error: slo_conn_id='slo_default': type 'mysql'")


def test_an_api_that_cannot_be_built_keeps_nobody_from_starting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from airflow_ai_slo.plugin import airflow_plugin, api

    def fail() -> None:
        raise RuntimeError("another FastAPI")

    monkeypatch.setattr(api, "build", fail)
    assert airflow_plugin._apps.__wrapped__() == []
    assert "REST API of airflow-ai-slo cannot be built" in caplog.text
