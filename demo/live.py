"""Today's runs, on the running Airflow and through its REST API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from demo.api import AirflowApi, AirflowError
from demo.events import LOOK_AT, RUN_AT, newest_run

PATIENCE_SECONDS = 120


class Live:
    """The pipeline, the evaluation, the report, and a deployment that the freeze stops.

    :param now: what the demo takes for now.
    """

    def __init__(self, origin: str, *, now: datetime) -> None:
        self.api = AirflowApi(origin)
        self._newest = newest_run(now)
        self._noon = self._newest - RUN_AT + LOOK_AT
        self._noon_is_due = self._noon <= now

    def run(self, going_on: Callable[[str], None]) -> Iterator[str]:
        """A text for each run that finished; its first line says it all.

        :raises AirflowError: a run did not end as it should.
        """
        going_on("flights_delay: today's run")
        self._due("flights_delay", self._newest)
        yield f"flights_delay: today's run scored the flights of {self._newest - timedelta(days=1):%d %b %Y}"
        going_on("slo_evaluation")
        if self._noon_is_due:
            self._due("slo_evaluation", self._noon)
        else:
            self._by_hand("slo_evaluation")
        yield "slo_evaluation: freshness measured, budgets evaluated, messages sent"
        going_on("slo_report and deploy_model")
        self.api.unpause("slo_report")
        self.api.unpause("deploy_model")
        report, deployment = self.api.trigger("slo_report"), self.api.trigger("deploy_model")
        self._expect("slo_report", report, "success")
        yield "slo_report: the report is of now"
        if self.api.wait("deploy_model", deployment, patience=PATIENCE_SECONDS) == "success":
            yield "deploy_model: went out, since nothing is frozen"
        else:
            yield f"deploy_model: stopped by its gate, whose log says\n{self._why_stopped(deployment)}"

    def _due(self, dag_id: str, logical_date: datetime) -> None:
        """Make the run that was due, before the scheduler looks; then let it schedule those to come."""
        run = self.api.backfill(dag_id, logical_date)
        self.api.unpause(dag_id)
        self._expect(dag_id, run, "success")

    def _by_hand(self, dag_id: str) -> None:
        self.api.unpause(dag_id)
        self._expect(dag_id, self.api.trigger(dag_id), "success")

    def _expect(self, dag_id: str, run_id: str, wanted: str) -> None:
        state = self.api.wait(dag_id, run_id, patience=PATIENCE_SECONDS)
        if state != wanted:
            raise AirflowError(
                f"{dag_id} {run_id}: {state}, expected {wanted}; look at {self.api.origin}/dags/{dag_id}"
            )

    def _why_stopped(self, run_id: str) -> str:
        log = self.api.log("deploy_model", run_id, "freeze_gate")
        found = next((line for line in log if "frozen" in line), None)
        if found is None:
            raise AirflowError(f"deploy_model {run_id} failed for another reason: {' '.join(log[-3:])}")
        return found
