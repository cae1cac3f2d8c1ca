"""The same where Airflow keeps its record in PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CHOSEN = "each_run_is or made_again or mapped or by_hand_count or of_tags or never_made or is_paused or joins"


@pytest.mark.postgres
def test_the_record_may_lie_in_postgresql(postgres_server: str, tmp_path: Path) -> None:
    import psycopg

    with psycopg.connect(postgres_server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE DATABASE airflow_record")
    url = postgres_server.replace("/postgres?", "/airflow_record?")
    assert url != postgres_server
    files = [str(path) for path in sorted(HERE.glob("test_reconciling*.py")) if path.name != Path(__file__).name]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--basetemp", str(tmp_path / "there"), *files, "-k", CHOSEN],
        env=os.environ
        | {"TEST_AIRFLOW_DB": url, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": "sqlite+aiosqlite:///:memory:"},
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout
