"""Sentences and lists of names, as every part of a report writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from airflow_ai_slo.reports.figures import plural

__all__ = ["Sentence", "capital", "listed", "plural"]

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence on top of a report; ``tone`` is empty, ``lead`` or ``ice`` (a freeze)."""

    text: str
    tone: str = ""


def capital(text: str) -> str:
    """As at the beginning of a sentence, the rest as it is; empty stays empty."""
    return text[:1].upper() + text[1:]


def listed(names: Sequence[str]) -> str:
    """``a, b and c``; beyond three, ``a, b, c and 4 more``."""
    if len(names) > _NAMED:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED:,} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
