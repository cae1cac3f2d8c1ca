"""Databases for tests of quality."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from quality_kit import Databases, Everywhere


@pytest.fixture(scope="session")
def databases(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    folder: Path = tmp_path_factory.mktemp("quality")
    found = Databases(
        {
            "sqlite": sa.create_engine(f"sqlite:///{folder / 'rows.db'}"),
            "postgresql": sa.create_engine(postgres_server),
            "duckdb": sa.create_engine(f"duckdb:///{folder / 'rows.duckdb'}"),
        }
    )
    yield found
    for engine in found.engines.values():
        engine.dispose()


@pytest.fixture
def everywhere(databases: Databases) -> Everywhere:
    """Puts a frame everywhere: sources by name."""
    return databases.sources
