"""Valid documents to change, and ways to have them judged."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openslo_documents import VALID

from airflow_ai_slo import openslo

GONE = ...


class Judge:
    """Writes documents to a file and has them judged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def changed(self, name: str, changes: dict[str, Any]) -> dict[str, Any]:
        """A valid document with values at dotted paths replaced (``GONE`` removes)."""
        document: Any = copy.deepcopy(VALID[name])
        for path, value in changes.items():
            *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
            place = document
            for step in parents:
                place = place[step]
            if value is GONE:
                del place[last]
            else:
                place[last] = value
        return document

    def write(self, *documents: Any) -> Path:
        path = self.folder / "documents.json"
        path.write_text(json.dumps(list(documents)))
        return path

    def one(self, name: str, changes: dict[str, Any] | None = None, *, strict: bool) -> openslo.DocumentResult:
        return openslo.validate([self.write(self.changed(name, changes or {}))], strict=strict)[0]

    def among_all(self, name: str, changes: dict[str, Any]) -> openslo.DocumentResult:
        """Lenient, with every other valid document at hand for references."""
        others = [document for other, document in VALID.items() if other != name]
        return openslo.validate([self.write(self.changed(name, changes), *others)])[0]

    def loaded(self, name: str, changes: dict[str, Any] | None = None) -> openslo.Loaded:
        """The changed document built with every other one at hand; only errors in it fail."""
        others = [document for other, document in VALID.items() if other != name and "slo" not in other[:4]]
        return openslo.load([self.write(self.changed(name, changes or {}), *others)])

    def text(self, text: str | bytes, *, name: str = "file.yaml", strict: bool = False) -> list[openslo.DocumentResult]:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return openslo.validate([path], strict=strict)


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    return Judge(tmp_path)


@pytest.fixture
def errors() -> Callable[[openslo.DocumentResult], list[str]]:
    return lambda result: [problem.path for problem in result.errors]
