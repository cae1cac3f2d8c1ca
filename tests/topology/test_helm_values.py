"""docs/helm-values.yaml says what the compose file says, in the words of Airflow's chart.

``helm_chart_keys.json`` lists the keys that the chart's ``values.schema.json`` knows, where ours has some.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from compose_file import REPOSITORY, plain

VALUES = yaml.safe_load((REPOSITORY / "docs" / "helm-values.yaml").read_text())
CHART = json.loads((Path(__file__).parent / "helm_chart_keys.json").read_text())
COMPOSE = plain()["services"]


def unknown(values: dict[str, Any], where: str = "") -> Iterator[str]:
    """Keys that the chart does not know, as far as the list reaches."""
    known = CHART["inside"].get(where) if where else CHART["keys"]
    for name, value in values.items():
        if known is not None and name not in known:
            yield f"{where}.{name}"
        if isinstance(value, dict):
            yield from unknown(value, f"{where}.{name}".strip("."))


def test_the_chart_knows_every_key() -> None:
    assert list(unknown(VALUES)) == []
    assert list(unknown({"scheduler": {"replica": 2}, "extraEnvs": []})) == ["scheduler.replica", ".extraEnvs"]


def test_every_container_gets_the_store_and_a_spool_that_outlives_it() -> None:
    named = {one["envName"] for one in VALUES["secret"]} | {one["name"] for one in VALUES["env"]}
    ours = {name for name in COMPOSE["worker"]["environment"] if name.startswith(("AI_SLO_", "AIRFLOW_CONN_SLO"))}
    assert named == ours
    spool = next(one["value"] for one in VALUES["env"] if one["name"] == "AI_SLO_SPOOL")
    (mount,), (volume,) = VALUES["volumeMounts"], VALUES["volumes"]
    assert str(Path(spool).parent) == mount["mountPath"]
    assert volume["name"] == mount["name"]
    assert "persistentVolumeClaim" in volume


def test_image_and_migrations_are_those_of_the_compose_file() -> None:
    image = COMPOSE["worker"]["image"]
    assert f"{Path(VALUES['defaultAirflowRepository']).name}:{VALUES['defaultAirflowTag']}" == image
    assert VALUES["defaultAirflowTag"].startswith(f"{VALUES['airflowVersion']}-")
    assert VALUES["migrateDatabaseJob"]["args"] == COMPOSE["init"]["command"]
    assert VALUES["migrateDatabaseJob"]["applyCustomEnv"], "without it the job knows no store"


def test_no_secret_is_in_it() -> None:
    assert {key for key in VALUES if key.endswith("SecretName")} >= {"fernetKeySecretName", "jwtSecretName"}
    assert not {"fernetKey", "jwtSecret", "apiSecretKey"} & set(VALUES)
    assert set(VALUES["data"]) == {"metadataSecretName"}
