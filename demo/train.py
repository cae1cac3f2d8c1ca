"""Trains the delay model on January, once, and takes it apart into plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flights.feed import Flight
from flights.model import Model

NUMBERS = ("dep_delay", "hour", "distance")
CATEGORIES = ("carrier", "origin", "dest")
LATE_MINUTES = 15


def train(flights: Sequence[Flight], *, called: str) -> Model:
    """Fit a logistic regression for "arrives more than 15 minutes late".

    :param flights: those that never left or never arrived have no outcome to learn from and stay out.
    :param called: what the data is, for people.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    known = [flight for flight in flights if flight.dep_delay is not None and flight.arr_delay is not None]
    late = np.array([flight.arr_delay > LATE_MINUTES for flight in known])  # type: ignore[operator]
    values = np.array([[float(getattr(flight, name)) for name in NUMBERS] for flight in known])
    means, deviations = values.mean(axis=0), values.std(axis=0)
    columns: list[Any] = list(((values - means) / deviations).T)
    one_hot = [(name, value) for name in CATEGORIES for value in sorted({getattr(flight, name) for flight in known})]
    columns += [np.array([getattr(flight, name) == value for flight in known], dtype=float) for name, value in one_hot]
    fitted = LogisticRegression(max_iter=200).fit(np.column_stack(columns), late)
    weights = [float(weight) for weight in fitted.coef_[0]]
    scales = zip(NUMBERS, means, deviations, weights, strict=False)
    categories: dict[str, dict[str, float]] = {name: {} for name in CATEGORIES}
    for (name, value), weight in zip(one_hot, weights[len(NUMBERS) :], strict=True):
        categories[name][value] = weight
    return Model(
        intercept=float(fitted.intercept_[0]),
        numbers={name: (float(mean), float(deviation), weight) for name, mean, deviation, weight in scales},
        categories=categories,
        trained_on={"data": called, "flights": len(known), "late_share": round(float(late.mean()), 4)},
    )
