"""Reads ``docker-compose.yml`` as docker-compose does: merge keys, then variables in every text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE = REPOSITORY / "docker-compose.yml"

_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:?[-?])([^}]*))?\})")


@dataclass(frozen=True)
class Service:
    """One service as the file has it, variables filled in."""

    name: str
    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    depends_on: Mapping[str, str]
    volumes: tuple[str, ...]
    raw: Mapping[str, Any]


def plain() -> Any:
    """The file with merge keys resolved and variables as they are written."""
    return yaml.safe_load(COMPOSE.read_text())


def services(variables: Mapping[str, str]) -> dict[str, Service]:
    """Every service, its variables filled in from ``.env``'s.

    :raises KeyError: a variable that must be set is not.
    """
    filled = interpolated(plain(), variables)
    return {name: _service(name, raw) for name, raw in filled["services"].items()}


def interpolated(value: Any, variables: Mapping[str, str]) -> Any:
    """Fill ``${NAME}``, ``${NAME:-default}`` and ``${NAME:?message}`` into every text; ``$$`` is one dollar."""
    if isinstance(value, Mapping):
        return {name: interpolated(one, variables) for name, one in value.items()}
    if isinstance(value, list):
        return [interpolated(one, variables) for one in value]
    return _VARIABLE.sub(lambda found: _filled(found, variables), value) if isinstance(value, str) else value


def env_file(text: str) -> dict[str, str]:
    """What a ``.env`` file sets."""
    lines = (line.strip() for line in text.splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def _filled(found: re.Match[str], variables: Mapping[str, str]) -> str:
    dollar, name, sign, text = found.groups()
    if dollar:
        return "$"
    value = variables.get(name, "")
    if not value and sign == ":?":
        raise KeyError(f"{name}: {text}")
    return value or (text if sign == ":-" else "")


def _service(name: str, raw: Mapping[str, Any]) -> Service:
    command = raw.get("command", [])
    return Service(
        name=name,
        image=raw["image"],
        command=tuple(command),
        environment={key: str(value) for key, value in raw.get("environment", {}).items()},
        depends_on={other: how["condition"] for other, how in raw.get("depends_on", {}).items()},
        volumes=tuple(raw.get("volumes", ())),
        raw=raw,
    )
