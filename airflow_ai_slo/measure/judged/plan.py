"""What a random sample of rows is to hold, and the chance of each row.

Every row has a random number of its own, the MD5 of seed and key, and those with the smallest are drawn: a row's chance
does not depend on the others, so a table that grew in the meantime changes no more of the sample than it must.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.judged.allocation import Allocation, allocate

EVERYTHING = ""
"""Name of the one stratum of a simple random sample, and of rows whose stratum is null."""


def digits(text: str) -> str:
    """The MD5 of a text, as PostgreSQL writes it; it deals rows out, it guards nothing."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to draw.

    :param n: rows in all; all there are, where there are fewer.
    :param seed: text; the same draws the same.
    :param key: column that tells rows apart. A frame or a file may do without: then the row's number does.
    :param stratify_by: column whose values are the strata; by default a simple random sample.
    :param prior: expected share of good by stratum, for ``neyman``.
    :raises ConfigurationError: n is not a whole number above zero.
    """

    n: int
    seed: str
    key: str | None = None
    stratify_by: str | None = None
    allocation: Allocation = "proportional"
    prior: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.n, bool) or not isinstance(self.n, int) or self.n < 1:
            raise ConfigurationError(f"n={self.n!r}: give a whole number of rows above zero")

    def chance(self, key: object) -> str:
        """The random number of a row: hexadecimal digits."""
        return digits(f"{self.seed}:{key}")

    def shares(self, population: Mapping[str, int]) -> dict[str, int]:
        """Rows of each stratum."""
        if self.stratify_by is None:
            return {name: min(self.n, size) for name, size in population.items()}
        return allocate(self.n, population, self.allocation, self.prior)


def check_key(key: str, rows: int, there: int, distinct: int) -> None:
    """:raises DataError: a key is null, or two rows have the same one."""
    if there < rows:
        raise DataError(f"key={key!r}: is null in {rows - there} of {rows} rows; take a column that every row has")
    if distinct < rows:
        raise DataError(f"key={key!r}: {rows} rows have {distinct} different keys; take a column that tells rows apart")
