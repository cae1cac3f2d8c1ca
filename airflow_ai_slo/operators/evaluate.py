"""Evaluates SLOs: incidents, freezes and messages come of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from airflow_ai_slo.compat import run_of
from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.operators.base import WRONG_SETTINGS, SLOOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.core.definition import SLO, Service
    from airflow_ai_slo.core.evaluation import Evaluation
    from airflow_ai_slo.core.target import Target
    from airflow_ai_slo.store import Store

Definitions = str | Path | Sequence["str | Path | SLO | Service"]


class EvaluateSLOsOperator(SLOOperator):
    """Looks at what is left of each budget; opens and resolves incidents, freezes and thaws services, tells people.

    Any number of evaluations may run at once, of these and of ``ai-slo evaluate``. A store that is away fails the task,
    which is what retries are for. Slack never does: what it does not take waits in the store's outbox, and the next
    delivery tries again. So keep this out of DAGs that must not fail for it; a DAG of its own serves all SLOs.

    :param slos: only these, and those that share a service with them; None means all.
    :param definitions: what to apply first: OpenSLO files or folders (templated), or definitions in Python. Their Slack
        targets are told through the channels and connections that they name.
    :param deliver: whether to send what waits in the outbox.
    :param slack_conn_id: Airflow connection of type Slack API (a bot's token) or Slack incoming webhook. Where it does
        not exist, messages wait.
    :param slack_channel: where a bot posts; by default the connection's extra ``channel``.
    :param at: the instant to evaluate at (templated); by default now.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = ("slos", "definitions", "slack_conn_id", "slack_channel", "at", "slo_conn_id")

    def __init__(
        self,
        *,
        slos: Sequence[str] | None = None,
        definitions: Definitions | None = None,
        deliver: bool = True,
        slack_conn_id: str = "slack_default",
        slack_channel: str | None = None,
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
        self.at = at

    def execute(self, context: Context) -> dict[str, Any]:
        """Returns ``{at, slos, exhausted, firing: {slo: severity}, frozen, sent, pending}``."""
        from airflow_ai_slo import engine

        try:
            now = run_of(context).now
            at = now if self.at is None else _instant(self.at)
            store = self.hook.get_store()
            targets = self._apply(store, now)
            seen = engine.evaluate(store, at=at, slos=self.slos)
        except WRONG_SETTINGS as error:
            raise AirflowFailException(str(error)) from error
        for one in seen:
            self._tell(one)
        frozen = sorted(engine.frozen_services(store))
        if frozen:
            self.log.warning("Frozen: %s", ", ".join(frozen))
        return {
            "at": at.isoformat(),
            "slos": len(seen),
            "exhausted": [one.slo.name for one in seen if one.exhausted],
            "firing": {one.slo.name: one.firing.label for one in seen if one.firing is not None},
            "frozen": frozen,
        } | (self._deliver(store, now, targets) if self.deliver else {})

    def _apply(self, store: Store, now: datetime) -> tuple[Target, ...]:
        from airflow_ai_slo import engine
        from airflow_ai_slo.core.definition import SLO, Service
        from airflow_ai_slo.openslo import require

        if self.definitions is None:
            return ()
        given: Any = [self.definitions] if isinstance(self.definitions, str | Path) else list(self.definitions)
        slos = [one for one in given if isinstance(one, SLO)]
        services = [one for one in given if isinstance(one, Service)]
        paths = [one for one in given if isinstance(one, str | Path)]
        targets: tuple[Target, ...] = ()
        if paths:
            loaded = require(paths)
            slos, services, targets = [*slos, *loaded.slos], [*services, *loaded.services], loaded.targets
        if len(slos) + len(services) == 0 or len(given) > len(slos) + len(services) + len(paths):
            raise ConfigurationError("definitions: give OpenSLO files or folders, SLO and Service objects")
        for change in engine.apply(store, slos, services, now=now):
            if change.change != "unchanged":
                self.log.info("SLO %s: %s", change.slo, change.change)
        return targets

    def _deliver(self, store: Store, now: datetime, targets: tuple[Target, ...]) -> dict[str, Any]:
        from airflow_ai_slo import engine
        from airflow_ai_slo.hooks.slack import slack_channels

        channels, problems = slack_channels(self.slack_conn_id, self.slack_channel, targets)
        done = engine.deliver(store, channels, now=now)
        for problem in (*problems, *done.problems) if done.pending or done.failed else ():
            self.log.warning("Not told: %s", problem)
        if done.sent or done.pending:
            self.log.info("Messages: %d sent, %d waiting", done.sent, done.pending)
        return {"sent": done.sent, "pending": done.pending}

    def _tell(self, seen: Evaluation) -> None:
        from airflow_ai_slo.alerts import words

        log = self.log.warning if seen.firing or seen.exhausted else self.log.info
        firing = f", {seen.firing.label} rule firing" if seen.firing else ""
        log("SLO %s: SLI %s, budget left %s%s", seen.slo.name, words.sli(seen), words.budget_left(seen), firing)


def _instant(value: Any) -> datetime:
    from airflow_ai_slo.measure.watermark import instant_of

    try:
        at = instant_of(value)
    except DataError as error:
        raise ConfigurationError(f"at: {error}") from None
    if at is None:
        raise ConfigurationError(f"at={value!r} is no instant; give ISO 8601, such as {{{{ data_interval_end }}}}")
    return at
