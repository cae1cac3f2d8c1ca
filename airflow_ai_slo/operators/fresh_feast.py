"""Measures how far Feast's feature views are materialised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.fresh import FreshnessOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.measure.freshness import Freshness


class FeastFreshnessOperator(FreshnessOperator):
    """One check: good when a feature view of Feast is materialised up to at most ``max_age`` ago.

    Of several views, good = views fresh, total = views. One that was never materialised is unknown, and as one of
    several not fresh. Feast is imported when the task runs; it has to be installed there.

    :param slo: name of the SLO the measurement belongs to.
    :param max_age: the highest age that is still fresh.
    :param feature_view: the name of one view, or a list.
    :param feast_repo: the folder of the feature repository, or its ``feature_store.yaml``.
    :param as_of: the instant of looking, as a template; by default now.
    :param fail_on_bad: whether stale data fails this task, after it was recorded; so does unknown, which is not fresh.
    """

    template_fields: Sequence[str] = (*FreshnessOperator.template_fields, "feature_view", "feast_repo")

    def __init__(
        self, *, slo: str, max_age: timedelta, feature_view: str | Sequence[str], feast_repo: str, **kwargs: Any
    ) -> None:
        super().__init__(slo=slo, max_age=max_age, **kwargs)
        if self.over is not None:
            raise ConfigurationError(
                "over: Feast keeps up to when a view reaches, not when that became so; leave it out"
            )
        if not feature_view:
            raise ConfigurationError("feature_view is empty: name a feature view, or several in a list")
        self.feature_view = feature_view
        self.feast_repo = feast_repo

    @property
    def method(self) -> str:
        """``check``, or ``keys`` of several views."""
        return "check" if len(self._views()) == 1 else "keys"

    def look(self, context: Context, now: datetime) -> Freshness:
        """One check."""
        from airflow_ai_slo.hooks.feast import FeastQuery

        query = FeastQuery(repo=self.feast_repo, feature_views=self._views())
        return query.freshness(now=now, max_age=self.max_age)

    def _views(self) -> list[str]:
        return [self.feature_view] if isinstance(self.feature_view, str) else list(self.feature_view)
