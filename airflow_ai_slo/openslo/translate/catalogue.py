"""All documents of one load by kind and name, so that references resolve."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.documents.files import Document
from airflow_ai_slo.openslo.problems import Notes, Path, listed, nearest, show
from airflow_ai_slo.openslo.rules.kinds import kind_of


class Catalogue:
    """Documents by kind and name; the first of a name wins, the others are noted."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._known: dict[str, dict[str, Document]] = {}
        for document in documents:
            kind, name = kind_of(document.value), name_of(document)
            if kind is None or not name:
                continue
            named = self._known.setdefault(kind, {})
            if name in named:
                first = named[name].place
                document.notes.error(("metadata", "name"), f"{kind} {show(name)} is already defined in {first}")
            else:
                named[name] = document

    def of(self, kind: str) -> dict[str, Document]:
        return self._known.get(kind, {})

    def find(self, kind: str, name: str, at: Path, notes: Notes) -> Document | None:
        """The usable document a reference names; what is wrong with the reference is noted."""
        known = self.of(kind)
        found = known.get(name)
        if found is None:
            there = f"; known: {listed(sorted(known))}" if known else f"; no {kind} was loaded"
            notes.error(at, f"refers to {kind} {show(name)}, which is not defined{nearest(name, known)}{there}")
        elif found.notes.failed():
            notes.error(at, f"refers to {kind} {show(name)}, which has errors ({found.place})")
            return None
        return found


def name_of(document: Document) -> str:
    """``metadata.name`` as text, numbers included."""
    metadata = document.value.get("metadata")
    return (scalars.text(metadata.get("name")) or "") if isinstance(metadata, dict) else ""
