"""Random samples: the same seed draws the same rows, wherever they lie and in whatever order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.judged import drawing
from airflow_ai_slo.measure.judged.drawing import draw
from airflow_ai_slo.measure.judged.plan import Plan

ROWS = pd.DataFrame(
    {
        "id": range(1, 1001),
        "lang": pd.Series(["en"] * 900 + ["de"] * 90 + [None] * 10, dtype=object),
        "answer": ["a % :b 'c'"] * 1000,
        "score": np.linspace(0, 1, 1000),
    }
)
PLANS = [
    Plan(n=20, seed="s", key="id"),
    Plan(n=30, seed="s", key="id", stratify_by="lang"),
    Plan(n=30, seed="t", key="id", stratify_by="lang", allocation="equal"),
    Plan(n=5000, seed="t", key="id", stratify_by="lang"),
]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def warehouse(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("postgres_server")
    engine = sa.create_engine(url)
    ROWS.to_sql("answers", engine, index=False, if_exists="replace")
    yield engine
    engine.dispose()


@pytest.mark.parametrize("plan", PLANS)
def test_frames_tables_and_queries_give_the_same_sample(
    warehouse: sa.Engine, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = draw(Source(frame=ROWS), plan)
    sources = [
        Source(frame=ROWS.sample(frac=1, random_state=1)),
        Source(engine=warehouse, table="answers"),
        Source(engine=warehouse, sql="SELECT * FROM answers ORDER BY id DESC"),
    ]
    found = [draw(source, plan) for source in sources]
    monkeypatch.setattr(drawing, "_PUSHED", ())
    found.append(draw(sources[1], plan))
    for other in found:
        assert other.population == first.population
        assert [(one.key, one.stratum) for one in other.items] == [(one.key, one.stratum) for one in first.items]
        for here, there in zip(first.items, other.items, strict=True):
            assert dict(there.row) == pytest.approx(dict(here.row), nan_ok=True) or _same(here.row, there.row)
    assert sum(first.population.values()) == 1000
    assert len(first.items) == min(plan.n, 1000)


def _same(one, other) -> bool:
    return all((pd.isna(one[name]) and pd.isna(other[name])) or one[name] == other[name] for name in one)


def test_strata_are_as_large_as_asked_and_missing_is_one_of_them() -> None:
    sample = draw(Source(frame=ROWS), PLANS[2])
    assert Counter(one.stratum for one in sample.items) == {"en": 10, "de": 10, "": 10}
    assert sample.population == {"": 10, "de": 90, "en": 900}


def test_another_seed_draws_other_rows_and_new_rows_change_little() -> None:
    first = {one.key for one in draw(Source(frame=ROWS), PLANS[0]).items}
    assert first != {one.key for one in draw(Source(frame=ROWS), Plan(n=20, seed="u", key="id")).items}
    grown = pd.concat([ROWS, ROWS.assign(id=ROWS["id"] + 1000).head(100)])
    assert len(first & {one.key for one in draw(Source(frame=grown), PLANS[0]).items}) >= 15


def test_every_row_has_the_same_chance() -> None:
    rows = ROWS.head(40)
    drawn = Counter(
        one.key for seed in range(1000) for one in draw(Source(frame=rows), Plan(n=10, seed=str(seed), key="id")).items
    )
    from scipy.stats import chisquare

    assert chisquare([drawn[str(key)] for key in rows["id"]]).pvalue > 0.001


def test_a_frame_without_a_key_goes_by_the_number_of_the_row() -> None:
    sample = draw(Source(frame=ROWS), Plan(n=3, seed="s"))
    assert all(one.row["id"] == int(one.key) + 1 for one in sample.items)


def test_no_rows_are_an_empty_sample(warehouse: sa.Engine) -> None:
    for source in (Source(frame=ROWS.head(0)), Source(engine=warehouse, sql="SELECT * FROM answers WHERE id < 0")):
        for plan in PLANS:
            assert draw(source, plan).items == ()


def test_keys_that_do_not_tell_rows_apart_are_refused(warehouse: sa.Engine) -> None:
    for source in (Source(frame=ROWS), Source(engine=warehouse, table="answers")):
        with pytest.raises(DataError, match="key='answer': 1000 rows have 1 different keys"):
            draw(source, Plan(n=5, seed="s", key="answer"))
        with pytest.raises(DataError, match="key='lang': is null in 10 of 1000 rows"):
            draw(source, Plan(n=5, seed="s", key="lang"))
        with pytest.raises(DataError, match="has no column 'nope'"):
            draw(source, Plan(n=5, seed="s", key="nope"))
        with pytest.raises(DataError, match="has no column 'nope'"):
            draw(source, Plan(n=5, seed="s", key="id", stratify_by="nope"))
    with pytest.raises(ConfigurationError, match="key is missing"):
        draw(Source(engine=warehouse, table="answers"), Plan(n=5, seed="s"))


@pytest.mark.parametrize("n", [0, -1, 2.5, True])
def test_n_is_a_whole_number_above_zero(n) -> None:
    with pytest.raises(ConfigurationError, match="whole number of rows above zero"):
        Plan(n=n, seed="s")
