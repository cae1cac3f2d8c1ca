"""Definitions from files: judged, resolved, and turned into the core model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from airflow_ai_slo.core.definition import SLO, Service
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.target import Target
from airflow_ai_slo.openslo.documents.files import Document, read
from airflow_ai_slo.openslo.problems import DocumentResult, Problem
from airflow_ai_slo.openslo.rules.kinds import check_document, is_foreign, kind_of
from airflow_ai_slo.openslo.translate.alerts import build_target
from airflow_ai_slo.openslo.translate.annotations import read_annotations
from airflow_ai_slo.openslo.translate.catalogue import Catalogue
from airflow_ai_slo.openslo.translate.service import build_service
from airflow_ai_slo.openslo.translate.slo import build_slo
from airflow_ai_slo.openslo.translate.timetables import Schedules, fill_in


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a set of files defines.

    :param slos: every SLO whose document holds no error, in the order of the files.
    :param services: likewise; SLOs may name services that have no document.
    :param targets: whom ``SLO.notify`` may name.
    :param documents: every document as judged.
    """

    slos: tuple[SLO, ...]
    services: tuple[Service, ...]
    targets: tuple[Target, ...]
    documents: tuple[DocumentResult, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(problem for document in self.documents for problem in document.problems)

    @property
    def valid(self) -> bool:
        return all(document.valid for document in self.documents)

    def require(self) -> Loaded:
        """Itself, when all of it is usable.

        :raises DefinitionError: the first error, with file, document, field path and line.
        """
        for document in self.documents:
            for problem in document.errors:
                said = document.says(problem)
                raise DefinitionError(problem.message, path=problem.path, file=document.file, said=said)
        return self


def load(
    paths: Sequence[Path | str],
    *,
    strict: bool = False,
    schedules: Schedules | None = None,
    judging: bool = False,
) -> Loaded:
    """Read OpenSLO v1 files and folders (searched in depth).

    :param strict: judge each document by OpenSLO's letter first; what does not pass is not built.
    :param schedules: tells the schedule of an Airflow DAG, for ``cadence: dag:ID``.
    :param judging: a DAG whose schedule cannot be told is a warning rather than an error.
    """
    documents = _judged(paths, strict=strict)
    usable = [document for document in documents if not document.foreign and not document.unreadable]
    catalogue = Catalogue(usable)
    _read_other_annotations(usable)
    for document in usable:
        if kind_of(document.value) == "SLO":
            fill_in(document.value, document.notes, schedules, judging=judging)
    slos: list[SLO] = []
    services: list[Service] = []
    targets: dict[str, Target] = {}
    for document in usable:
        kind = kind_of(document.value)
        if document.notes.failed():
            continue
        if kind == "Service":
            service = build_service(document, catalogue)
            if service is not None:
                services.append(service)
        elif kind == "AlertNotificationTarget":
            target = build_target(document.value, document.notes)
            targets.setdefault(target.name, target)
        elif kind == "SLO":
            slo, inline = build_slo(document, catalogue)
            if slo is not None:
                slos.append(slo)
                targets |= {target.name: target for target in inline if target.name not in targets}
    return Loaded(
        tuple(slos), tuple(services), tuple(targets.values()), tuple(document.result() for document in documents)
    )


def require(paths: Sequence[Path | str], *, strict: bool = False, schedules: Schedules | None = None) -> Loaded:
    """:func:`load`, for those who need all of it.

    :raises DefinitionError: the first error, with file and field path; or nothing was found.
    """
    loaded = load(paths, strict=strict, schedules=schedules).require()
    if all(document.foreign for document in loaded.documents):
        raise DefinitionError("no OpenSLO document found", file=", ".join(map(str, paths)))
    return loaded


def validate(
    paths: Sequence[Path | str], *, strict: bool = False, schedules: Schedules | None = None
) -> list[DocumentResult]:
    """Judge every document of these files and folders.

    :param strict: OpenSLO v1 to the letter, each document by itself. Otherwise what is in common use passes with
        warnings, references must resolve, and the numbers must be ones the engine can use.
    """
    if strict:
        return [document.result() for document in _judged(paths, strict=True)]
    return list(load(paths, schedules=schedules, judging=True).documents)


def _judged(paths: Sequence[Path | str], *, strict: bool) -> list[Document]:
    documents = read(paths, strict=strict)
    for document in documents:
        if document.unreadable or document.foreign or (document.notes.failed() and not document.value):
            continue
        if document.searched and not strict and is_foreign(document.value):
            document.foreign = True
            document.notes.warn((), "not an OpenSLO document; left out")
        else:
            check_document(document.value, document.notes)
    return documents


def _read_other_annotations(documents: Sequence[Document]) -> None:
    """Note annotations of ours on kinds where they have no effect; the others are read where they are built."""
    for document in documents:
        kind = kind_of(document.value)
        if kind not in (None, "SLO", "Service", "AlertNotificationTarget"):
            read_annotations(document.value, kind, document.notes)
