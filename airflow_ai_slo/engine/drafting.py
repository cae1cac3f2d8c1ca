"""Proposals as OpenSLO documents, with the figures that speak for them in comments."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence

from airflow_ai_slo.core.proposal import Proposal
from airflow_ai_slo.engine.proposing import explained, target
from airflow_ai_slo.reports.figures import count

_LONGEST_LABEL = 63
_LONGEST_DISPLAY_NAME = 63
_SUFFIX = "-completion"
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_OTHERS = re.compile(r"[^a-z0-9]+")


class Names:
    """Names of services and SLOs: labels as OpenSLO wants them, each given once."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}

    def of(self, subject: str) -> str:
        """The label of a DAG id or of an SLO's name; the same for the same."""
        plain = unicodedata.normalize("NFKD", subject).encode("ascii", "ignore").decode().lower()
        label = _OTHERS.sub("-", plain).strip("-")
        room = _LONGEST_LABEL - len(_SUFFIX)
        if not label or len(label) > room or self._given.get(label, subject) != subject:
            mark = hashlib.sha256(subject.encode()).hexdigest()[:8]
            label = f"{label[: room - 9].rstrip('-') or 'dag'}-{mark}"
        self._given[label] = subject
        return label


def is_label(text: str) -> bool:
    """Whether OpenSLO takes it as a name."""
    return _LABEL.fullmatch(text) is not None


def documents(
    proposals: Sequence[Proposal], *, service: str | None = None, from_airflow: bool = True
) -> dict[str, str]:
    """OpenSLO documents by the label of what they are about: those of proposals that have an objective.

    :param service: one service for all of them; by default each is one of its own.
    :param from_airflow: whether Airflow's own record measures them; else they are recorded.
    """
    names, found, described = Names(), dict[str, str](), set[str]()
    for proposal in proposals:
        if proposal.chosen is None:
            continue
        label = names.of(proposal.subject)
        owner = service or label
        parts = [] if owner in described else [_service(owner, proposal, alone=service is None)]
        described.add(owner)
        parts.append(_slo(label, owner, proposal, from_airflow=from_airflow))
        found[label] = "---\n".join(parts)
    return found


def _service(name: str, proposal: Proposal, *, alone: bool) -> str:
    display = f"\n  displayName: {_quoted(_fitting(proposal.subject))}" if alone else ""
    return f"apiVersion: openslo/v1\nkind: Service\nmetadata:\n  name: {_name(name)}{display}\nspec: {{}}\n"


def _slo(label: str, service: str, proposal: Proposal, *, from_airflow: bool) -> str:
    chosen = proposal.chosen
    assert chosen is not None, "documents() leaves the others out"  # noqa: S101
    comments = "".join(f"# {line}\n" for line in (_printable(one) for one in explained(proposal)))
    name = f"{label}{_SUFFIX}" if from_airflow else label
    total, good = _sources(proposal) if from_airflow else ("{type: recorded, spec: {result: total}}",) * 2
    good = good if from_airflow else "{type: recorded, spec: {result: good}}"
    lines = [
        "apiVersion: openslo/v1",
        "kind: SLO",
        "metadata:",
        f"  name: {_name(name)}",
        f"  displayName: {_quoted(_title(proposal, from_airflow=from_airflow))}",
        *_annotations(proposal, from_airflow=from_airflow),
        "spec:",
        f"  service: {_name(service)}",
        "  indicator:",
        f"    metadata: {{name: {label}-runs}}",
        "    spec:",
        "      ratioMetric:",
        "        counter: true",
        f"        good: {{metricSource: {good}}}",
        f"        total: {{metricSource: {total}}}",
        f"  timeWindow: [{{duration: {proposal.window}, isRolling: true}}]",
        "  budgetingMethod: Occurrences",
        "  objectives:",
        f"    - target: {target(chosen.objective)} # allows {count(chosen.allowed)} bad in {proposal.window}",
    ]
    return comments + "\n".join(lines) + "\n"


def _title(proposal: Proposal, *, from_airflow: bool) -> str:
    if not from_airflow:
        return _fitting(proposal.subject)
    return _fitting(proposal.subject, " completes" + (f" within {proposal.within.promised}" if proposal.within else ""))


def _fitting(subject: str, then: str = "") -> str:
    """A display name as long as OpenSLO takes it; of a long subject the beginning."""
    room = _LONGEST_DISPLAY_NAME - len(then)
    return (subject if len(subject) <= room else f"{subject[: room - 1]}…") + then


def _annotations(proposal: Proposal, *, from_airflow: bool) -> list[str]:
    if not from_airflow or proposal.cadence is None:
        return []
    cadence = _quoted(f"dag:{proposal.subject}")
    lines = [f"airflow-ai-slo/cadence: {cadence} # {proposal.cadence} when this was written"]
    if proposal.start is not None:
        lines.append(f'airflow-ai-slo/start: "{proposal.start.isoformat()}" # none is expected before')
    if proposal.lateness is not None:
        lines.append(f"airflow-ai-slo/deadline: {proposal.lateness.promised}")
    return ["  annotations:", *(f"    {line}" for line in lines)]


def _sources(proposal: Proposal) -> tuple[str, str]:
    """What Airflow's record is asked for: all runs, and the good ones."""
    dag, limit = f"dag_id: {_quoted(proposal.subject)}", ""
    if proposal.within is not None:
        name = "max_duration" if proposal.lateness is None else "finished_within"
        limit = f", {name}: {proposal.within.promised}"
    return f"{{type: airflow, spec: {{{dag}}}}}", f"{{type: airflow, spec: {{{dag}, state: success{limit}}}}}"


def _name(label: str) -> str:
    """A label as it is, but for what some YAML takes for a number, a truth or nothing: ``08``, ``on``, ``null``."""
    import yaml

    return label if label[0].isalpha() and yaml.safe_load(label) == label else _quoted(label)


def _quoted(text: str) -> str:
    """A YAML string on one line."""
    import yaml

    return str(yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf"))).rstrip("\n")


def _printable(text: str) -> str:
    return text if text.isprintable() else repr(text)


def joined(found: Iterable[str]) -> str:
    """Several documents as one text."""
    return "---\n".join(found)
