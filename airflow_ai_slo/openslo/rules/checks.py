"""Checks of one value: each looks at a value at a path and notes what is wrong with it.

A departure from the specification that is in common use goes to ``notes.letter``: an error when strict, else a warning.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.documents.values import Items, Table
from airflow_ai_slo.openslo.problems import Notes, Path, listed, nearest, show

Check = Callable[[Any, Path, Notes], object]

LONGEST_NAME = 250
_MOST_UNKNOWN = 50
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def text(*, longest: int | None = None) -> Check:
    """A string."""

    def check(value: Any, at: Path, notes: Notes) -> None:
        if not _is_text(value, at, notes):
            return
        if longest is not None and len(str(value)) > longest:
            notes.letter(at, f"{len(str(value))} characters; at most {longest} are allowed")

    return check


def line(what: str, *, such_as: str) -> Callable[[Any, Path, Notes], bool]:
    """One line of text that can name something in every store. The check says whether it is one."""

    def check(value: Any, at: Path, notes: Notes) -> bool:
        if not _is_text(value, at, notes):
            return False
        written = scalars.text(value) or ""
        if not written:
            notes.error(at, f"is empty; give {what} such as {such_as}")
        elif len(written) > LONGEST_NAME or not written.isprintable():
            notes.error(at, f"{show(written)}: {what} is one line of at most {LONGEST_NAME} characters")
        else:
            return True
        return False

    return check


def name(value: Any, at: Path, notes: Notes) -> None:
    """The name of an object: an RFC 1123 label."""
    if not line("a name", such_as="daily-load")(value, at, notes):
        return
    written = scalars.text(value) or ""
    if not _LABEL.fullmatch(written):
        notes.letter(
            at,
            f"{show(written)}: a name is up to 63 lower-case letters, digits and hyphens, "
            "and begins and ends with a letter or digit",
        )


def number(value: Any, at: Path, notes: Notes) -> None:
    """A finite number."""
    if scalars.is_number(value):
        if isinstance(value, float) and not math.isfinite(value):
            notes.error(at, f"{show(value)} is not a finite number")
        elif scalars.number(value) is None:
            notes.error(at, f"{show(value)} is beyond any number in use here")
    elif isinstance(value, str) and scalars.number(value) is not None:
        notes.letter(at, f"{show(value)} is text; write the number without quotes")
    else:
        notes.error(at, f"{show(value)} where a number is needed")


def flag(value: Any, at: Path, notes: Notes) -> None:
    """A boolean."""
    if isinstance(value, bool):
        return
    if scalars.flag(value) is not None:
        notes.letter(at, f"{show(value)} is text; write true or false without quotes")
    else:
        notes.error(at, f"{show(value)} where true or false is needed")


def choice(*options: str) -> Check:
    """One of a few words."""

    def check(value: Any, at: Path, notes: Notes) -> None:
        if value in options and isinstance(value, str):
            return
        meant = scalars.choose(value, options)
        if meant is not None:
            notes.letter(at, f"{show(value)} is written {meant}")
        else:
            notes.error(at, f"{show(value)} is not one of {listed(options)}")

    return check


def anything(value: Any, at: Path, notes: Notes) -> None:
    """Whatever is valid YAML."""


def free_table(value: Any, at: Path, notes: Notes) -> None:
    """A mapping with at least one entry, whose content is another tool's affair."""
    if isinstance(value, Table):
        if not value:
            notes.letter(at, "is empty; at least one entry is needed")
    elif isinstance(value, str):
        notes.letter(at, "is text where a mapping is needed, such as {query: …}")
    else:
        notes.error(at, f"{show(value)} where a mapping is needed")


def table(key: re.Pattern[str], key_is: str, entry: Check) -> Check:
    """A mapping of free keys that follow a pattern."""

    def check(value: Any, at: Path, notes: Notes) -> None:
        if not isinstance(value, Table):
            notes.error(at, f"{show(value)} where a mapping is needed")
            return
        for each, held in value.items():
            if not key.fullmatch(each):
                notes.letter((*at, each), f"key {show(each)}: {key_is}")
            if held is not None:
                entry(held, (*at, each), notes)

    return check


def items(entry: Check, *, least: int = 0, most: int | None = None, rule: str = "", lenient: str = "") -> Check:
    """A list. Lenient mode reads a lone mapping as a list of one.

    :param rule: how many are allowed, in words; ``lenient`` says what lenient mode does with another number.
    """

    def check(value: Any, at: Path, notes: Notes) -> None:
        if isinstance(value, Table):
            notes.letter(at, "is a mapping where a list is needed; begin it with a hyphen")
            entry(value, at, notes)
            return
        if not isinstance(value, Items):
            notes.error(at, f"{show(value)} where a list is needed")
            return
        said = rule if notes.strict or not lenient else f"{rule}; {lenient}"
        if len(value) < least:
            notes.letter(at, f"is empty; {rule}")
        if most is not None and len(value) > most:
            notes.letter(at, f"holds {len(value)} items; {said}")
        for index, each in enumerate(value):
            entry(each, (*at, index), notes)

    return check


def unknown(value: Mapping[str, Any], known: Mapping[str, Any], at: Path, notes: Notes) -> None:
    """Note every key that the specification does not know."""
    strange = [key for key in value if key not in known]
    for key in strange[:_MOST_UNKNOWN]:
        notes.letter((*at, key), f"unknown field{nearest(key, known)}; known here: {listed(known)}")
    if len(strange) > _MOST_UNKNOWN:
        notes.letter(at, f"holds {len(strange) - _MOST_UNKNOWN} more unknown fields")


def _is_text(value: Any, at: Path, notes: Notes) -> bool:
    if isinstance(value, str):
        return True
    if scalars.text(value) is not None:
        notes.letter(at, f"{show(value)} is not text; put it in quotes")
        return True
    notes.error(at, f"{show(value)} where text is needed")
    return False
