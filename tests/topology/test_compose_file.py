"""docker-compose.yml holds together: what it names exists, is pinned, and means something to Airflow."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_file import COMPOSE, REPOSITORY, Service, env_file, interpolated, plain, services

EXAMPLE = (REPOSITORY / ".env.example").read_text()
DOCKERFILE = (REPOSITORY / "docker" / "Dockerfile").read_text()
OURS = {"AI_SLO_STORE_URL", "AI_SLO_SPOOL", "AI_SLO_DEFINITIONS"}
AIRFLOW_SERVICES = {"init", "admin", "api-server", "scheduler", "dag-processor", "triggerer", "worker", "reconciler"}
LASTING = AIRFLOW_SERVICES - {"init", "admin"} | {"postgres", "redis"}


@pytest.fixture(scope="module")
def variables() -> dict[str, str]:
    """A ``.env`` as a newcomer makes it."""
    made = subprocess.run(["sh", "docker/new-env.sh"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return env_file(made.stdout)


@pytest.fixture(scope="module")
def known(variables: dict[str, str]) -> dict[str, Service]:
    return services(variables)


def texts(value: Any) -> Iterator[str]:
    for one in value.values() if isinstance(value, dict) else value:
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict | list):
            yield from texts(one)


def test_no_secret_is_baked_in_and_the_script_fills_each_with_another(variables: dict[str, str]) -> None:
    from cryptography.fernet import Fernet

    asked = {name for text in texts(plain()) for name in re.findall(r"\$\{(\w+):\?", text)}
    assert env_file(EXAMPLE) == dict.fromkeys(asked, "")
    assert set(variables) == asked
    assert len(set(variables.values())) == len(asked)
    assert min(map(len, variables.values())) >= 32
    key = Fernet(variables["FERNET_KEY"])
    assert key.decrypt(key.encrypt(b"text")) == b"text"
    assert all(value.isalnum() for name, value in variables.items() if name != "FERNET_KEY"), "they stand in URLs"


def test_without_a_secret_nothing_starts(variables: dict[str, str]) -> None:
    for name in variables:
        with pytest.raises(KeyError, match=name):
            services({other: value for other, value in variables.items() if other != name})


def test_what_may_be_set_is_listed_with_its_default() -> None:
    given = dict(found for text in texts(plain()) for found in re.findall(r"\$\{(\w+):-([^}]*)\}", text))
    listed = env_file(re.sub(r"(?m)^# (?=\w+=)", "", EXAMPLE))
    assert given.pop("AIRFLOW_AUTH_MANAGER").endswith("FabAuthManager")
    assert given.pop("SLACK_CONNECTION") == ""
    assert {name: listed.get(name) for name in given} == given


def test_every_service_is_there_and_waits_for_services_that_are(known: dict[str, Service]) -> None:
    assert set(known) == AIRFLOW_SERVICES | {"postgres", "redis"}
    for one in known.values():
        assert set(one.depends_on) <= set(known)
        for other, condition in one.depends_on.items():
            if condition == "service_healthy":
                assert "test" in known[other].raw["healthcheck"]
            else:
                assert condition == "service_completed_successfully"
                assert known[other].raw["restart"] == "no"
    for name in LASTING:
        assert known[name].raw["restart"] == "always"
        assert known[name].raw["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    for name in AIRFLOW_SERVICES - {"init"}:
        assert known[name].depends_on["init"] == "service_completed_successfully"


def test_images_are_pinned_and_the_dockerfile_builds_the_one_that_is_named(known: dict[str, Service]) -> None:
    for one in known.values():
        assert re.search(r":\d+(\.\d+)*[\w.-]*$", one.image), one.image
    build = known["worker"].raw["build"]
    arguments = {name: str(value) for name, value in build["args"].items()}
    assert known["worker"].image == f"airflow-ai-slo:{arguments['AIRFLOW']}-python{arguments['PYTHON']}"
    assert dict(re.findall(r"ARG (\w+)=(\S+)", DOCKERFILE)) == arguments
    assert "FROM apache/airflow:${AIRFLOW}-python${PYTHON}" in DOCKERFILE
    assert (REPOSITORY / build["context"] / build["dockerfile"]).is_file()
    assert f"apache-airflow=={arguments['AIRFLOW']}\n" in (REPOSITORY / "constraints.txt").read_text()


def test_volumes_are_declared_or_files_of_this_repository(known: dict[str, Service]) -> None:
    declared, used = set(plain()["volumes"]), set()
    for one in known.values():
        for volume in one.volumes:
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (REPOSITORY / source).exists(), volume
                assert volume.endswith(":ro")
            else:
                used.add(source)
    assert used == declared


def test_what_must_outlive_a_container_lies_in_a_volume(known: dict[str, Service]) -> None:
    for name in AIRFLOW_SERVICES:
        environment, mounted = known[name].environment, {volume.split(":")[1] for volume in known[name].volumes}
        for path in (
            environment["AIRFLOW__CORE__DAGS_FOLDER"],
            environment["AIRFLOW__LOGGING__BASE_LOG_FOLDER"],
            environment["AI_SLO_DEFINITIONS"],
            str(Path(environment["AI_SLO_SPOOL"]).parent),
            str(Path(environment["AIRFLOW__AI_SLO__LISTENER_SPOOL"]).parent),
        ):
            assert path in mounted


def test_every_option_is_one_of_airflow_s(known: dict[str, Service]) -> None:
    from airflow.configuration import conf
    from airflow.providers_manager import ProvidersManager

    ProvidersManager().initialize_providers_configuration()
    for service in AIRFLOW_SERVICES:
        for name in known[service].environment:
            if name.startswith("AIRFLOW__"):
                _, section, option = name.lower().split("__", 2)
                assert option in conf.configuration_description[section]["options"], name
            else:
                allowed = OURS | {"DUMB_INIT_SETSID", "ADMIN_PASSWORD"}
                assert name in allowed or name.startswith("AIRFLOW_CONN_"), name


def test_commands_are_airflow_s_and_ours(known: dict[str, Service]) -> None:
    lasting = {name: known[name].command for name in LASTING - {"postgres", "redis"}}
    assert {name: command for name, command in lasting.items() if name not in ("worker", "reconciler")} == {
        name: ("airflow", name) for name in lasting if name not in ("worker", "reconciler")
    }
    assert lasting["worker"] == ("airflow", "celery", "worker")
    assert lasting["reconciler"] == ("ai-slo", "reconcile", "--follow")
    assert known["init"].command == ("bash", "-ec", "airflow db migrate && ai-slo db upgrade")


def test_both_ways_to_the_store_lead_to_one_database_apart_from_airflow_s(known: dict[str, Service]) -> None:
    from airflow.sdk import Connection
    from sqlalchemy import make_url

    from airflow_ai_slo.hooks.store import url_of

    told = known["worker"].environment
    connection = Connection.from_uri(told["AIRFLOW_CONN_SLO_DEFAULT"], conn_id="slo_default")
    assert url_of(connection) == told["AI_SLO_STORE_URL"]
    store, airflow = make_url(told["AI_SLO_STORE_URL"]), make_url(told["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    assert (store.username, store.database) == ("ai_slo", "ai_slo")
    assert (airflow.username, airflow.database) == ("airflow", "airflow")


def test_the_old_docker_compose_takes_it_and_reads_it_as_these_tests_do(
    known: dict[str, Service], variables: dict[str, str], tmp_path: Path
) -> None:
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("no docker-compose here (Debian: apt install docker-compose)")
    written = tmp_path / ".env"
    written.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    ran = subprocess.run(
        [program, "--env-file", str(written), "--file", str(COMPOSE), "config"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    for name, one in yaml.safe_load(ran.stdout)["services"].items():
        told = {key: str(value) for key, value in (one.get("environment") or {}).items()}
        assert told == dict(known[name].environment)
        # It prints what could be read again, each dollar doubled.
        assert tuple(text.replace("$$", "$") for text in one.get("command", ())) == known[name].command


def test_keys_that_came_after_docker_compose_1_29_are_not_used() -> None:
    assert "name" not in plain()
    assert not {"develop", "attach", "pull_policy"} & {key for one in plain()["services"].values() for key in one}


def test_variables_are_filled_in_as_compose_does() -> None:
    filled = interpolated({"a": "x${A}y", "b": ["${B:-two}", "$${A}", "${C:-}"], "n": 1}, {"A": "1", "B": ""})
    assert filled == {"a": "x1y", "b": ["two", "${A}", ""], "n": 1}
