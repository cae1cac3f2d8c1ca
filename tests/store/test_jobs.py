"""Long work that a button starts: one of a kind at a time, on both stores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from slo_kit import MINUTE, NOW

from airflow_ai_slo.store import Store, jobs


def claim(store: Store, token: str, *, after: timedelta = timedelta(0)) -> jobs.Job:
    with store.write() as connection:
        return jobs.claim(connection, "import", token, NOW + after)


def test_of_many_at_once_one_begins(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda number: claim(store, str(number)), range(8)))
    assert len(found) == 1


def test_it_tells_how_far_it_is_and_what_came_of_it(store: Store) -> None:
    with store.read() as connection:
        assert jobs.last(connection, "import") is None
    one = claim(store, "a")
    with store.write() as connection:
        assert jobs.tell(connection, one, done=3, total=7, now=NOW + MINUTE)
    with store.read() as connection:
        told = jobs.last(connection, "import")
    assert told == one._replace(done=3, total=7, seen_at=NOW + MINUTE)
    with store.write() as connection:
        jobs.end(connection, one, "done", "all of it", now=NOW + 2 * MINUTE)
        assert not jobs.tell(connection, one, done=4, total=7, now=NOW + 3 * MINUTE)
        told = jobs.last(connection, "import")
    assert told == one._replace(state="done", done=3, total=7, detail="all of it", seen_at=NOW + 2 * MINUTE)
    assert claim(store, "b", after=3 * MINUTE).token == "b"


def test_one_that_was_killed_is_in_nobodys_way(store: Store) -> None:
    one = claim(store, "killed")
    assert claim(store, "too soon", after=jobs.SILENT_FOR - MINUTE) == one
    assert claim(store, "next", after=jobs.SILENT_FOR).token == "next"
    with store.write() as connection:
        jobs.end(connection, one, "done", "came back", now=NOW + 2 * jobs.SILENT_FOR)
        told = jobs.last(connection, "import")
    assert told is not None
    assert (told.token, told.state) == ("next", "running")
