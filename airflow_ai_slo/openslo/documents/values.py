"""One YAML or JSON text as plain values with line numbers, within bounds.

Values are built from the parser's events: no tag can name a Python object, dates stay the text they were, numbers keep
their digits, repeated keys are seen, and aliases count for what they expand to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from airflow_ai_slo.openslo.documents.scalars import Written
from airflow_ai_slo.openslo.problems import Path

DEEPEST = 64
LARGEST = 500_000
"""Values one document may hold, aliases expanded."""

_LONGEST_INT = 400
_TAG = "tag:yaml.org,2002:"
_BOOLS = {
    word: truth
    for truth, words in ((True, ("true", "yes", "on")), (False, ("false", "no", "off")))
    for base in words
    for word in (base, base.capitalize(), base.upper())
}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INT = re.compile(r"[-+]?(0|[1-9][0-9_]*)")
_INT_BASES = (
    (re.compile(r"[-+]?0b_*[01][01_]*"), 2),
    (re.compile(r"[-+]?0x_*[0-9a-fA-F][0-9a-fA-F_]*"), 16),
    (re.compile(r"[-+]?0_*[0-7][0-7_]*"), 8),
)
_FLOAT = re.compile(r"[-+]?([0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"([-+]?)\.(inf|Inf|INF|nan|NaN|NAN)")


class Table(dict[str, Any]):
    """A mapping that knows the line of each key."""

    __slots__ = ("line", "lines")
    line: int
    lines: dict[str, int]

    def __init__(self, line: int = 0) -> None:
        super().__init__()
        self.line, self.lines = line, {}


class Items(list[Any]):
    """A list that knows the line of each item."""

    __slots__ = ("line", "lines")
    line: int
    lines: dict[int, int]

    def __init__(self, line: int = 0) -> None:
        super().__init__()
        self.line, self.lines = line, {}


class MalformedError(Exception):
    """A text that is no YAML or JSON, or goes beyond the bounds; ``line`` is from 1, or None."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message, self.line = message, line


@dataclass(slots=True)
class Raw:
    """One document: its value, where it starts, and the repeated keys found in it."""

    value: Any
    line: int
    repeated: list[tuple[Path, int]] = field(default_factory=list)


def read_yaml(text: str) -> Iterator[Raw]:
    """Every document of a YAML text.

    :raises MalformedError: at the document that cannot be read; those before it have been given.
    """
    events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    try:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                yield _Builder(events).document()
    except yaml.MarkedYAMLError as error:
        line = _line(error.problem_mark or error.context_mark)
        raise MalformedError(_explain(error, text, line), line) from None
    except yaml.YAMLError as error:
        raise MalformedError(f"not YAML: {' '.join(str(error).split())}") from None


