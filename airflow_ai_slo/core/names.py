"""Which texts may name things: those that every store can keep."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase

from airflow_ai_slo.core.errors import ConfigurationError

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


def picked(patterns: Iterable[str], known: Collection[str], *, what: str) -> list[str]:
    """Those of the known names that any of some names or patterns (``etl_*``) means, in their order; all without any.

    :param what: the kind of thing, for errors.
    :raises ConfigurationError: a pattern that means none.
    """
    wanted = list(patterns)
    for pattern in wanted:
        if not any(fnmatchcase(name, pattern) for name in known):
            near = get_close_matches(pattern, known, n=1)
            meant = f"; did you mean {near[0]}?" if near else ""
            raise ConfigurationError(f"no {what} is named {pattern!r:.100}{meant}")
    return [name for name in known if not wanted or any(fnmatchcase(name, pattern) for pattern in wanted)]
