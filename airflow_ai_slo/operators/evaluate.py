"""Evaluates SLOs: incidents, freezes and messages come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.core.instants import CLOCKS_DIFFER
from airflow_ai_slo.operators.base import WRONG_SETTINGS, SLOOperator
from airflow_ai_slo.operators.definitions import Definitions, apply

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

    from airflow_ai_slo.core.evaluation import Evaluation
    from airflow_ai_slo.core.freeze_policy import FreezeMode
    from airflow_ai_slo.store import Store


class EvaluateSLOsOperator(SLOOperator):
    """Looks at what is left of each budget; opens and resolves incidents, freezes and thaws services, tells people.

    Any number of evaluations may run at once, of these and of ``ai-slo evaluate``. A store that is away fails the task,
    which is what retries are for. Channels never do: what they do not take waits in the store's outbox, and the next
    delivery tries again. So keep this out of DAGs that must not fail for it; a DAG of its own serves all SLOs.

    :param slos: only these, and those that share a service with them; None means all.
    :param definitions: what to apply first: OpenSLO files or folders (templated), or definitions in Python.
    :param deliver: whether to send what waits in the outbox.
    :param slack_conn_id: Airflow connection of type Slack API (a bot's token) or Slack incoming webhook, for what no
        notification target takes. Where it does not exist, messages wait.
    :param slack_channel: where a bot posts; by default the connection's extra ``channel``.
    :param report_url: where people find the report; every message links to it. By default ``AI_SLO_REPORT_URL``.
    :param at: the instant to evaluate at (templated); by default now.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (
        "slos",
        "definitions",
        "slack_conn_id",
        "slack_channel",
        "report_url",
        "at",
        "slo_conn_id",
    )

    def __init__(
        self,
        *,
        slos: Sequence[str] | None = None,
        definitions: Definitions | None = None,
        deliver: bool = True,
        slack_conn_id: str = "slack_default",
        slack_channel: str | None = None,
        report_url: str | None = None,
        at: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(slos, str):
            raise ConfigurationError(f"slos={slos!r}: give a list of names")
        self.slos = slos
        self.definitions = definitions
        self.deliver = deliver
        self.slack_conn_id = slack_conn_id
        self.slack_channel = slack_channel
        self.report_url = report_url
        self.at = at
        self._seen: Sequence[Evaluation] = ()
        self._modes: Mapping[str, FreezeMode] = {}

    def execute(self, context: Context) -> dict[str, Any]:
        """Returns ``{at, slos, exhausted, firing: {slo: severity}, frozen, sent, pending}``."""
        from airflow_ai_slo import engine
        from airflow_ai_slo.compat import run_of
        from airflow_ai_slo.hooks.stats import emit

        try:
            now = run_of(context).now
            at = now if self.at is None else _instant(self.at, now)
            store = self.hook.get_store()
            if self.definitions is not None:
                apply(store, self.definitions, now=now, log=self.log)
            seen = engine.evaluate(store, at=at, slos=self.slos)
        except WRONG_SETTINGS as error:
            raise AirflowFailException(str(error)) from None
        for one in seen:
            self._tell(one)
        self._seen, self._modes = seen, engine.freeze_modes(store)
        emit(seen, self._modes, log=self.log)
        frozen = sorted(engine.frozen_services(store))
        if frozen:
            self.log.warning("Frozen: %s", ", ".join(frozen))
        return {
            "at": at.isoformat(),
            "slos": len(seen),
            "exhausted": [one.slo.name for one in seen if one.exhausted],
            "firing": {one.slo.name: one.firing.label for one in seen if one.firing is not None},
            "frozen": frozen,
        } | (self._deliver(store, now) if self.deliver else {})

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any] | None:
        """Where the SLOs stand, for OpenLineage; Airflow's provider calls this."""
        from airflow_ai_slo.hooks import lineage

        return lineage.evaluated(self._seen, self._modes)

    def _deliver(self, store: Store, now: datetime) -> dict[str, Any]:
        from airflow_ai_slo.hooks.delivery import deliver

        done = deliver(
            store,
            now=now,
            slack_conn_id=self.slack_conn_id,
            slack_channel=self.slack_channel,
            report_url=self.report_url,
            log=self.log,
        )
        return {"sent": done.sent, "pending": done.pending}

    def _tell(self, seen: Evaluation) -> None:
        from airflow_ai_slo.alerts import words

        log = self.log.warning if seen.firing or seen.exhausted else self.log.info
        firing = f", {seen.firing.label} rule firing" if seen.firing else ""
        log("SLO %s: SLI %s, budget left %s%s", seen.slo.name, words.sli(seen), words.budget_left(seen), firing)


def _instant(value: Any, now: datetime) -> datetime:
    from airflow_ai_slo.measure.watermark import instant_of

    try:
        at = instant_of(value)
    except DataError as error:
        raise ConfigurationError(f"at: {error}") from None
    if at is None:
        raise ConfigurationError(f"at={value!r} is no instant; give ISO 8601, such as {{{{ data_interval_end }}}}")
    if at > now + CLOCKS_DIFFER:  # what is decided there keeps later evaluations from deciding anything until then
        raise ConfigurationError(f"at={at.isoformat()} is yet to come; evaluate the past or the present")
    return at
