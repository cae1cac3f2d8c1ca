"""What is wrong with a document, and where."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Path = tuple[str | int, ...]
Level = Literal["error", "warning"]

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHOWN = 60
_LONGEST_KEY = 400
_MOST_COMPARED = 300


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of one document.

    :param path: field path such as ``spec.objectives[0].target``; empty for the document as a whole.
    :param severity: ``error`` makes the document invalid, ``warning`` does not.
    :param line: line in the file, from 1, where it is known.
    """

    path: str
    message: str
    severity: Level = "error"
    line: int | None = None

    def as_json(self) -> dict[str, str]:
        return {"path": self.path, "message": self.message, "severity": self.severity}


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """One document as judged.

    :param file: path as the caller gave or found it.
    :param index: place in the file, from 0.
    :param kind: as written; empty where the document has none, or could not be read at all.
    :param unreadable: the file could not be read; there is no document.
    :param foreign: the document belongs to another tool and was passed over.
    """

    file: str
    index: int
    kind: str
    name: str
    problems: tuple[Problem, ...]
    unreadable: bool = False
    foreign: bool = False

    @property
    def valid(self) -> bool:
        return not self.errors

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")

    def says(self, problem: Problem) -> str:
        """A problem of it for people, in one line: ``file#index kind/name: path: message (line n)``."""
        place = self.file if self.unreadable else f"{self.file}#{self.index}"
        if self.kind:
            place += f" {_printable(self.kind)}/{_printable(self.name)}"
        line = "" if problem.line is None else f" (line {problem.line})"
        said = ": ".join(part for part in (place, problem.path, problem.message) if part) + line
        # File names and JSON escapes may hold what no terminal can show.
        return said.encode("utf-8", "backslashreplace").decode()

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "index": self.index,
            "kind": self.kind,
            "name": self.name,
            "valid": self.valid,
            "problems": [problem.as_json() for problem in self.problems],
        }


@dataclass(slots=True)
class Notes:
    """Collects the problems of one document while it is being judged.

    :param root: the document's value; lines are looked up in it.
    :param strict: whether a departure from OpenSLO's letter is an error rather than a warning.
    """

    root: object = None
    strict: bool = False
    _found: dict[Problem, None] = field(default_factory=dict)

    def error(self, at: Path, message: str) -> None:
        self._add(at, message, "error")

    def warn(self, at: Path, message: str) -> None:
        self._add(at, message, "warning")

    def letter(self, at: Path, message: str) -> None:
        """A departure from the specification that is in common use: an error only when strict."""
        self._add(at, message, "error" if self.strict else "warning")

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(self._found)

    def failed(self) -> bool:
        return any(problem.severity == "error" for problem in self._found)

    def _add(self, at: Path, message: str, severity: Level) -> None:
        self._found[Problem(render(at), message, severity, line_of(self.root, at))] = None


def render(at: Path) -> str:
    """A path as people write it: ``spec.objectives[0].target``, ``metadata.annotations["a.b/c"]``."""
    text = ""
    for step in at:
        if isinstance(step, int):
            text += f"[{step}]"
        elif len(step) <= _LONGEST_KEY and _PLAIN_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(_cut(step, _LONGEST_KEY), ensure_ascii=not step.isprintable())}]"
    return text


def line_of(root: object, at: Path) -> int | None:
    """The line of the deepest part of the path that is there."""
    line: int | None = getattr(root, "line", None)
    for step in at:
        lines: Mapping[str | int, int] = getattr(root, "lines", {})
        if step not in lines:
            break
        line, root = lines[step], root[step]  # type: ignore[index]
    return line or None


def show(value: object) -> str:
    """A value inside a message, on one line and never long."""
    text = getattr(value, "text", None)
    return text if isinstance(text, str) else _cut(_one_line(value))


def listed(names: Iterable[str]) -> str:
    """Names inside a message: at most eight of them."""
    known = [_cut(name) if name.isprintable() else show(name) for name in names]
    return ", ".join(known[:8]) + (f" and {len(known) - 8} more" if len(known) > 8 else "")


def nearest(word: str, known: Collection[str]) -> str:
    """`` (did you mean X?)``, or nothing where no known word is near."""
    from difflib import get_close_matches

    if len(known) > _MOST_COMPARED:
        return ""
    folded = {fold(name): name for name in known}
    near = get_close_matches(fold(word[:_SHOWN]), folded, n=1, cutoff=0.6)
    return f" (did you mean {folded[near[0]]}?)" if near else ""


def fold(word: str) -> str:
    """A word without case, hyphens, underscores and spaces: how ``Burn-Rate`` is ``burnrate``."""
    return re.sub(r"[-_\s]", "", word).casefold()


def _one_line(value: object) -> str:
    if isinstance(value, str):
        return repr(value[: _SHOWN * 2])
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if abs(value) < 10**_SHOWN else "a very large number"
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, Sequence) else repr(value)


def _cut(text: str, longest: int = _SHOWN) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def _printable(text: str) -> str:
    shown = _cut(text)
    return shown if shown.isprintable() else repr(shown)
