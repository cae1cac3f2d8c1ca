"""Foreign text made printable: names, keys and reasons come from other people's systems."""

from __future__ import annotations

import re
from typing import TypeVar

T = TypeVar("T")

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)
"""Control characters, overrides of the writing direction, and what UTF-8 or HTML cannot hold."""


def clean(value: T) -> T:
    """A string with each unprintable character replaced by U+FFFD; anything else as it is."""
    if isinstance(value, str) and _UNPRINTABLE.search(value):
        return type(value)(_UNPRINTABLE.sub("\ufffd", value))
    return value
