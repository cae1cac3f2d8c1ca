"""What our notifiers share: they never fail the task or the DAG that they tell of."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier

from airflow_ai_slo.hooks.store import SLOHook

if TYPE_CHECKING:
    from airflow.sdk import Context


class SLONotifier(BaseNotifier):
    """Base of our notifiers: whatever goes wrong is one line in the log.

    Usable as ``on_failure_callback=``, ``on_success_callback=``, ``on_retry_callback=``, of a task or a DAG, and in
    deadline alerts by ``AsyncCallback(Notifier, kwargs={…})`` or ``SyncCallback(Notifier, kwargs={…})``. Subclasses
    implement :meth:`tell`.

    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = ("slo_conn_id",)

    def __init__(self, *, slo_conn_id: str = SLOHook.default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.slo_conn_id = slo_conn_id

    def tell(self, context: Mapping[str, Any]) -> None:
        """Do what the notifier is for; may raise anything."""
        raise NotImplementedError

    @property
    def hook(self) -> SLOHook:
        """The store's hook."""
        return SLOHook(self.slo_conn_id)

    def notify(self, context: Context) -> None:
        """Tell, and never raise."""
        try:
            self.tell(context)
        except Exception as error:
            self._grumble(error)

    async def async_notify(self, context: Context) -> None:
        """Tell from an event loop without holding it up, and never raise."""
        await asyncio.to_thread(self.notify, context)

    def __call__(self, *args: Any, context: Context | None = None) -> None:
        """Render and tell; Airflow's executors give the context by name, everything else by position."""
        try:
            super().__call__(*(args or (context or self.context,)))
        except Exception as error:
            self._grumble(error)

    def __await__(self) -> Generator[Any, None, None]:
        return self._quietly().__await__()

    async def _quietly(self) -> None:
        try:
            self._update_context(self.context)
            self.render_template_fields(self.context)
            await self.async_notify(self.context)
        except Exception as error:
            self._grumble(error)

    def _grumble(self, error: Exception) -> None:
        said = " ".join(str(error).split())
        self.log.warning("%s: not told: %s: %s", type(self).__name__, type(error).__name__, said)
