"""``ai-slo metrics``: printed, for a node exporter's textfile collector, and served."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_runner import Result
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_plain

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture
def recorded(ai_slo: Callable[..., Result], daily: Path) -> None:
    ai_slo("apply", daily)
    ai_slo("record", "daily", "--good", "1", "--total", "1")


def test_it_prints_what_prometheus_reads(ai_slo: Callable[..., Result], recorded: None) -> None:
    done = ai_slo("metrics")
    assert (done.code, done.err) == (0, "")
    found = {family.name: family for family in read_plain(done.out)}
    (sample,) = found["ai_slo_sli_ratio"].samples
    assert (sample.labels, sample.value) == ({"slo": "daily", "service": "flights"}, 1.0)
    openmetrics = ai_slo("metrics", "--format", "openmetrics").out
    assert {family.name for family in read_openmetrics(openmetrics)} >= found.keys() - {
        "ai_slo_build_info",
        "ai_slo_definition_info",
    }
    assert "\nai_slo_slos_left_out 1.0\n" in ai_slo("metrics", "--max-series", "3").out


def test_a_file_is_replaced_whole_and_everybody_may_read_it(
    ai_slo: Callable[..., Result], recorded: None, tmp_path: Path
) -> None:
    path = tmp_path / "new" / "ai_slo.prom"
    assert ai_slo("metrics", "--output", str(path)).code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    held = path.open()
    assert ai_slo("metrics", "--output", str(path)).code == 0
    assert "ai_slo_sli_ratio{" in held.read()  # who reads the old one reads all of it
    held.close()
    assert [one.name for one in path.parent.iterdir()] == ["ai_slo.prom"]
    assert "ai_slo_sli_ratio{" in path.read_text()


def test_a_store_that_is_away_leaves_no_old_figures(
    ai_slo: Callable[..., Result], recorded: None, tmp_path: Path
) -> None:
    path = tmp_path / "ai_slo.prom"
    ai_slo("metrics", "--output", str(path))
    away = f"sqlite:///{tmp_path / 'nowhere' / 'slo.db'}"
    done = ai_slo("metrics", "--output", str(path), "--store", away)
    assert (done.code, done.err.count("\n")) == (4, 1)
    samples = {sample.name: sample.value for family in read_plain(path.read_text()) for sample in family.samples}
    assert samples == {"ai_slo_store_up": 0.0, "ai_slo_build_info": 1.0}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--serve", "9464"], "'9464' is no address; write 127.0.0.1:9464, or :9464 for every address"),
        (["--serve", ":99999"], "':99999' is no address"),
        (["--serve", "127.0.0.1:0", "--output", "x"], "give --output or --serve, not both"),
        (["--max-series", "-1"], "-1 is not in the range x>=0"),
        (["--output", "/proc/ai/slo.prom"], "/proc/ai/slo.prom: cannot be written: No such file or directory"),
        (["--serve", "203.0.113.1:1"], "203.0.113.1:1: cannot be served there"),
    ],
)
def test_mistakes_are_one_line(ai_slo: Callable[..., Result], options: list[str], said: str) -> None:
    done = ai_slo("metrics", *options)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert said in done.err


def test_it_serves_until_it_is_stopped(recorded: None) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "airflow_ai_slo.cli", "metrics", "--serve", "127.0.0.1:0"],
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        url = process.stderr.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        kind, text = get(url, Accept="application/openmetrics-text;version=1.0.0")
        assert kind.startswith("application/openmetrics-text; version=1.0.0")
        assert any(family.name == "ai_slo_sli_ratio" for family in read_openmetrics(text))
        kind, text = get(url)
        assert kind == "text/plain; version=0.0.4; charset=utf-8"
        assert "\nai_slo_store_up 1.0\n" in f"\n{text}"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(url.replace("/metrics", "/"))
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) == 0
    finally:
        process.kill()
        process.communicate()


def get(url: str, **headers: str) -> tuple[str, str]:
    with OPENER.open(urllib.request.Request(url, headers=headers), timeout=180) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def test_without_prometheus_client_serving_says_what_to_install(
    ai_slo: Callable[..., Result], recorded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden: Any = None
    monkeypatch.setitem(sys.modules, "prometheus_client", hidden)
    monkeypatch.setitem(sys.modules, "prometheus_client.exposition", hidden)
    done = ai_slo("metrics", "--serve", "127.0.0.1:0")
    assert done.code == 2
    assert "pip install 'airflow-ai-slo[metrics]'" in done.err
    assert ai_slo("metrics").code == 0
