"""Which texts may name things: those that every store can keep."""

from __future__ import annotations

LONGEST_NAME = 250
"""Characters of the name of an SLO, a service or a notification target."""

LONGEST_UNIT = 40
"""Characters of the noun for what an SLO counts."""

LONGEST_KEY = 500
"""Characters of a measurement's key."""


def is_name(value: object, longest: int) -> bool:
    """Whether a text can be stored anywhere: not empty, not too long, no NUL, nothing that UTF-8 cannot write."""
    if not isinstance(value, str) or not 0 < len(value) <= longest or "\0" in value:
        return False
    return value.isascii() or _is_unicode(value)


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
