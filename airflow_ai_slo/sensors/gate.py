"""Waits until a frozen service thaws."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import BaseSensorOperator, PokeReturnValue
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowException, AirflowSensorTimeout, AirflowSkipException

from airflow_ai_slo.core.instants import MAX_AGE
from airflow_ai_slo.hooks.gate import OnUnknown, check_options, explain, labels_of, tell_passing
from airflow_ai_slo.hooks.store import SLOHook

if TYPE_CHECKING:
    from airflow.sdk import Context


class FreezeGateSensor(BaseSensorOperator):
    """Waits until changes to a service are allowed; each change of the answer is audited.

    Takes the usual sensor parameters (``timeout``, ``poke_interval``, ``mode``, ``soft_fail``…).

    :param service: service the change goes to.
    :param labels: labels of the change, a list or one string separated by commas; an exempt one passes at once.
    :param on_unknown: ``block`` waits while nobody knows (the default), ``allow`` passes.
    :param max_age: the oldest evaluation that still counts as an answer.
    :param slo_conn_id: Airflow connection of the store.
    :param deferrable: whether to wait in the triggerer, where ``poke_interval`` is 30 seconds at least.
    """

    template_fields: Sequence[str] = ("service", "labels", "slo_conn_id")
    ui_color = "#ffe3e0"

    def __init__(
        self,
        *,
        service: str,
        labels: str | Iterable[str] = (),
        on_unknown: OnUnknown = "block",
        max_age: timedelta = MAX_AGE,
        slo_conn_id: str = SLOHook.default_conn_name,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_options(on_unknown=on_unknown, max_age=max_age)
        self.service = service
        self.labels = labels
        self.on_unknown = on_unknown
        self.max_age = max_age
        self.slo_conn_id = slo_conn_id
        self.deferrable = deferrable

    def poke(self, context: Context) -> PokeReturnValue:
        """Ask once; the answer becomes the XCom of the poke that passes."""
        answer = self._ask(context)
        return PokeReturnValue(is_done=answer is not None, xcom_value=answer)

    def execute(self, context: Context) -> Any:
        """Ask, then wait: in the triggerer where deferrable, else by poking."""
        if not self.deferrable:
            return super().execute(context)
        return self._ask(context) or self._defer(context, datetime.now(UTC) + timedelta(seconds=self.timeout))

    def execute_complete(self, context: Context, event: dict[str, Any], deadline: str = "") -> Any:
        """Ask again once the trigger saw the gate open, and wait on where it has closed meanwhile."""
        if "error" in event:
            raise AirflowException(event["error"])
        until = datetime.fromisoformat(deadline) if deadline else datetime.now(UTC) + timedelta(seconds=self.timeout)
        return self._ask(context) or self._defer(context, until)

    def _defer(self, context: Context, until: datetime) -> NoReturn:
        from airflow_ai_slo.triggers.gate import FreezeGateTrigger
        from airflow_ai_slo.triggers.polling import SHORTEST

        left = until - datetime.now(UTC)
        if left <= timedelta(0):
            message = f"Sensor has timed out after {self.timeout:g} s: service {self.service!r} did not thaw"
            raise AirflowSkipException(message) if self.soft_fail else AirflowSensorTimeout(message)
        trigger = FreezeGateTrigger(
            service=self.service,
            labels=labels_of(self.labels),
            on_unknown=self.on_unknown,
            max_age=self.max_age.total_seconds(),
            slo_conn_id=self.slo_conn_id,
            actor=_actor(context),
            poll_interval=max(self.poke_interval, SHORTEST),
        )
        self.defer(
            trigger=trigger, method_name="execute_complete", kwargs={"deadline": until.isoformat()}, timeout=left
        )

    def _ask(self, context: Context) -> dict[str, Any] | None:
        """The answer once it does not block, else None. The audit log keeps each answer that differs from the last."""
        answer = SLOHook(self.slo_conn_id).gate(
            self.service,
            now=datetime.now(UTC),
            labels=labels_of(self.labels),
            max_age=self.max_age,
            actor=_actor(context),
        )
        if answer.blocks(on_unknown=self.on_unknown):
            self.log.info("Waiting: %s", explain(answer))
            return None
        tell_passing(self.log, answer)
        return answer.to_dict()


def _actor(context: Context) -> str:
    from airflow_ai_slo.compat import run_of

    return run_of(context).actor
