"""How far a sample of embedding vectors moved from a reference sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.measure.drift.result import Verdict

if TYPE_CHECKING:
    from airflow_ai_slo.measure.drift.vectors import VectorProfile, Vectors

LEAST = 20
"""Vectors on each side, below which nothing can be told."""

_FOLDS = 5
_LANDMARKS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingThresholds:
    """When embeddings drifted.

    :param auc: drift where a classifier tells current from reference with an area under the curve above this, and
    :param p: with a p below this.
    """

    auc: float = 0.65
    p: float = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingDrift:
    """Figures of two samples; those that do not apply are None.

    :param auc: area under the ROC curve of a classifier that tells current from reference, on vectors it has not seen:
        0.5 where it cannot, 1 where it always can.
    :param p: of the Mann-Whitney test of its scores, one-sided.
    :param mean_cosine: 1 - the cosine of both means: 0 to 2.
    :param mean_shift: distance of both means / the reference's root mean square distance from its mean.
    :param message: why there is no verdict, in words.
    """

    reference: str
    verdict: Verdict
    n_reference: int
    n_current: int
    dimensions: int
    auc: float | None = None
    p: float | None = None
    mean_cosine: float | None = None
    mean_shift: float | None = None
    message: str = ""

    @property
    def total(self) -> int:
        """One event where it could be judged, else none."""
        return int(self.verdict in (Verdict.DRIFT, Verdict.STABLE))

    @property
    def good(self) -> int:
        """One where it did not drift."""
        return int(self.verdict is Verdict.STABLE)


def measure_vectors(
    profile: VectorProfile, current: Vectors, *, thresholds: EmbeddingThresholds | None = None
) -> EmbeddingDrift:
    """Compare a sample with the reference's.

    :param current: one row per vector, see ``vectors_of``.
    :raises ConfigurationError: scikit-learn is not installed.
    """
    limits = thresholds or EmbeddingThresholds()
    reference = profile.sample
    sizes = {"n_reference": len(reference), "n_current": len(current), "dimensions": reference.shape[1]}
    about: dict[str, Any] = {"reference": f"{profile.name}@{profile.version}"} | sizes
    if not len(reference) or not len(current):
        side = "reference" if not len(reference) else "current data"
        return EmbeddingDrift(verdict=Verdict.EMPTY, message=f"the {side} holds no vectors", **about)
    if current.shape[1] != reference.shape[1]:
        text = f"vectors have {current.shape[1]} numbers; the reference's have {reference.shape[1]}"
        return EmbeddingDrift(verdict=Verdict.ERROR, message=text, **about)
    cosine, shift = _means(reference, current)
    if min(len(reference), len(current)) < LEAST:
        text = f"fewer than {LEAST} vectors on one side"
        return EmbeddingDrift(verdict=Verdict.INSUFFICIENT, mean_cosine=cosine, mean_shift=shift, message=text, **about)
    auc, p = _told_apart(reference, current)
    verdict = Verdict.STABLE
    if auc > limits.auc:
        verdict = Verdict.DRIFT if p < limits.p else Verdict.INSUFFICIENT
    return EmbeddingDrift(verdict=verdict, auc=auc, p=p, mean_cosine=cosine, mean_shift=shift, **about)


def _means(reference: Vectors, current: Vectors) -> tuple[float | None, float | None]:
    import numpy as np

    left, right = reference.mean(axis=0), current.mean(axis=0)
    lengths = float(np.linalg.norm(left) * np.linalg.norm(right))
    spread = float(np.sqrt(((reference - left) ** 2).sum(axis=1).mean()))
    cosine = 1 - float(np.clip(left @ right / lengths, -1, 1)) if lengths else None
    return cosine, float(np.linalg.norm(left - right)) / spread if spread else None


def _told_apart(reference: Vectors, current: Vectors) -> tuple[float, float]:
    """A logistic regression on the standardised numbers and on their similarity to some hundred vectors (a Nyström map
    of the RBF kernel, its width the median distance), so that a change of spread is seen as well as one of place."""
    import numpy as np
    from scipy.spatial.distance import pdist
    from scipy.stats import mannwhitneyu

    try:
        from sklearn.kernel_approximation import Nystroem
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import StratifiedKFold, cross_val_predict
        from sklearn.pipeline import FeatureUnion, make_pipeline
        from sklearn.preprocessing import FunctionTransformer, StandardScaler
    except ImportError:
        raise ConfigurationError("embeddings need scikit-learn: pip install 'airflow-ai-slo[embeddings]'") from None
    both = StandardScaler().fit_transform(np.vstack([reference, current]))
    labels = np.repeat([0, 1], [len(reference), len(current)])
    few = np.random.default_rng(0).choice(both, min(len(both), 500), replace=False)
    width = float(np.median(pdist(few, "sqeuclidean"))) or 1.0
    landmarks = min(_LANDMARKS, int(len(both) * (1 - 1 / _FOLDS)))
    features = FeatureUnion(
        [
            ("place", FunctionTransformer()),
            ("similarity", Nystroem(gamma=1 / width, n_components=landmarks, random_state=0)),
        ]
    )
    model = make_pipeline(features, StandardScaler(), LogisticRegression(C=0.01, max_iter=300, class_weight="balanced"))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    scores = cross_val_predict(model, both, labels, cv=folds, method="decision_function")
    test = mannwhitneyu(scores[labels == 1], scores[labels == 0], alternative="greater")
    return float(test.statistic) / (len(reference) * len(current)), float(test.pvalue)
