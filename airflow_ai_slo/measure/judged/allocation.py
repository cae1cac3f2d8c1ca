"""How many rows each stratum of a sample gets."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from math import isfinite, sqrt
from typing import Literal

from airflow_ai_slo.core.errors import ConfigurationError

Allocation = Literal["proportional", "equal", "neyman"]
ALLOCATIONS = ("proportional", "equal", "neyman")

LEAST = 2
"""Rows of every stratum at least, where it has so many: from one row nothing can be told of its spread."""

MOST_STRATA = 200


def allocate(
    n: int,
    population: Mapping[str, int],
    allocation: Allocation = "proportional",
    prior: Mapping[str, float] | None = None,
) -> dict[str, int]:
    """Rows to draw of each stratum: ``min(n, rows there are)`` in all, at least :data:`LEAST` of each.

    - ``proportional``: by their sizes;
    - ``equal``: as many of each, as far as they have them;
    - ``neyman``: by N_h sqrt(p_h (1 - p_h)), the most where a verdict is hardest to foretell (Neyman, J. (1934), JRSS
      97, 558-625). p_h are shares expected to be good, such as those of an earlier sample.

    What is over is given out by Webster's method, so the split is as near to the weights as whole rows can be.

    :param prior: expected share of good by stratum, for ``neyman``; 0.5 where none is named. Shares outside 0.01 to
        0.99 count as those, so that no stratum is given up on.
    :raises ConfigurationError: n is too small for so many strata, there are too many of them, or an option is wrong.
    """
    if allocation not in ALLOCATIONS:
        raise ConfigurationError(f"allocation={allocation!r} is not one of {', '.join(ALLOCATIONS)}")
    if len(population) > MOST_STRATA:
        raise ConfigurationError(
            f"stratify_by: {len(population)} different values, at most {MOST_STRATA}; take a column with fewer"
        )
    if population and prior and not prior.keys() & population.keys():
        named, there = (", ".join(map(repr, list(one)[:5])) for one in (prior, population))
        raise ConfigurationError(f"prior names {named}; the strata are {there}")
    given = {name: min(LEAST, size) for name, size in population.items()}
    least = sum(given.values())
    if n < least:
        raise ConfigurationError(f"n={n} is too small for {len(population)} strata; at least {least}, {LEAST} of each")
    weights = _weights(population, allocation, prior or {})
    queue = [(-weights[name] / (2 * given[name] + 1), name) for name in population if given[name] < population[name]]
    heapq.heapify(queue)
    for _ in range(min(n, sum(population.values())) - least):
        _, name = heapq.heappop(queue)
        given[name] += 1
        if given[name] < population[name]:
            heapq.heappush(queue, (-weights[name] / (2 * given[name] + 1), name))
    return given


def _weights(population: Mapping[str, int], allocation: Allocation, prior: Mapping[str, float]) -> dict[str, float]:
    if allocation == "equal":
        return dict.fromkeys(population, 1.0)
    if allocation == "proportional":
        return {name: float(size) for name, size in population.items()}
    return {name: size * _spread(name, prior.get(name, 0.5)) for name, size in population.items()}


def _spread(name: str, share: float) -> float:
    if isinstance(share, bool) or not isinstance(share, int | float) or not isfinite(share) or not 0 <= share <= 1:
        raise ConfigurationError(f"prior[{name!r}]={share!r} is not a share between 0 and 1")
    likely = min(max(float(share), 0.01), 0.99)
    return sqrt(likely * (1 - likely))
