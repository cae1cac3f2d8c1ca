"""The spool between listeners and whoever looks runs up: nothing is lost, nothing waits, nothing is ours by mistake."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.reconcile import spooled
from airflow_ai_slo.reconcile.spooled import Heard

KILLS = Path(__file__).with_name("spool_kills.py")


def heard(run: str = "r1", *, dag: str = "etl", what: str = "run success", at: float = 1.5) -> Heard:
    return Heard(dag, run, what, at)


def take(path: Path) -> list[Heard]:
    with spooled.taken(path) as found:
        return list(found.events)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def test_what_was_heard_is_found_once_and_in_order(path: Path) -> None:
    events = [heard("r1"), heard("r2", what="task failed"), heard("r1")]
    assert all(spooled.append(path, one) for one in events)
    assert spooled.waiting(path)
    assert take(path) == events
    assert take(path) == []
    assert not spooled.waiting(path)
    assert list(path.parent.iterdir()) == []


def test_nothing_was_heard(path: Path) -> None:
    assert not spooled.waiting(path)
    assert take(path) == []
    assert not spooled.waiting(path.parent / "no folder" / "events.jsonl")
    assert take(path.parent / "no folder" / "events.jsonl") == []


def test_what_could_not_be_looked_up_is_kept_and_comes_before_what_came_since(path: Path) -> None:
    spooled.append(path, heard("r1"))
    with pytest.raises(ConnectionError), spooled.taken(path):
        raise ConnectionError
    spooled.append(path, heard("r2"))
    assert spooled.waiting(path)
    assert [one.run_id for one in take(path)] == ["r1"]
    assert [one.run_id for one in take(path)] == ["r2"]


def test_failures_leave_one_file_however_often_they_come(path: Path) -> None:
    for number in range(5):
        spooled.append(path, heard(f"r{number}"))
        with pytest.raises(ConnectionError), spooled.taken(path):
            raise ConnectionError
    assert len(list(path.parent.iterdir())) == 2
    assert [one.run_id for one in (*take(path), *take(path))] == ["r0", "r1", "r2", "r3", "r4"]


def test_one_at_a_time_holds_what_waits(path: Path) -> None:
    spooled.append(path, heard("r1"))
    with spooled.taken(path) as first:
        spooled.append(path, heard("r2"))
        assert take(path) == []
        assert [one.run_id for one in first.events] == ["r1"]
    assert [one.run_id for one in take(path)] == ["r2"]


def test_a_writer_in_the_middle_of_its_line_is_left_to_end_it(path: Path) -> None:
    spooled.append(path, heard("r1"))
    with path.open("ab") as writer:
        fcntl.flock(writer, fcntl.LOCK_SH)
        assert take(path) == []
        writer.write(b'\n{"dag_id": "etl", "run_id": "r2", "what": "run failed", "at": 2}\n')
    assert [one.run_id for one in take(path)] == ["r1", "r2"]


def test_a_writer_that_opened_the_spool_before_it_was_taken_writes_to_the_new_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spooled.append(path, heard("r1"))
    opened, read = os.open, []

    def taken_meanwhile(*arguments: Any) -> int:
        descriptor = opened(*arguments)
        monkeypatch.undo()
        read.extend(take(path))
        return descriptor

    monkeypatch.setattr(os, "open", taken_meanwhile)
    assert spooled.append(path, heard("r2"))
    assert [one.run_id for one in (*read, *take(path))] == ["r1", "r2"]


def test_a_spool_that_is_full_drops_what_comes_and_takes_it_again_once_it_was_read(path: Path) -> None:
    written = 0
    while spooled.append(path, heard(f"r{written}"), cap=1000):
        written += 1
    assert written == len(take(path)) > 5
    assert not spooled.waiting(path)
    assert spooled.append(path, heard("after"), cap=1000)


def test_a_full_disk_is_an_error_at_once() -> None:
    with pytest.raises(OSError, match="space") as caught:
        spooled.append(Path("/dev/full"), heard())
    assert caught.value.errno == errno.ENOSPC


@pytest.mark.parametrize("kind", ["folder", "below a file", "pipe"])
def test_a_spool_that_is_none_is_an_error_and_never_waits(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "events.jsonl"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_text("")
        path = path / "events.jsonl"
    with pytest.raises(OSError):
        spooled.append(path, heard())
    if kind != "below a file":
        with pytest.raises(OSError, match="is no file"):
            take(path)


def test_half_a_line_of_a_full_disk_does_not_swallow_the_next_one(path: Path) -> None:
    spooled.append(path, heard("r1"))
    path.write_bytes(path.read_bytes()[:-20])
    spooled.append(path, heard("r2"))
    with spooled.taken(path) as found:
        assert ([one.run_id for one in found.events], found.unreadable) == (["r2"], 1)


def test_the_longest_ids_fit_into_one_line_and_longer_ones_are_refused(path: Path) -> None:
    long = heard("\U0001f300" * 250, dag="ж" * 250)
    assert spooled.append(path, long)
    assert take(path) == [long]
    with pytest.raises(OSError, match="longer than 4096"):
        spooled.append(path, heard("x" * 5000))


def test_ids_that_are_no_unicode_are_no_accident(path: Path) -> None:
    assert spooled.append(path, heard("a\ud800b"))
    assert [one.run_id for one in take(path)] == ["a?b"]


GARBAGE = st.binary(max_size=60).filter(lambda line: b"dag_id" not in line)


@given(st.lists(st.one_of(GARBAGE, st.tuples(st.text(max_size=30), st.text(max_size=30))), max_size=30))
def test_whatever_else_is_in_the_file_every_line_of_ours_is_found(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Any]
) -> None:
    path = tmp_path_factory.mktemp("spool") / "events.jsonl"
    for line in lines:
        if isinstance(line, bytes):
            with path.open("ab") as file:
                file.write(line)
        else:
            spooled.append(path, heard(line[1], dag=line[0]))
    expected = [(one[0], one[1]) for one in lines if not isinstance(one, bytes)]
    assert [(a, b) for a, b in (one.run for one in take(path))] == expected


@pytest.mark.parametrize(
    "line",
    [
        "[" * 3000,
        "{}",
        "[]",
        "7",
        '{"dag_id": 7, "run_id": "r"}',
        '{"dag_id": "d", "run_id": null}',
        '{"dag_id": "d", "run_id": "r", "at": "soon"}',
        '{"dag_id": "d", "run_id": "r", "at": null}',
        "x" * 100_000,
        "\x00" * 10_000,
    ],
)
def test_lines_that_are_none_of_ours_are_counted_and_left_out(path: Path, line: str) -> None:
    spooled.append(path, heard("r1"))
    with path.open("a") as file:
        file.write(line)
    spooled.append(path, heard("r2"))
    with spooled.taken(path) as found:
        assert [one.run_id for one in found.events] == ["r1", "r2"]
        assert found.unreadable > 0


def test_a_huge_spool_is_read(path: Path) -> None:
    line = b'\n{"dag_id": "etl", "run_id": "r%06d", "what": "run success", "at": 1}\n'
    path.write_bytes(b"".join(line % number for number in range(150_000)))
    assert len({one.run for one in take(path)}) == 150_000


def test_killed_at_any_call_a_reader_loses_no_line(tmp_path: Path) -> None:
    """Readers that die before or after each of their calls, one death a life."""
    done = _kills("calls", tmp_path)
    deaths, lost = map(int, done.split())
    assert deaths > 20
    assert lost == 0


def test_writers_and_killed_readers_at_once_lose_no_line(tmp_path: Path) -> None:
    done = _kills("at-once", tmp_path)
    written, killed, lost = map(int, done.split())
    assert written == 4 * 1500
    assert killed > 0
    assert lost == 0


def _kills(what: str, folder: Path) -> str:
    """In a process of its own: it forks, which one that has threads must not."""
    return subprocess.run(
        [sys.executable, str(KILLS), what, str(folder)], capture_output=True, text=True, check=True, timeout=300
    ).stdout
