"""Applies definitions: files, folders, or objects in Python."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from airflow_ai_slo.core.errors import ConfigurationError, StoreError
from airflow_ai_slo.operators.base import WRONG_SETTINGS, SLOOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.core.definition import SLO, Service
    from airflow_ai_slo.core.target import Target
    from airflow_ai_slo.store import Store

Definitions = str | Path | Sequence["str | Path | SLO | Service | Target"]


class ApplySLOsOperator(SLOOperator):
    """Stores definitions, all of them or none; what is there already stays as it is.

    Put it before the tasks that measure, where nobody else applies what they measure for. A store that is away fails
    nothing: the log says so, and measurements wait for it. Wrong definitions fail the task without retries.

    :param definitions: OpenSLO files or folders (templated), or definitions in Python.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = ("slo_conn_id", "definitions")

    def __init__(self, *, definitions: Definitions, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.definitions = definitions

    def execute(self, context: Context) -> dict[str, str]:
        """Returns what happened to each SLO: ``created``, ``edited``, ``unchanged``…"""
        from airflow_ai_slo.compat import run_of

        try:
            return apply(self.hook.get_store(), self.definitions, now=run_of(context).now, log=self.log)
        except WRONG_SETTINGS as error:
            raise AirflowFailException(str(error)) from None
        except StoreError as error:
            self.log.warning("Not applied: the SLO store: %s", error)
            return {}


def apply(store: Store, definitions: Definitions, *, now: datetime, log: Any) -> dict[str, str]:
    """Store definitions, all of them or none; returns what happened to each SLO.

    :raises ConfigurationError: what is given are no definitions.
    :raises DefinitionError: one is wrong.
    """
    from airflow_ai_slo import engine
    from airflow_ai_slo.core.definition import SLO, Service
    from airflow_ai_slo.core.target import Target
    from airflow_ai_slo.openslo import require

    given: Any = [definitions] if isinstance(definitions, str | Path) else list(definitions)
    slos = [one for one in given if isinstance(one, SLO)]
    services = [one for one in given if isinstance(one, Service)]
    paths = [one for one in given if isinstance(one, str | Path)]
    targets = [one for one in given if isinstance(one, Target)]
    known = len(slos) + len(services) + len(targets) + len(paths)
    if paths:
        loaded = require(paths)
        slos += loaded.slos
        services += loaded.services
        targets += loaded.targets
    if not (slos or services or targets) or len(given) > known:
        raise ConfigurationError("definitions: give OpenSLO files or folders, SLO, Service and Target objects")
    changes = engine.apply(store, slos, services, now=now, targets=targets)
    for change in changes:
        if change.change != "unchanged":
            log.info("SLO %s: %s", change.slo, change.change)
    return {change.slo: change.change for change in changes}
