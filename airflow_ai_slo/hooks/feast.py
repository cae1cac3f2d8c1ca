"""How far Feast's online store reaches: what Feast itself remembers of each materialisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.hooks.asking import asking

if TYPE_CHECKING:
    from airflow_ai_slo.measure.freshness import Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class FeastQuery:
    """Feature views of Feast, each as fresh as the end of its newest materialisation.

    Feast is imported when it is asked, never before.

    :param repo: the folder of the feature repository, or its ``feature_store.yaml``.
    :param feature_views: names; several are judged each by itself.
    """

    repo: str
    feature_views: Sequence[str]

    def freshness(self, *, now: datetime, max_age: timedelta) -> Freshness:
        """Whether the one view is fresh, unknown before its first materialisation; of several, how many are."""
        from airflow_ai_slo.measure.freshness import freshness
        from airflow_ai_slo.measure.freshness_keys import each_fresh

        reached = self.reached()
        if len(reached) == 1:
            return freshness(reached.values(), now=now, max_age=max_age)
        return each_fresh(reached, now=now, max_age=max_age)

    def reached(self) -> dict[str, datetime | None]:
        """Up to when each view is materialised, by name; None before the first time.

        :raises ConfigurationError: Feast is not installed, there is no such repository, or no such view.
        :raises DataError: what Feast says when it cannot read its registry.
        """
        from airflow_ai_slo.measure.watermark import instant_of

        store = self._store()
        with asking("", where=f"feast_repo={self.repo!r}"):
            views = {view.name: view for view in _views(store)}
            unknown = [name for name in self.feature_views if name not in views]
            if unknown:
                known = ", ".join(sorted(views)) or "none"
                raise ConfigurationError(
                    f"feature_view={unknown[0]!r}: Feast's registry holds no such view; it holds {known}"
                )
            return {name: instant_of(views[name].most_recent_end_time) for name in self.feature_views}

    def _store(self) -> Any:
        try:
            from feast import FeatureStore
        except ImportError:
            raise ConfigurationError("Feast is not installed where this task runs: pip install feast") from None
        path = Path(self.repo)
        if path.is_dir():
            path /= "feature_store.yaml"
        if not path.is_file():
            raise ConfigurationError(f"feast_repo={self.repo!r}: there is no feature_store.yaml")
        with asking("", where=f"feast_repo={self.repo!r}"):
            # Without the folder, relative paths in the file would start from wherever the worker does.
            return FeatureStore(repo_path=str(path.parent), fs_yaml_file=path)


def _views(store: Any) -> list[Any]:
    """Batch and stream feature views; on-demand ones are computed when they are read and never materialised."""
    found = list(store.list_feature_views(allow_cache=False))
    return [*found, *store.list_stream_feature_views(allow_cache=False)]
