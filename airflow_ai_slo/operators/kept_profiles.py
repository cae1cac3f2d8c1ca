"""Reference profiles of the SLO store, as one run of the drift operator sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_ai_slo.core.errors import StoreError

if TYPE_CHECKING:
    from airflow_ai_slo.hooks.store import SLOHook
    from airflow_ai_slo.measure.drift import ReferenceProfile


class KeptProfiles:
    """Each profile is read once, so that all columns of a run meet the same version.

    Great Expectations turns what an expectation raises into its result; ``problem`` remembers a store that is down.
    """

    def __init__(self, hook: SLOHook) -> None:
        self._hook = hook
        self._read: dict[str, ReferenceProfile] = {}
        self.problem: StoreError | None = None

    def find(self, name: str) -> ReferenceProfile:
        """The profile of a name.

        :raises ConfigurationError: the store holds none.
        :raises StoreError: the store cannot be used.
        """
        if self.problem is not None:
            raise self.problem
        if name not in self._read:
            try:
                self._read[name] = self._hook.profile(name)
            except StoreError as error:
                self.problem = error
                raise
        return self._read[name]
