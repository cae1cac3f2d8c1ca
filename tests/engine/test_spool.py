"""The spool: what was measured while the store was away comes in later, once, and undoes nothing."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slo_kit import DAY, HOUR, MINUTE, NOW, an_slo, seen

from airflow_ai_slo import engine
from airflow_ai_slo.core.errors import StoreUnavailableError
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.store import Store, open_store, spool


def away() -> Store:
    raise StoreUnavailableError("the store is away")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.jsonl"


@pytest.fixture
def ready(sqlite_url: str) -> Any:
    store = open_store(sqlite_url)
    engine.apply(store, [an_slo()], now=NOW)
    yield store
    store.engine.dispose()


def replayed(store: Store, path: Path) -> engine.Recorded:
    return engine.record_or_spool(lambda: store, [], now=NOW + DAY, spool=path)


def totals(store: Store) -> tuple[Any, Any]:
    counts = engine.status(store, at=NOW + DAY)[0].counts
    return counts.good, counts.total


measurements = st.builds(
    Measurement,
    slo=st.just("done"),
    key=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20),
    at=st.datetimes(timezones=st.sampled_from([NOW.tzinfo])),
    good=st.just(0),
    total=st.integers(0, 10**20) | st.fractions(0, 10**6),
    value=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    cause=st.none() | st.sampled_from(Cause),
    attributes=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
    recorded_at=st.none() | st.datetimes(timezones=st.sampled_from([NOW.tzinfo])),
)


@given(st.lists(measurements, max_size=4))
def test_every_measurement_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, given: Any) -> None:
    path = tmp_path_factory.mktemp("spool") / "spool.jsonl"
    assert spool.append(path, given) == len(given)
    with spool.taken(path) as waiting:
        assert [one for batch in waiting.batches() for one in batch] == given
        assert (waiting.unreadable, waiting.rejected) == (0, [])
    assert path.read_bytes() == b""


def test_half_a_line_left_by_a_killed_writer_spoils_no_other(ready: Store, path: Path) -> None:
    spool.append(path, [seen(NOW, key="before")])
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    assert engine.record_or_spool(away, [seen(NOW, key="after")], now=NOW, spool=path).spooled == 3
    back = replayed(ready, path)
    assert back.replayed == 2
    assert "1 waiting line(s) set aside" in back.problem
    assert totals(ready) == (2, 2)
    [aside] = spool.rejected_path(path).read_text().splitlines()
    assert json.loads(aside)["line"] == (whole[: len(whole) // 2]).decode()


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "null",
        "{}",
        '"text"',
        "[" * 100_000,
        '{"slo": "done", "key": "k", "at": "2026-01-01T00:00:00", "good": 1, "total": 1}',
        '{"slo": "done", "key": "k", "at": 5, "good": 1, "total": 1}',
        '{"slo": "done", "key": "k", "at": "2026-01-01T00:00:00Z", "good": "1/0", "total": 1}',
        '{"slo": "done", "key": "k", "at": "2026-01-01T00:00:00Z", "good": Infinity, "total": NaN}',
        '{"slo": "done", "key": "k", "at": "2026-01-01T00:00:00Z", "good": 2, "total": 1}',
        '{"slo": "done", "key": "k", "at": "2026-01-01T00:00:00Z", "good": 1, "total": 1, "cause": "bad luck"}',
        '{"slo": "done", "key": "k", "at": "2026-01-01T00:00:00Z", "good": 1, "total": 1, "attributes": [1]}',
        '{"slo": ["done"], "key": "k", "at": "2026-01-01T00:00:00Z", "good": 1, "total": 1}',
        "\x00\x00\x00",
    ],
)
def test_a_line_that_is_no_measurement_is_set_aside(ready: Store, path: Path, line: str) -> None:
    spool.append(path, [seen(NOW, key="a")])
    with path.open("a") as file:
        file.write(f"{line}\n")
    spool.append(path, [seen(NOW, key="b")])
    back = replayed(ready, path)
    assert (back.replayed, totals(ready)) == (2, (2, 2))
    assert "1 waiting line(s) set aside" in back.problem
    assert (replayed(ready, path).replayed, path.stat().st_size) == (0, 0)


def test_what_waits_for_an_slo_that_is_gone_is_set_aside_and_the_rest_recorded(
    ready: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_BATCH", 3)
    spool.append(path, [seen(NOW, key=f"{n}", slo="gone" if n % 4 == 0 else "done") for n in range(10)])
    back = replayed(ready, path)
    assert (back.replayed, totals(ready)) == (7, (7, 7))
    asides = [json.loads(line) for line in spool.rejected_path(path).read_text().splitlines()]
    assert [aside["key"] for aside in asides] == ["0", "4", "8"]
    assert all("no SLO named gone" in aside["problem"] for aside in asides)


def test_a_store_that_fails_again_while_it_catches_up_keeps_everything_waiting(
    ready: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_BATCH", 2)
    spool.append(path, [seen(NOW, key=f"{n}", slo="gone" if n == 0 else "done") for n in range(6)])
    before = path.read_bytes()
    opened = iter([ready.write] * 3)

    class Failing:
        def write_prepared(self, **_: Any) -> Any:
            again = next(opened, None)
            if again is None:
                raise StoreUnavailableError("gone again")
            return again()

    kept = engine.record_or_spool(lambda: Failing(), [seen(NOW, key="own")], now=NOW, spool=path)  # type: ignore[arg-type,return-value]
    assert (kept.recorded, kept.spooled, kept.problem) == (0, 7, "gone again")
    assert path.read_bytes().startswith(before)
    assert not spool.rejected_path(path).exists()
    assert replayed(ready, path).replayed == 6
    assert totals(ready) == (6, 6)
    assert len(spool.rejected_path(path).read_text().splitlines()) == 1


def test_a_spool_that_cannot_be_read_does_not_keep_a_measurement_from_a_store_that_answers(
    ready: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    (folder / "x").mkdir(parents=True)
    kept = engine.record_or_spool(lambda: ready, [seen(NOW)], now=NOW, spool=folder)
    assert (kept.recorded, totals(ready)) == (1, (1, 1))
    assert "the spool cannot be read" in kept.problem


def test_where_neither_store_nor_spool_can_be_written_it_is_logged_and_the_task_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    kept = engine.record_or_spool(away, [seen(NOW)], now=NOW, spool=tmp_path / "file" / "spool")
    assert (kept.recorded, kept.spooled) == (0, 0)
    assert kept.problem.startswith("the store is away; the spool cannot be written either")
    assert "1 measurement(s) are lost" in caplog.text


def test_what_waited_never_undoes_what_came_in_since(ready: Store, path: Path) -> None:
    engine.record_or_spool(away, [seen(NOW, 0, key="run")], now=NOW, spool=path)
    engine.record(ready, [seen(NOW, 1, key="run")], now=NOW + HOUR)
    assert replayed(ready, path).replayed == 1
    assert totals(ready) == (1, 1)


def test_of_what_waited_the_last_word_counts(ready: Store, path: Path) -> None:
    for minutes, good in enumerate((1, 0, Fraction(1, 2))):
        engine.record_or_spool(away, [seen(NOW, good, key="run")], now=NOW + minutes * MINUTE, spool=path)
    replayed(ready, path)
    assert totals(ready) == (Fraction(1, 2), 1)


def test_replaying_twice_counts_once(ready: Store, path: Path) -> None:
    spool.append(path, [seen(NOW - n * HOUR, n % 2, key=f"{n}") for n in range(20)])
    waiting = path.read_bytes()
    replayed(ready, path)
    path.write_bytes(waiting)
    assert replayed(ready, path).replayed == 20
    assert totals(ready) == (10, 20)


def _append_many(path: Path, acknowledged: Path, worker: str) -> None:
    with acknowledged.open("a") as file:
        for number in range(100_000):
            spool.append(path, [seen(NOW, key=f"{worker}-{number}-{i}") for i in range(3)])
            file.write(f"{worker}-{number}\n")
            file.flush()


def _start(work: Callable[..., None], *args: Any) -> Any:
    process = multiprocessing.get_context("fork").Process(target=work, args=args)
    process.start()
    return process


def test_writers_killed_at_any_point_lose_nothing_that_was_acknowledged(ready: Store, tmp_path: Path) -> None:
    path, acknowledged = tmp_path / "spool.jsonl", tmp_path / "acknowledged"
    acknowledged.touch()
    recorded = 0
    for attempt in range(10):
        workers = [_start(_append_many, path, acknowledged, f"{attempt}{side}") for side in "ab"]
        time.sleep(0.03 + 0.011 * attempt)
        recorded += replayed(ready, path).replayed
        for worker in workers:
            os.kill(worker.pid, signal.SIGKILL)
            worker.join()
    recorded += replayed(ready, path).replayed
    keys = [key for key in acknowledged.read_text().split("\n") if key.count("-") == 1 and not key.endswith("-")]
    with ready.read() as connection:
        from sqlalchemy import select

        from airflow_ai_slo.store.tables import measurement

        stored = set(connection.execute(select(measurement.c.key)).scalars())
    assert len(keys) > 20
    assert {f"{key}-{i}" for key in keys[:-1] for i in range(3)} <= stored
    assert totals(ready) == (len(stored), len(stored))
    assert recorded == len(stored)


def test_a_measurement_s_own_arrival_time_is_kept(ready: Store, path: Path) -> None:
    came = NOW - 3 * HOUR
    engine.record_or_spool(away, [seen(NOW, key="a", recorded_at=came), seen(NOW, key="b")], now=NOW, spool=path)
    replayed(ready, path)
    with ready.read() as connection:
        from sqlalchemy import select

        from airflow_ai_slo.core.instants import to_micros
        from airflow_ai_slo.store.tables import measurement

        rows = dict(connection.execute(select(measurement.c.key, measurement.c.recorded_at)).all())  # type: ignore[arg-type]
    assert rows == {"a": to_micros(came), "b": to_micros(NOW)}
    assert timedelta(hours=3) == NOW - came
