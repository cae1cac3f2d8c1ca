"""What runs first when a task starts, before the task's own ``pre_execute``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Check = Callable[[Any], None]
"""Takes the task's context; raises to stop the task."""

_OWN = "ai_slo_own_hook"


@dataclass(frozen=True, slots=True)
class Shut:
    """Stops every start, since the policy could not put its gates in place."""

    reason: str

    def __call__(self, context: Any) -> None:
        from airflow.sdk.exceptions import AirflowFailException

        raise AirflowFailException(f"Stopped: {self.reason}")


def shut(dag: Any, reason: str) -> None:
    """Keep every task of a DAG from starting; teardown tasks may still clean up what was started before."""
    for task in dag.tasks:
        if not task.is_teardown:
            attach(task, Shut(reason))


def attach(task: Any, check: Check) -> None:
    """Run a check at a task's every start, before the task's own hook; a check attached earlier is replaced."""
    if task.is_mapped:
        # The hook reaches the mapped instances as any other argument of partial() does.
        task.partial_kwargs["pre_execute"] = _hook(check, task.partial_kwargs.get("pre_execute"))
    else:
        task._pre_execute_hook = _hook(check, task._pre_execute_hook)


def one_line(error: BaseException) -> str:
    """What an error says, on one line, with its type where its words are not made for people."""
    said = " ".join(str(error).split())
    return said if said and type(error).__name__.endswith("ConfigurationError") else f"{type(error).__name__}: {said}"


def _hook(check: Check, present: Any) -> Any:
    own = getattr(present, _OWN, present)
    start: Any = _yielding(check, own) if inspect.isgeneratorfunction(own) else _calling(check, own)
    setattr(start, _OWN, own)
    if own is not None:
        # Airflow stores a hook's source with the DAG, to see changes: that of the task's own hook.
        start.__wrapped__ = own
    return start


def _calling(check: Check, own: Any) -> Check:
    def start(context: Any) -> None:
        check(context)
        if own is not None:
            own(context)

    return start


def _yielding(check: Check, own: Any) -> Callable[[Any], Iterator[Any]]:
    # Airflow takes what a hook yields as metadata of outlets, and knows such a hook by its being a generator function.
    def start(context: Any) -> Iterator[Any]:
        check(context)
        yield from own(context)

    return start
