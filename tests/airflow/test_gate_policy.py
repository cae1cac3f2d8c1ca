"""DAGs tagged ``deploys:<service>`` behind the cluster policy, in real DAG runs of this process."""

from __future__ import annotations

import configparser
import itertools
import re
import sys
import timeit
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.exceptions import AirflowClusterPolicyError
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.providers.standard.sensors.python import PythonSensor
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import DAG, BaseOperator, TaskGroup, setup, task, teardown
from airflow_ai_slo_gate import asking, options

from airflow_ai_slo import engine
from airflow_ai_slo.operators.completion import BatchCompletionOperator
from airflow_ai_slo.operators.gate import FreezeGateOperator
from airflow_ai_slo.sensors.gate import FreezeGateSensor
from airflow_ai_slo.store import Store

TAG = "deploys:recommender"
GATE = "freeze_gate_recommender"
numbers = itertools.count()


@pytest.fixture
def policy() -> Iterator[Any]:
    """The policy as Airflow holds it once the distribution is installed, for one test."""
    from airflow.settings import get_policy_plugin_manager
    from airflow_ai_slo_gate import policy

    manager = get_policy_plugin_manager()
    manager.register(policy)
    yield policy
    manager.unregister(policy)


def a_dag(*tags: str, **options: Any) -> DAG:
    return DAG(f"tagged_{next(numbers)}", schedule=None, tags=tags, **options)


def work(task_id: str, **options: Any) -> PythonOperator:
    return PythonOperator(task_id=task_id, python_callable=print, op_args=[f"{task_id} ran"], **options)


def a_deployment(*tags: str, **options: Any) -> DAG:
    """``build >> deploy``, and a root that runs whatever happened."""
    with a_dag(*tags, **options) as dag:
        work("build") >> work("deploy")
        work("always", trigger_rule="all_done")
    return dag


def bagged(dag: DAG) -> DAG:
    """As Airflow has it after parsing."""
    from airflow.dag_processing.dagbag import DagBag

    DagBag(dag_folder="/dev/null").bag_dag(dag)
    return dag


def serialized(dag: DAG) -> Any:
    from airflow.serialization.serialized_objects import DagSerialization

    return DagSerialization.to_dict(dag)


pytestmark = pytest.mark.usefixtures("policy")


def test_while_budget_remains_a_deployment_runs_after_a_gate_that_is_there_to_see(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=1)
    ran = run_dag(a_deployment(TAG))
    assert ran.states == {GATE: "success", "build": "success", "deploy": "success", "always": "success"}
    assert ran.xcom(GATE)["outcome"] == "allowed"


def test_while_frozen_nothing_after_the_gate_runs_and_the_log_says_why(
    recommender: Callable[..., None], run_dag: Callable[..., Any], store: Store
) -> None:
    recommender(bad=4)
    ran = run_dag(a_deployment(TAG, default_args={"retries": 3}))
    assert ran.states == {GATE: "failed", "build": "upstream_failed", "deploy": "upstream_failed", "always": "failed"}
    assert ran.tries(GATE) == ran.tries("always") == 1
    assert "always ran" not in ran.log
    for words in ("service recommender are frozen", "SLO recommender-runs", "-43%", "since", "thaws when"):
        assert ran.log.count(words) >= 2, words
    asked = {entry.actor for entry in engine.audit_log(store, "recommender") if entry.action == "frozen"}
    assert {f"{ran.dag_id}/{task_id} {ran.run_id}" for task_id in (GATE, "always")} <= asked


def test_a_dag_without_the_tag_is_left_as_it_is(
    recommender: Callable[..., None], run_dag: Callable[..., Any], policy: Any
) -> None:
    recommender(bad=4)
    dag = a_deployment("deploy", "deployment:recommender")
    before = serialized(dag)
    policy.dag_policy(dag)
    assert serialized(dag) == before
    assert set(run_dag(dag).states.values()) == {"success"}


def test_a_second_pass_changes_nothing(policy: Any) -> None:
    dag = a_deployment(TAG, "deploys:search")
    policy.dag_policy(dag)
    once = serialized(dag)
    policy.dag_policy(dag)
    assert serialized(dag) == once
    assert serialized(bagged(a_deployment(TAG, "deploys:search")))["dag"]["tasks"] == once["dag"]["tasks"]


