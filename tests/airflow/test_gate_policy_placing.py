"""Where the gate policy puts its gates, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG
from policy_kit import GATE, TAG, a_dag, a_deployment, bagged, serialized, work

from airflow_ai_slo.operators.gate import FreezeGateOperator
from airflow_ai_slo.sensors.gate import FreezeGateSensor

pytestmark = pytest.mark.usefixtures("policy")


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