class _Builder:
    """Builds one document from the events that follow its start."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self.events = events
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.size = 0
        self.repeated: list[tuple[Path, int]] = []

    def document(self) -> Raw:
        first = next(self.events)
        value = self.value(first, ())
        return Raw(value, _line(first.start_mark) or 1, self.repeated)

    def value(self, event: yaml.Event, at: Path) -> Any:
        if len(at) > DEEPEST:
            raise MalformedError(f"nested deeper than {DEEPEST} levels", _line(event.start_mark))
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        before = self.size
        self.grow(1, event)
        if isinstance(event, yaml.ScalarEvent):
            value = scalar(event)
        elif getattr(event, "tag", None) not in (None, "!", f"{_TAG}map", f"{_TAG}seq"):
            raise _refused_tag(event)
        elif isinstance(event, yaml.MappingStartEvent):
            value = self.mapping(event, at)
        else:
            value = self.sequence(event, at)
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self.anchors[anchor] = (value, self.size - before)
        return value

    def alias(self, event: yaml.AliasEvent) -> Any:
        if event.anchor not in self.anchors:
            raise MalformedError(
                f"alias *{event.anchor} names an anchor that is not defined before it", _line(event.start_mark)
            )
        value, weight = self.anchors[event.anchor]
        self.grow(weight, event)
        return value

    def grow(self, by: int, event: yaml.Event) -> None:
        self.size += by
        if self.size > LARGEST:
            raise MalformedError(f"expands to more than {LARGEST:,} values", _line(event.start_mark))

    def sequence(self, start: yaml.Event, at: Path) -> Items:
        items = Items(_line(start.start_mark) or 0)
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.lines[len(items)] = _line(event.start_mark) or 0
            items.append(self.value(event, (*at, len(items))))
        return items

    def mapping(self, start: yaml.Event, at: Path) -> Table:
        table = Table(_line(start.start_mark) or 0)
        merged: list[Table] = []
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key, merges = _key(event)
            line = _line(event.start_mark) or 0
            value = self.value(next(self.events), (*at, key))
            if merges:
                merged.extend(_mergeable(value, line))
                continue
            if key in table:
                self.repeated.append(((*at, key), line))
            table[key] = value
            table.lines[key] = line
        for source in merged:
            for key in source.keys() - table.keys():
                table[key] = source[key]
                table.lines[key] = source.lines.get(key, table.line)
        return table


def whole(text: str, line: int | None = None) -> str:
    """The text, once it is known to hold no half of a character (a lone surrogate escape), which nothing can store."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise MalformedError(f"{text[:60]!r} holds half a character", line) from None
    return text


def scalar(event: yaml.ScalarEvent) -> Any:
    """A scalar's value by YAML 1.1's rules, but for base-60 numbers and dates, which stay text."""
    whole(event.value, _line(event.start_mark))
    if event.tag is not None and event.tag != "!":
        kind = event.tag.removeprefix(_TAG)
        if kind not in ("str", "int", "float", "bool", "null") or not event.tag.startswith(_TAG):
            raise _refused_tag(event)
        return event.value if kind == "str" else plain(event.value)
    return plain(event.value) if event.implicit[0] else event.value


def plain(text: str) -> Any:
    """What an unquoted scalar stands for."""
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if len(text) > _LONGEST_INT or text[0] not in "+-.0123456789":
        return text
    if _INT.fullmatch(text):
        return int(text.replace("_", ""))
    for pattern, base in _INT_BASES:
        if pattern.fullmatch(text):
            return int(text.replace("_", ""), base)
    if _FLOAT.fullmatch(text):
        digits = text.replace("_", "")
        return Written(digits, float(digits))
    if special := _SPECIAL.fullmatch(text):
        return Written(text, float(special[1] + special[2]))
    return text


def _key(event: yaml.Event) -> tuple[str, bool]:
    """A key's text, and whether it is YAML's merge key."""
    if not isinstance(event, yaml.ScalarEvent):
        raise MalformedError("a key must be text (a template must be rendered first)", _line(event.start_mark))
    if event.implicit[0] and event.value in _NULLS:
        raise MalformedError("a key is empty; every key needs a name", _line(event.start_mark))
    return whole(str(event.value), _line(event.start_mark)), event.value == "<<" and bool(event.implicit[0])


def _refused_tag(event: yaml.Event) -> MalformedError:
    tag = str(getattr(event, "tag", ""))[:60]
    return MalformedError(f"tag {tag!r} is not allowed; write plain values", _line(event.start_mark))


def _mergeable(value: Any, line: int) -> list[Table]:
    tables = value if isinstance(value, Items) else [value]
    if not all(isinstance(table, Table) for table in tables):
        raise MalformedError("<< merges mappings only", line)
    return list(tables)


def _line(mark: Any) -> int | None:
    return None if mark is None else int(mark.line) + 1


def _explain(error: yaml.MarkedYAMLError, text: str, line: int | None) -> str:
    what = " ".join(part for part in (error.context, error.problem) if part)
    around = text.splitlines()[line - 1 : line] if line else []
    indent = around[0][: len(around[0]) - len(around[0].lstrip())] if around else ""
    return f"not YAML: {what}" + ("; indent with spaces, not tabs" if "\t" in indent else "")