def test_each_service_has_a_gate_and_one_that_is_frozen_stops_the_change(
    recommender: Callable[..., None], run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    recommender(bad=4)
    monkeypatch.setenv("AIRFLOW__AI_SLO__GATE_ON_UNKNOWN", "allow")
    ran = run_dag(a_deployment("deploys:search", TAG))
    assert ran.states == {
        GATE: "failed",
        "freeze_gate_search": "success",
        "build": "upstream_failed",
        "deploy": "upstream_failed",
        "always": "failed",
    }


def test_groups_mapped_tasks_setups_and_teardowns(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    def dag() -> DAG:
        with a_dag(TAG) as made:

            @setup
            def cluster() -> None: ...

            @teardown
            def cleared() -> None:
                print("cleared ran")

            @task
            def ship(region: str) -> None:
                print("shipped to", region)

            with TaskGroup("regions"):
                up, down = cluster(), cleared()
                up >> ship.expand(region=["eu", "us"]) >> down
                up >> down
            PythonOperator.partial(task_id="mapped_root", python_callable=print, trigger_rule="all_done").expand(
                op_args=[["one"], ["two"]]
            )
        return made

    recommender(bad=1)
    ran = run_dag(dag())
    assert ran.states == {
        GATE: "success",
        "regions.cluster": "success",
        "regions.ship": "success success",
        "regions.cleared": "success",
        "mapped_root": "success success",
    }
    recommender(bad=5)
    ran = run_dag(dag())
    assert ran.states == {
        GATE: "failed",
        "regions.cluster": "upstream_failed",
        "regions.ship": "upstream_failed upstream_failed",
        "regions.cleared": "upstream_failed",
        "mapped_root": "failed failed",
    }
    assert "shipped to" not in ran.log


def test_a_freeze_that_comes_while_a_deployment_runs_stops_its_next_task_and_its_teardown_still_cleans_up(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=1)
    with a_dag(TAG) as dag:
        first = PythonOperator(task_id="build", python_callable=lambda: recommender(bad=5)).as_setup()
        last = work("clean").as_teardown(setups=first)
        first >> work("deploy") >> last
    ran = run_dag(dag)
    assert ran.states == {GATE: "success", "build": "success", "deploy": "failed", "clean": "success"}
    assert "deploy ran" not in ran.log
    assert "clean ran" in ran.log
    assert ran.xcom("deploy", "ai_slo_gate")["outcome"] == "frozen"


@pytest.mark.parametrize("labels", [["security"], ["docs", "reliability"], "docs, p0"])
def test_labels_of_the_run_pass_a_freeze_at_the_gate_and_at_every_start(
    labels: Any, recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=4)
    assert set(run_dag(a_deployment(TAG), run_conf={"labels": labels}).states.values()) == {"success"}


@pytest.mark.parametrize("labels", [["docs"], "", 7, {"security": True}, None])
def test_labels_that_do_not_exempt_or_cannot_be_read_leave_the_gate_closed(
    labels: Any, recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=4)
    ran = run_dag(a_deployment(TAG), run_conf={"labels": labels})
    assert ran.states[GATE] == ran.states["always"] == "failed"
    assert "are frozen" in ran.log


def test_a_block_can_skip(
    recommender: Callable[..., None], run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__AI_SLO__GATE_ON_FROZEN", "skip")
    recommender(bad=4)
    ran = run_dag(a_deployment(TAG))
    assert ran.states == {GATE: "success", "build": "skipped", "deploy": "skipped", "always": "skipped"}


def test_a_store_that_is_down_keeps_the_gate_closed_unless_unknown_may_pass(
    store: Store, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SLO_DEFAULT", "postgres://nobody@127.0.0.1:1/slo")
    ran = run_dag(a_deployment(TAG))
    assert ran.states == {GATE: "failed", "build": "upstream_failed", "deploy": "upstream_failed", "always": "failed"}
    assert "is unknown: the SLO store cannot be asked" in ran.log
    monkeypatch.setenv("AIRFLOW__AI_SLO__GATE_ON_UNKNOWN", "allow")
    assert set(run_dag(a_deployment(TAG)).states.values()) == {"success"}


def test_an_evaluation_older_than_the_configured_age_is_no_answer(
    recommender: Callable[..., None], run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    recommender(bad=1, now=datetime.now(UTC) - timedelta(hours=2))
    assert set(run_dag(a_deployment(TAG)).states.values()) == {"success"}
    monkeypatch.setenv("AIRFLOW__AI_SLO__GATE_MAX_AGE", "1h")
    ran = run_dag(a_deployment(TAG))
    assert ran.states["always"] == ran.states[GATE] == "failed"
    assert "more than 1:00:00 ago" in ran.log


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ON_UNKNOWN", "pass", "[ai_slo] gate_on_unknown='pass': write 'block' or 'allow'"),
        ("ON_FROZEN", "warn", "[ai_slo] gate_on_frozen='warn': write 'fail' or 'skip'"),
        ("MAX_AGE", "26 hours", "[ai_slo] gate_max_age: '26 hours' is not a duration"),
    ],
)
def test_a_wrong_option_keeps_tagged_dags_closed_and_says_what_would_be_right(
    name: str,
    value: str,
    said: str,
    recommender: Callable[..., None],
    run_dag: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recommender(bad=1)
    monkeypatch.setenv(f"AIRFLOW__AI_SLO__GATE_{name}", value)
    ran = run_dag(a_deployment(TAG, default_args={"retries": 3}))
    assert ran.states == {"build": "failed", "deploy": "upstream_failed", "always": "failed"}
    assert ran.tries("build") == 1
    assert said in ran.log
    assert set(run_dag(a_deployment()).states.values()) == {"success"}


def test_a_tag_without_a_service_keeps_the_dag_closed(run_dag: Callable[..., Any], store: Store) -> None:
    ran = run_dag(a_deployment("deploys: "))
    assert ran.states["always"] == "failed"
    assert "names no service; write deploys:<service>" in ran.log


def test_a_policy_that_breaks_keeps_tagged_dags_closed_and_harms_no_other(
    recommender: Callable[..., None], run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    recommender(bad=1)
    monkeypatch.setitem(sys.modules, "airflow_ai_slo_gate.placing", None)
    ran = run_dag(a_deployment(TAG))
    assert ran.states == {"build": "failed", "deploy": "upstream_failed", "always": "failed"}
    assert f"DAG {ran.dag_id}, tagged {TAG}, has no working freeze gate: ModuleNotFoundError" in ran.log
    assert set(run_dag(a_deployment()).states.values()) == {"success"}


def test_a_policy_that_cannot_even_shut_a_dag_keeps_it_out_and_harms_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "airflow_ai_slo_gate.placing", None)
    monkeypatch.setitem(sys.modules, "airflow_ai_slo_gate.starts", None)
    with pytest.raises(AirflowClusterPolicyError):
        bagged(a_deployment(TAG))
    bagged(a_deployment())


def test_a_check_that_breaks_at_a_tasks_start_stops_it_without_retries(
    recommender: Callable[..., None], run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    recommender(bad=1)
    dag = bagged(a_deployment(TAG, default_args={"retries": 3}))
    monkeypatch.setattr("airflow_ai_slo_gate.asking._answer", lambda *_: 1 / 0)
    ran = run_dag(dag)
    assert ran.states == {GATE: "success", "build": "failed", "deploy": "upstream_failed", "always": "failed"}
    assert ran.tries("build") == 1
    assert f"Stopped: the freeze gate {GATE} cannot be asked: ZeroDivisionError: division by zero" in ran.log


def test_a_service_that_the_dag_gates_itself_is_not_gated_twice(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    def dag() -> DAG:
        with a_dag(TAG, params={"why": ""}) as made:
            gate = FreezeGateOperator(task_id="mine", service="recommender", labels="{{ params.why }}")
            work("build") >> gate >> work("deploy") >> work("tell", trigger_rule="all_done")
        return made

    recommender(bad=4)
    ran = run_dag(dag())
    assert ran.states == {"build": "success", "mine": "failed", "deploy": "upstream_failed", "tell": "failed"}
    ran = run_dag(dag(), run_conf={"why": "security"})
    assert set(ran.states.values()) == {"success"}


def test_gates_of_several_services_and_sensors_are_the_dags_own_too() -> None:
    with a_dag(TAG, "deploys:search", "deploys:ads") as dag:
        gates = FreezeGateOperator.partial(task_id="both").expand(service=["recommender", "search"])
        gates >> FreezeGateSensor(task_id="wait", service="ads") >> work("deploy")
    assert set(bagged(dag).task_ids) == {"both", "wait", "deploy"}


@pytest.mark.parametrize("service", ["{{ params.service }}", "elsewhere"])
def test_a_gate_of_another_service_or_of_one_not_known_yet_does_not_stand_in(service: str) -> None:
    with a_dag(TAG) as dag:
        FreezeGateOperator(task_id="mine", service=service) >> work("deploy")
    assert bagged(dag).get_task("mine").upstream_task_ids == {GATE}


def test_a_gate_that_is_before_nothing_does_not_stand_in() -> None:
    with a_dag(TAG) as dag:
        work("deploy") >> FreezeGateOperator(task_id="mine", service="recommender")
    assert bagged(dag).get_task("deploy").upstream_task_ids == {GATE}


def test_a_mapped_gate_of_the_dag_is_asked_at_every_start_after_it(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=4)
    with a_dag(TAG) as dag:
        gates = FreezeGateOperator.partial(task_id="gate", labels="docs").expand(service=["recommender"])
        gates >> work("deploy", trigger_rule="all_done")
    ran = run_dag(dag)
    assert ran.states == {"gate": "failed", "deploy": "failed"}
    assert "deploy ran" not in ran.log


def test_a_task_that_has_the_gates_id_keeps_it() -> None:
    with a_dag(TAG) as dag:
        work(GATE) >> work("deploy")
    assert bagged(dag).get_task(GATE).upstream_task_ids == {f"{GATE}_2"}


def test_a_service_whose_name_is_no_task_id_is_gated(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=1)
    with a_dag("deploys:les prévisions/eu") as dag:
        work("deploy")
    ran = run_dag(dag)
    assert ran.states == {"freeze_gate_les_pr_visions_eu": "failed", "deploy": "upstream_failed"}
    assert "no SLO of service les prévisions/eu is applied" in ran.log


def test_the_dags_default_args_neither_open_the_gate_nor_jam_it() -> None:
    given = {"trigger_rule": "all_done", "depends_on_past": True, "labels": ["security"], "owner": "platform"}
    gate = bagged(a_deployment(TAG, default_args=given)).get_task(GATE)
    assert (gate.trigger_rule, gate.depends_on_past, gate.owner) == ("all_success", False, "platform")
    assert "security" not in gate.labels


def test_the_tasks_own_hooks_run_after_the_check_and_those_that_yield_still_do(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    def plain(context: Any) -> None:
        print("plain hook of", context["task"].task_id)

    def yielding(context: Any) -> Iterator[str]:
        print("yielding hook of", context["task"].task_id)
        yield "no metadata"

    def dag() -> DAG:
        with a_dag(TAG) as made:
            for number, hook in enumerate((plain, yielding)):
                work(f"one_{number}", pre_execute=hook, trigger_rule="all_done")
                PythonOperator.partial(
                    task_id=f"many_{number}", python_callable=print, pre_execute=hook, trigger_rule="all_done"
                ).expand(op_args=[["a"]])
        return made

    recommender(bad=1)
    made = bagged(dag())
    assert "plain hook of" in str(serialized(made))
    ran = run_dag(made)
    assert set(ran.states.values()) == {"success"}
    for words in ("plain hook of one_0", "plain hook of many_0", "yielding hook of one_1", "yielding hook of many_1"):
        assert words in ran.log
    recommender(bad=5)
    ran = run_dag(dag())
    assert set(ran.states.values()) == {"failed"}
    assert "hook of" not in ran.log


def test_a_freeze_is_no_failed_run_of_the_deployment(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=4)
    with a_dag(TAG) as dag:
        last = BatchCompletionOperator(task_id="completion", slo="deployments", count_manual=True)
        work("deploy", trigger_rule="all_done") >> last
    ran = run_dag(dag)
    assert ran.states == {GATE: "failed", "deploy": "failed", "completion": "skipped"}
    assert "Not measured: a freeze gate stopped this run at deploy" in ran.log


def test_a_deployment_that_fails_by_itself_counts(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=1)
    with a_dag(TAG) as dag:
        broken = PythonOperator(task_id="deploy", python_callable=lambda: 1 / 0)
        broken >> BatchCompletionOperator(task_id="completion", slo="deployments", count_manual=True)
    ran = run_dag(dag)
    assert ran.states == {GATE: "success", "deploy": "failed", "completion": "success"}
    assert (ran.xcom("completion")["good"], ran.xcom("completion")["total"]) == (0, 1)


def test_a_run_whose_tasks_were_stopped_at_their_start_is_not_measured(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=1)
    with a_dag(TAG) as dag:
        first = PythonOperator(task_id="build", python_callable=lambda: recommender(bad=5))
        shipped = PythonOperator.partial(task_id="ship", python_callable=print).expand(op_args=[["a"], ["b"]])
        first >> shipped >> BatchCompletionOperator(task_id="completion", slo="deployments", count_manual=True)
    ran = run_dag(dag)
    assert ran.states == {GATE: "success", "build": "success", "ship": "failed failed", "completion": "skipped"}


def test_an_untagged_dag_costs_microseconds(policy: Any) -> None:
    from airflow.settings import dag_policy

    with a_dag("one", "two", "three") as dag:
        for number in range(100):
            EmptyOperator(task_id=f"t{number}")
    best = min(timeit.repeat(lambda: dag_policy(dag), number=100, repeat=20)) / 100
    assert best < 100e-6, f"{best * 1e6:.1f} µs"


def test_a_task_that_resumes_or_pokes_again_asked_when_it_began(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=1)
    froze: list[bool] = []

    class Waits(BaseOperator):
        def execute(self, context: Any) -> None:
            recommender(bad=5)
            self.defer(trigger=DateTimeTrigger(datetime.now(UTC)), method_name="resume")

        def resume(self, context: Any, event: Any) -> None:
            print("resumed")

    def poke() -> bool:
        recommender(bad=5)
        froze.append(True)
        return len(froze) > 1

    with a_dag(TAG) as deferring:
        Waits(task_id="wait")
    with a_dag(TAG) as poking:
        PythonSensor(task_id="wait", python_callable=poke, mode="reschedule", poke_interval=0.1)
    ran = run_dag(deferring)
    assert ran.states["wait"] == "success"
    assert "resumed" in ran.log
    recommender(bad=1)
    assert run_dag(poking).states["wait"] == "success"


@pytest.mark.parametrize(("from_trigger", "asks"), [(False, False), (True, True)])
def test_a_task_that_starts_from_its_trigger_asks_when_it_comes_to_a_worker(from_trigger: bool, asks: bool) -> None:
    resuming = SimpleNamespace(_ti_context_from_server=SimpleNamespace(next_method="resume"))
    context = {"ti": resuming, "task": SimpleNamespace(start_from_trigger=from_trigger)}
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "_ask", lambda _, gate_id: asked.append(gate_id))
        asking.Ask((GATE,))(context)
    assert asked == ([GATE] if asks else [])


def test_the_example_of_the_page_is_gated(recommender: Callable[..., None], run_dag: Callable[..., Any]) -> None:
    page = Path(__file__).parents[2] / "docs" / "gate-policy.md"
    found = re.search(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    names: dict[str, Any] = {}
    exec(compile(found[1], str(page), "exec"), names)
    recommender(bad=4)
    assert run_dag(names["dag"]).states == {GATE: "failed", "build": "upstream_failed", "deploy": "upstream_failed"}


def test_the_page_names_the_options_as_they_are_and_their_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "gate-policy.md").read_text(encoding="utf-8")
    found = re.search(r"```ini\n(.*?)```", page, re.DOTALL)
    assert found
    written = configparser.ConfigParser()
    written.read_string(found[1])
    before = options.read()
    for name, value in written["ai_slo"].items():
        monkeypatch.setenv(f"AIRFLOW__AI_SLO__{name.upper()}", value)
    assert options.read() == before
    assert {name.removeprefix("gate_") for name in written["ai_slo"]} == {one.name for one in fields(before)}
