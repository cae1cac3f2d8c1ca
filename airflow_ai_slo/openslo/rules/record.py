"""Mappings with known fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_ai_slo.openslo.documents.values import Table
from airflow_ai_slo.openslo.problems import Notes, Path, show
from airflow_ai_slo.openslo.rules.checks import Check, name, unknown

Rule = Callable[[Table, Path, Notes], None]
"""A check over several fields of one mapping."""


@dataclass(frozen=True, slots=True)
class Field:
    """One known field.

    :param needed: whether it may be left out.
    :param assumed: what lenient mode takes where a needed field is missing; empty where it can take nothing.
    """

    check: Check
    needed: bool = False
    assumed: str = ""

    def apply(self, value: Any, at: Path, notes: Notes) -> None:
        if value is not None and not (self.needed and _is_blank(value)):
            self.check(value, at, notes)
        elif self.assumed:
            notes.letter(at, "is missing" if notes.strict else f"is missing; {self.assumed} is assumed")
        elif self.needed:
            notes.error(at, "is missing")


def optional(check: Check) -> Field:
    return Field(check)


def required(check: Check) -> Field:
    return Field(check, needed=True)


def expected(check: Check, assumed: str) -> Field:
    """Needed by the letter; lenient mode makes do without."""
    return Field(check, needed=True, assumed=assumed)


def record(fields: Mapping[str, Field], *rules: Rule) -> Check:
    """A mapping of known fields, and rules over several of them."""

    def check(value: Any, at: Path, notes: Notes) -> None:
        if not isinstance(value, Table):
            notes.error(at, f"{show(value)} where a mapping is needed")
            return
        unknown(value, fields, at, notes)
        for key, each in fields.items():
            each.apply(value.get(key), (*at, key), notes)
        for rule in rules:
            rule(value, at, notes)

    return check


def reference_or_inline(key: str, inline: Mapping[str, Field], *, flat: Mapping[str, Field] | None = None) -> Check:
    """Either ``{key: name}`` or the object itself.

    :param flat: fields of a short form in common use: the object's spec without kind, metadata and spec around it.
    """
    inlined, short = record(inline), record(flat or {})

    def check(value: Any, at: Path, notes: Notes) -> None:
        if isinstance(value, str):
            notes.letter(at, f"{show(value)} is text; write {{{key}: {value[:60]}}}")
            name(value, at, notes)
            return
        if not isinstance(value, Table):
            notes.error(at, f"{show(value)} where a mapping is needed")
            return
        refers, holds = key in value, any(each in value for each in inline)
        if refers and holds:
            notes.error(at, f"gives both {key} and an inline object; keep one")
        elif refers:
            unknown(value, {key: None}, at, notes)
            required(name).apply(value[key], (*at, key), notes)
        elif holds:
            inlined(value, at, notes)
        elif flat and any(each in value for each in flat):
            notes.letter(at, "holds the spec alone; wrap it in kind, metadata and spec")
            short(value, at, notes)
        else:
            notes.error(at, f"needs either {key} or an inline object (kind, metadata, spec)")

    return check


def exclusive(*keys: str, least: int = 1) -> Rule:
    """At most one of these fields, and at least ``least`` (0 or 1) of them."""
    names = " and ".join(keys) if len(keys) == 2 else ", ".join(keys)

    def rule(value: Table, at: Path, notes: Notes) -> None:
        given = [key for key in keys if value.get(key) is not None]
        if len(given) > 1:
            notes.error(at, f"gives {' and '.join(given)}; only one of {names} may be set")
        elif len(given) < least:
            notes.error(at, f"needs one of {names}")

    return rule


def _is_blank(value: Any) -> bool:
    return value == "" or (isinstance(value, Table) and not value)
