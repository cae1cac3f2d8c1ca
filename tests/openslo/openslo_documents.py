"""The valid documents of ``data/valid.yaml``, by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).parent / "data" / "valid.yaml"


def _plain(value: Any) -> Any:
    """The text of a valid document's scalars as JSON's numbers and booleans where they are such."""
    if isinstance(value, dict):
        return {key: _plain(held) for key, held in value.items()}
    if isinstance(value, list):
        return [_plain(held) for held in value]
    if value in ("true", "false"):
        return value == "true"
    try:
        return json.loads(value) if value[:1].isdigit() else value
    except ValueError:
        return value


VALID: dict[str, Any] = {
    document["metadata"]["name"]: _plain(document)
    for document in yaml.load_all(_FILE.read_text(), Loader=yaml.BaseLoader)
}
