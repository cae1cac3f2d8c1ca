"""One Service document into core's Service."""

from __future__ import annotations

from airflow_ai_slo.core.definition import Service
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.freeze_policy import EVERY
from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.documents.files import Document
from airflow_ai_slo.openslo.problems import Path, listed, nearest, show
from airflow_ai_slo.openslo.translate import read
from airflow_ai_slo.openslo.translate.alerts import named_targets
from airflow_ai_slo.openslo.translate.annotations import PREFIX, freeze_policy, read_annotations
from airflow_ai_slo.openslo.translate.catalogue import Catalogue, name_of

_FREEZE_SLOS = f"{PREFIX}freeze-slos"
_NOTIFY: Path = ("metadata", "annotations", f"{PREFIX}notify")


def build_service(document: Document, catalogue: Catalogue) -> Service | None:
    """The service of a Service document that holds no error so far.

    What is wrong is noted; the service is None when something is.
    """
    values = read_annotations(document.value, "Service", document.notes)
    _check_slos(values.get("freeze-slos", ()), document, catalogue)
    notify = named_targets(values.get("notify", ()), _NOTIFY, catalogue, document.notes)
    if document.notes.failed():
        return None
    metadata = read.table(document.value, "metadata")
    description = read.text(read.table(document.value, "spec"), "description")
    try:
        return Service(
            name=name_of(document),
            description=description or read.text(metadata, "displayName"),
            labels=read.labels(metadata),
            freeze=freeze_policy(values),
            notify=tuple(notify),
        )
    except DefinitionError as error:
        document.notes.error((), f"{error.path}: {error.message}")
        return None


def is_named(slo: str, service: str, catalogue: Catalogue) -> bool:
    """Whether a service's document names an SLO among those that freeze it."""
    document = catalogue.of("Service").get(service)
    if document is None:
        return False
    written = read.table(document.value, "metadata", "annotations").get(_FREEZE_SLOS)
    named = frozenset(part.strip() for part in (scalars.text(written) or "").split(","))
    return not named.isdisjoint({EVERY, slo})


def _check_slos(named: tuple[str, ...], document: Document, catalogue: Catalogue) -> None:
    """Names that lead nowhere would leave a gate without an answer. SLOs may be in files that are not loaded here."""
    slos, service = catalogue.of("SLO"), name_of(document)
    at = ("metadata", "annotations", _FREEZE_SLOS)
    for name in named if slos else ():
        if name == EVERY:
            continue
        members = _members(service, catalogue)
        if name not in slos:
            known = (
                f"; known: {listed(sorted(members))}" if members else f"; no SLO of service {show(service)} was loaded"
            )
            document.notes.error(at, f"names SLO {show(name)}, which is not defined{nearest(name, members)}{known}")
        elif name not in members:
            other = read.text(read.table(slos[name].value, "spec"), "service")
            document.notes.error(at, f"names SLO {show(name)}, which belongs to service {show(other)}")


def _members(service: str, catalogue: Catalogue) -> frozenset[str]:
    slos = catalogue.of("SLO").items()
    return frozenset(name for name, one in slos if read.text(read.table(one.value, "spec"), "service") == service)
