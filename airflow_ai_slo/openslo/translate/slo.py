"""One SLO document into core's SLO."""

from __future__ import annotations

from fractions import Fraction

from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.target import Target
from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.documents.files import Document
from airflow_ai_slo.openslo.documents.values import Table
from airflow_ai_slo.openslo.problems import Notes, Path, listed, nearest, show
from airflow_ai_slo.openslo.rules.checks import LONGEST_NAME
from airflow_ai_slo.openslo.rules.slo import objectives_of
from airflow_ai_slo.openslo.translate import read
from airflow_ai_slo.openslo.translate.advice import advise
from airflow_ai_slo.openslo.translate.agreements import build_sla
from airflow_ai_slo.openslo.translate.alerts import build_alerting, named_targets
from airflow_ai_slo.openslo.translate.annotations import PREFIX, read_annotations, slo_options
from airflow_ai_slo.openslo.translate.catalogue import Catalogue, name_of
from airflow_ai_slo.openslo.translate.indicators import build_indicator
from airflow_ai_slo.openslo.translate.service import is_named
from airflow_ai_slo.openslo.translate.windows import build_slices, build_window

_NOTIFY: Path = ("metadata", "annotations", f"{PREFIX}notify")


def build_slo(document: Document, catalogue: Catalogue) -> tuple[SLO | None, list[Target]]:
    """The SLO of a document that holds no error so far, and targets written inline.

    What is wrong is noted; the SLO is None when something is.
    """
    notes, spec = document.notes, read.table(document.value, "spec")
    values = read_annotations(document.value, "SLO", notes)
    objective, objective_at = _objective(spec, notes)
    share = _share(objective, objective_at, notes)
    service = _service(spec, catalogue, notes)
    window = build_window(spec, objective, objective_at, notes)
    budgeting, slice_target, slice_window = build_slices(spec, objective, objective_at, notes)
    indicator = build_indicator(spec, objective, objective_at, catalogue, notes)
    if share is None or window is None or notes.failed():
        return None, []
    alerting = build_alerting(spec, share, catalogue, notes)
    options = slo_options(values, notes, freezes=is_named(name_of(document), service, catalogue))
    sla = build_sla(values, window, share, notes)
    notify = named_targets(values.get("notify", ()), _NOTIFY, catalogue, notes)
    if notes.failed():
        return None, []
    metadata = read.table(document.value, "metadata")
    try:
        slo = SLO(
            name=name_of(document),
            service=service,
            objective=share,
            window=window,
            indicator=indicator,
            display_name=read.text(metadata, "displayName"),
            description=read.text(spec, "description"),
            budgeting=budgeting,
            slice_target=slice_target,
            slice_window=slice_window,
            rules=alerting.rules,
            labels=read.labels(metadata),
            notify=[*alerting.notify, *(name for name in notify if name not in alerting.notify)],
            sla=sla,
            **options,
        )
    except DefinitionError as error:
        notes.error((), f"{error.path}: {error.message}")
        return None, []
    advise(slo, (*objective_at, _target_key(objective)), notes)
    return slo, alerting.inline_targets


def _objective(spec: Table, notes: Notes) -> tuple[Table, Path]:
    """The first objective; the engine evaluates one per SLO."""
    found = list(objectives_of(spec, ("spec",)))
    if not found:
        notes.error(("spec", "objectives"), "is empty; give one objective with a target, such as 0.995")
        return Table(), ("spec", "objectives")
    if len(found) > 1:
        notes.warn(
            ("spec", "objectives"),
            f"holds {len(found)} objectives and only the first is evaluated; write one SLO document per objective",
        )
    return found[0]


def _share(objective: Table, at: Path, notes: Notes) -> Fraction | None:
    """The target as an exact share, above 0 and below 1."""
    key = _target_key(objective)
    share = scalars.number(objective.get(key))
    if share is None:
        return None
    if key == "targetPercent":
        share = share / 100
    if not 0 < share < 1:
        notes.error((*at, key), f"{show(objective[key])}: an error budget needs an objective above 0 and below 100%")
        return None
    return share


def _target_key(objective: Table) -> str:
    return "target" if objective.get("target") is not None else "targetPercent"


def _service(spec: Table, catalogue: Catalogue, notes: Notes) -> str:
    """The service's name; documents of services are optional, yet where there are some, a name outside them is odd."""
    name = read.text(spec, "service")
    known = catalogue.of("Service")
    if len(name) > LONGEST_NAME or not name.isprintable():
        notes.error(("spec", "service"), f"{show(name)}: a name is one line of at most {LONGEST_NAME} characters")
    elif known and name not in known:
        notes.warn(
            ("spec", "service"),
            f"{show(name)} has no Service document{nearest(name, known)}; known: {listed(sorted(known))}",
        )
    return name
