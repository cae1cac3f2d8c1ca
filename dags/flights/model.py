"""The delay model: a logistic regression kept as plain JSON, which anything can read and nothing has to trust."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """How likely a flight arrives more than 15 minutes late, from what is known when it leaves.

    :param numbers: feature -> (mean, standard deviation, weight).
    :param categories: feature -> value -> weight; a value the training never saw weighs nothing.
    :param trained_on: where it comes from, for people.
    """

    intercept: float
    numbers: Mapping[str, tuple[float, float, float]]
    categories: Mapping[str, Mapping[str, float]]
    trained_on: Mapping[str, Any]

    def probability(self, features: Mapping[str, Any]) -> float:
        """Between 0 and 1."""
        logit = self.intercept
        for name, (mean, deviation, weight) in self.numbers.items():
            logit += weight * (float(features[name]) - mean) / deviation
        for name, weights in self.categories.items():
            logit += weights.get(features[name], 0.0)
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, logit))))

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1))


def load_model(path: Path) -> Model:
    """Read what :meth:`Model.save` wrote."""
    parts = json.loads(path.read_text())
    parts["numbers"] = {name: tuple(scale) for name, scale in parts["numbers"].items()}
    return Model(**parts)
