"""Reference profiles in the store: versions, names, and several who save at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from slo_kit import DAY, NOW
from sqlalchemy import update

from airflow_ai_slo import engine
from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.drift import ReferenceProfile, build_profile
from airflow_ai_slo.store import Store
from airflow_ai_slo.store.tables import profile


def a_profile(shift: float = 0.0, **changes: Any) -> ReferenceProfile:
    draw = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "delay": np.append(draw.normal(shift, 10, 300), [np.inf, np.nan]),
            "carrier": draw.choice(["AA", "Ä\0", "UA"], 302),
        }
    )
    return replace(build_profile(frame, name="january", now=NOW, source="a test"), **changes)


def numbers(store: Store, name: str | None = None) -> list[tuple[str, int]]:
    return [(one.name, one.version) for one in engine.list_profiles(store, name)]


def test_a_profile_is_read_back_as_it_was_saved_under_its_name_and_version(store: Store) -> None:
    kept, is_new = engine.save_profile(store, a_profile(), now=NOW)
    assert ((kept.name, kept.version, kept.saved_at), is_new) == (("january", 1, NOW), True)
    assert engine.read_profile(store, "january") == a_profile(name="january@1")


def test_every_change_is_a_version_and_the_newest_is_the_one_without_a_number(store: Store) -> None:
    for number, shift in enumerate((0, 5, 9)):
        engine.save_profile(store, a_profile(shift), now=NOW + number * DAY)
    assert numbers(store, "january") == [("january", 3), ("january", 2), ("january", 1)]
    assert [one.saved_at for one in engine.list_profiles(store)] == [NOW + 2 * DAY, NOW + DAY, NOW]
    assert engine.read_profile(store, "january") == a_profile(9, name="january@3")
    assert engine.read_profile(store, "january@2") == a_profile(5, name="january@2")
    # Going back to an earlier one is a change as well.
    assert engine.save_profile(store, a_profile(), now=NOW)[0].version == 4


def test_the_same_data_profiled_again_is_no_new_version(store: Store) -> None:
    engine.save_profile(store, a_profile(), now=NOW)
    kept, is_new = engine.save_profile(store, a_profile(created_at=NOW + DAY), now=NOW + DAY)
    assert (kept.version, kept.saved_at, is_new) == (1, NOW, False)
    # A version that was read can be saved under its own name again, and under another.
    again = engine.read_profile(store, "january@1")
    assert engine.save_profile(store, again, now=NOW, name="january") == (kept, False)
    engine.save_profile(store, again, now=NOW, name="Äpril")
    assert numbers(store) == [("january", 1), ("Äpril", 1)]


def test_a_profile_or_version_that_is_not_there_names_those_that_are(store: Store) -> None:
    with pytest.raises(ConfigurationError, match="no profile 'june'; it has none yet: ai-slo profile save"):
        engine.read_profile(store, "june")
    for shift in (0, 5):
        engine.save_profile(store, a_profile(shift), now=NOW)
    with pytest.raises(ConfigurationError, match="no profile 'june'; it has january"):
        engine.list_profiles(store, "june")
    with pytest.raises(ConfigurationError, match="no profile 'january@3'; 'january' has versions 1 to 2"):
        engine.read_profile(store, "january@3")
    for name in ("january@0", "january@02", "january@x", "january@", "@1", "", "x\0"):
        with pytest.raises(ConfigurationError, match="the store holds no profile"):
            engine.read_profile(store, name)


@pytest.mark.parametrize("name", ["", "january@2", "january.json", "a\0b", "x" * 251, "\ud800"])
def test_names_that_could_not_be_told_from_files_and_versions_are_refused(store: Store, name: str) -> None:
    with pytest.raises(ConfigurationError, match="profile name"):
        engine.save_profile(store, a_profile(), now=NOW, name=name)
    assert numbers(store) == []


def test_what_this_release_cannot_read_says_which_profile_and_field(store: Store) -> None:
    engine.save_profile(store, a_profile(), now=NOW)
    with store.write() as connection:
        connection.execute(update(profile).values(body='{"version": 9}'))
    with pytest.raises(DataError, match="profile january@1: version is 9"):
        engine.read_profile(store, "january")


def test_many_who_save_at_once_each_get_a_version(store: Store) -> None:
    def save(shift: int) -> int:
        return engine.save_profile(store, a_profile(shift), now=NOW)[0].version

    with ThreadPoolExecutor(6) as pool:
        given = list(pool.map(save, range(18)))
    assert sorted(given) == list(range(1, 19))
    for shift, version in enumerate(given):
        assert engine.read_profile(store, f"january@{version}") == a_profile(shift, name=f"january@{version}")
