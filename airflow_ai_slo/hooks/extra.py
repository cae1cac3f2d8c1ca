"""What connections hold beside host and password, read with care."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow_ai_slo.core.errors import ConfigurationError


def seconds(value: Any, *, field: str = "timeout") -> timedelta:
    """A number of seconds between 0 and 3600.

    :raises ConfigurationError: anything else.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ConfigurationError(f"{field}={value!r} in extra is not a number of seconds") from None
    if not 0 < number < 3600:
        raise ConfigurationError(f"{field}={value!r} in extra: give seconds between 0 and 3600")
    return timedelta(seconds=number)


def texts(extra: Mapping[str, Any], field: str) -> dict[str, str]:
    """An object of texts, such as headers or labels; an empty one where there is none.

    :raises ConfigurationError: something else; its value is not repeated.
    """
    value = extra.get(field) or {}
    if not isinstance(value, Mapping) or not all(isinstance(one, str | int | float) for one in value.values()):
        raise ConfigurationError(f'{field} in extra: write an object of texts, such as {{"name": "value"}}')
    return {str(name): str(one) for name, one in value.items()}
