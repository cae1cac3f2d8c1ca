"""Whom definitions name, and what those take."""

from __future__ import annotations

import pytest

from airflow_ai_slo.openslo import Target

INDICATOR = """
  indicator:
    metadata: {name: done}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {type: recorded, spec: {of: runs}}}
        total: {metricSource: {type: recorded, spec: {of: runs}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99}]
"""


def document(kind: str, name: str, spec: str, **annotations: str) -> str:
    lines = "".join(f'\n    airflow-ai-slo/{key}: "{value}"' for key, value in annotations.items())
    return (
        f"apiVersion: openslo/v1\nkind: {kind}\nmetadata:\n  name: {name}\n  annotations:{lines or ' {}'}\nspec:{spec}"
    )


def slo(**annotations: str) -> str:
    return document("SLO", "done", f"\n  service: scoring{INDICATOR}", **annotations)


def target(name: str = "chat", kind: str = "slack", **annotations: str) -> str:
    return document("AlertNotificationTarget", name, f"\n  target: {kind}", **annotations)


def load(judge, *documents: str):
    from airflow_ai_slo import openslo

    path = judge.folder / "file.yaml"
    path.write_text("\n---\n".join(documents))
    return openslo.load([path])


def test_an_slo_and_a_service_name_their_targets(judge):
    service = document("Service", "scoring", "\n  description: x", notify="pager, chat")
    loaded = load(judge, slo(notify="chat  chat", runbook="https://wiki.example/x"), service, target(), target("pager"))
    assert loaded.problems == ()
    assert (loaded.slos[0].notify, loaded.slos[0].runbook) == (("chat",), "https://wiki.example/x")
    assert loaded.services[0].notify == ("pager", "chat")


def test_a_target_says_what_it_takes_and_whom_it_calls(judge):
    loaded = load(judge, target(takes="page, digest", mention="@here U012AB3CD", channel="#ml", connection="slack_ml"))
    assert loaded.problems == ()
    assert loaded.targets == (
        Target(
            name="chat",
            kind="slack",
            channel="#ml",
            connection="slack_ml",
            takes=("page", "digest"),
            mention=("here", "U012AB3CD"),
        ),
    )


@pytest.mark.parametrize(
    ("documents", "path", "message"),
    [
        ([slo(notify="chta"), target()], "notify", "'chta', which is not defined (did you mean chat?)"),
        ([document("Service", "s", "\n  description: x", notify="who")], "notify", "'who', which is not defined"),
        ([target(takes="pages")], "takes", "'pages' is not one of page, ticket, freeze, digest"),
        ([target(mention="@alice")], "mention", "'alice' is not here, channel or the ID"),
        ([slo(runbook="wiki/x")], "runbook", "'wiki/x' is not an http or https url"),
    ],
)
def test_what_is_wrong_names_its_field(judge, documents, path, message):
    loaded = load(judge, *documents)
    assert not loaded.valid
    (problem,) = loaded.problems
    assert problem.path == f'metadata.annotations["airflow-ai-slo/{path}"]'
    assert message in problem.message


def test_a_target_in_place_is_read_and_judged_where_it_stands(judge):
    policy = """
    - kind: AlertPolicy
      metadata: {name: p}
      spec:
        alertWhenBreaching: true
        conditions:
          - kind: AlertCondition
            metadata: {name: c}
            spec:
              severity: page
              condition: {kind: burnrate, op: gt, threshold: 2, lookbackWindow: 1d}
        notificationTargets:
          - kind: AlertNotificationTarget
            metadata: {name: inline, annotations: {airflow-ai-slo/takes: TAKES}}
            spec: {target: webhook}
"""
    good = load(judge, slo() + "  alertPolicies:" + policy.replace("TAKES", "page"))
    assert good.problems == ()
    assert good.targets == (Target(name="inline", kind="webhook", takes=("page",)),)
    bad = load(judge, slo() + "  alertPolicies:" + policy.replace("TAKES", "everything"))
    (problem,) = bad.problems
    assert problem.path.startswith("spec.alertPolicies[0].spec.notificationTargets[0].metadata.annotations")


def test_an_unknown_annotation_of_a_target_is_still_a_warning(judge):
    loaded = load(judge, target(chanel="#ml"))
    assert loaded.valid
    assert "did you mean channel?" in loaded.problems[0].message
