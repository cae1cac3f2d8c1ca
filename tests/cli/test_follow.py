"""``ai-slo reconcile --follow``: what it refuses. It is seen at work in tests/airflow/test_listener_at_work.py."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from airflow_ai_slo.cli.reconcile import command


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--follow --since 3d", "--follow measures everything; leave out --since, --dag, --dry-run and --format"),
        ("--follow --dag etl", "leave out"),
        ("--follow --dry-run", "leave out"),
        ("--follow --format json", "leave out"),
        ("--every 5m", "--every and --evaluate go with --follow"),
        ("--evaluate", "--every and --evaluate go with --follow"),
        ("--follow --every 0m", "'0m' is no duration; write 5m or 1h"),
        ("--follow --every soon", "'soon' is no duration; write 5m or 1h"),
        ("--follow --every 10s", "'10s' is no duration; write 5m or 1h"),
    ],
)
def test_options_that_do_not_go_together_are_one_line(arguments: str, said: str) -> None:
    done = CliRunner().invoke(command, arguments.split())
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_a_store_that_cannot_be_opened_ends_it_at_once() -> None:
    done = CliRunner().invoke(command, ["--follow", "--store", "mysql://nobody/slo"])
    assert "the store is SQLite or PostgreSQL" in str(done.exception)
