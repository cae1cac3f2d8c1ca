"""Verdicts of a judge kept as a file: JSON Lines or CSV."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from pathlib import Path

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.judged.judging import Verdict
from airflow_ai_slo.measure.judged.spreadsheet import harmless

_FIELDS = ("sample", "item", "stratum", "ok", "score", "note", "error")


def write_verdicts(path: str | Path, sample: str, verdicts: Sequence[Verdict]) -> None:
    """Write a file of verdicts in one go: it is there whole, or as it was.

    :param path: ends in ``.jsonl`` or ``.csv``.
    :param sample: id of the sample.
    :raises ConfigurationError: another ending.
    :raises DataError: it cannot be written.
    """
    place = Path(path)
    check_ending(place)
    rows = [{"sample": sample} | {name: getattr(one, name) for name in _FIELDS if name != "sample"} for one in verdicts]
    part = place.with_name(f".{place.name}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", newline="") as file:
            if place.suffix == ".csv":
                writer = csv.DictWriter(file, _FIELDS)
                writer.writeheader()
                writer.writerows(map(_harmless, rows))
            else:
                file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        os.replace(part, place)  # noqa: PTH105
    except OSError as error:
        raise DataError(f"{place}: cannot be written: {error.strerror or error}") from None


def _harmless(row: dict[str, object]) -> dict[str, object]:
    return {name: harmless(value) if isinstance(value, str) else value for name, value in row.items()}


def check_ending(path: str | Path) -> None:
    """:raises ConfigurationError: not a file of verdicts that can be written."""
    if Path(path).suffix not in (".jsonl", ".csv"):
        raise ConfigurationError(f"keep={str(path)!r}: verdicts are kept as .jsonl or .csv")
