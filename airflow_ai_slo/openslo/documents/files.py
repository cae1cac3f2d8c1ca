"""Finds definition files and reads their documents; whatever a file holds, the answer is documents and problems."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from airflow_ai_slo.openslo.documents.json_values import read_json
from airflow_ai_slo.openslo.documents.values import Items, MalformedError, Raw, Table, read_yaml
from airflow_ai_slo.openslo.problems import DocumentResult, Notes

SUFFIXES = (".yaml", ".yml", ".json")
LARGEST_FILE = 10 * 1024 * 1024


@dataclass(slots=True)
class Document:
    """One object of a file, and what was found wrong with it so far.

    :param value: the mapping; empty where the document is not one.
    :param searched: whether the file was found in a folder rather than named.
    """

    file: str
    index: int
    notes: Notes
    value: Table = field(default_factory=Table)
    searched: bool = False
    unreadable: bool = False
    foreign: bool = False

    @property
    def kind(self) -> str:
        return _text(self.value.get("kind"))

    @property
    def name(self) -> str:
        metadata = self.value.get("metadata")
        return _text(metadata.get("name")) if isinstance(metadata, Table) else ""

    @property
    def place(self) -> str:
        return f"{self.file}#{self.index}"

    def result(self) -> DocumentResult:
        return DocumentResult(
            self.file, self.index, self.kind, self.name, self.notes.problems, self.unreadable, self.foreign
        )


def read(paths: Sequence[FilePath | str], *, strict: bool) -> list[Document]:
    """Every document of these files and folders (searched in depth, hidden ones left out), in sorted order."""
    documents: list[Document] = []
    seen: set[str] = set()
    for path in paths:
        for file, searched in _find(FilePath(path)):
            where = os.path.realpath(file)
            if where not in seen:
                seen.add(where)
                documents.extend(_documents(file, searched=searched, strict=strict))
    return documents


def _find(path: FilePath) -> Iterator[tuple[str, bool]]:
    if not path.is_dir():
        yield str(path), False
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield str(FilePath(folder) / name), True


def _documents(file: str, *, searched: bool, strict: bool) -> Iterator[Document]:
    try:
        text = _content(FilePath(file))
    except OSError as error:
        yield _broken(file, 0, error.strerror or str(error), strict=strict, unreadable=True)
        return
    except ValueError as error:
        yield _broken(file, 0, str(error), strict=strict)
        return
    index = 0
    try:
        for raw in read_json(text) if file.endswith(".json") else read_yaml(text):
            for document in _objects(file, index, raw, strict=strict):
                document.searched = searched
                yield document
                index += 1
    except MalformedError as error:
        where = "" if error.line is None else f"line {error.line}: "
        yield _broken(file, index, f"{where}{error.message}", strict=strict)
        return
    if index == 0:
        empty = Document(file, 0, Notes(strict=strict), searched=searched, foreign=True)
        empty.notes.warn((), "the file is empty: it holds no document")
        yield empty


def _content(path: FilePath) -> str:
    if path.exists() and not path.is_file():
        raise ValueError("not a file or folder")
    with path.open("rb") as stream:
        data = stream.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise ValueError(f"larger than {LARGEST_FILE // 1024 // 1024} MB; definitions are small text files")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"not text: byte {error.start} is not UTF-8") from None


def _objects(file: str, index: int, raw: Raw, *, strict: bool) -> Iterator[Document]:
    """The objects of one document: itself, or the items of a list; an empty document is none."""
    if raw.value is None:
        return
    many = isinstance(raw.value, Items)
    for position, value in enumerate(raw.value if many else [raw.value]):
        document = Document(file, index + position, Notes(root=value, strict=strict))
        if isinstance(value, Table):
            document.value = value
        else:
            document.notes.error((), f"{_described(value)} where an OpenSLO object (a mapping) is needed")
        for at, line in raw.repeated:
            if not many or at[0] == position:
                inside = at[1:] if many else at
                document.notes.error(inside, f"given twice, again on line {line}; keep one")
        yield document


def _broken(file: str, index: int, message: str, *, strict: bool, unreadable: bool = False) -> Document:
    document = Document(file, index, Notes(strict=strict), unreadable=unreadable)
    document.notes.error((), message)
    return document


def _described(value: Any) -> str:
    return "a list" if isinstance(value, Items) else "text" if isinstance(value, str) else f"{value!r}"[:60]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
