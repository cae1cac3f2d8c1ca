"""A sample put up for review: a CSV sheet, an HTML page to answer with the keyboard, and the sample itself as JSON.

The JSON file is what verdicts are held against later: whose measurement it is, the strata, and what was drawn.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.measure.data.names import listed
from airflow_ai_slo.measure.judged.drawing import Sample
from airflow_ai_slo.measure.judged.spreadsheet import csv_rows, harmless, text_of

FORMAT = "airflow-ai-slo/sample"
VERSION = 1
OURS = ("sample", "item", "verdict", "reviewer", "note")
"""Columns of a sheet that are not the row's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sample that waits for verdicts, and the measurement that they will be.

    :param id: of the sample; verdicts name it.
    :param slo: whose measurement it is, with the natural ``key`` and the ``at`` of the run that drew it.
    :param reviewers: answers that every item needs.
    :param population: rows by stratum.
    :param items: (key of the row, its stratum), in the order of the sheet; item 1 is the first.
    :param ignored: why the run that drew it does not count; empty where it does.
    """

    id: str
    slo: str
    key: str
    at: datetime
    question: str
    reviewers: int
    population: Mapping[str, int]
    items: Sequence[tuple[str, str]]
    attributes: Mapping[str, str] = field(default_factory=dict)
    ignored: str = ""

    @property
    def name(self) -> str:
        """Stem of its files."""
        slo = re.sub(r"[^A-Za-z0-9._-]+", "-", self.slo).strip(".-") or "sample"
        return f"{slo}-{self.at:%Y%m%dT%H%M%S}-{self.id}"


@dataclass(frozen=True, slots=True)
class Written:
    """Files of a sheet."""

    csv: Path
    html: Path
    sample: Path


def write_sheet(folder: Path, sheet: Sheet, sample: Sample, *, show: Sequence[str] | None = None) -> Written:
    """Write the three files; writing them again, as a retry does, makes the same.

    A CSV sheet that is there and has verdicts in it is left as it is, and so is one that cannot be read: people had it.

    :param show: columns that reviewers see, in this order; by default all.
    :raises DataError: a column is not there, or the folder cannot be written.
    """
    names = _shown(sample, show)
    rows = [[_text(item.row.get(name)) for name in names] for item in sample.items]
    made = Written(*(folder / f"{sheet.name}{end}" for end in (".csv", ".html", ".json")))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made.sample.write_text(json.dumps(_as_json(sheet), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        made.html.write_text(_page(sheet, names, rows), encoding="utf-8")
        if not _has_answers(made.csv):
            _write_csv(made.csv, sheet, names, rows)
    except OSError as error:
        raise DataError(f"{folder}: cannot be written: {error.strerror or error}") from None
    return made


def read_sheet(path: str | Path) -> Sheet:
    """A sheet from its JSON file, or from the CSV or HTML beside it.

    :raises DataError: no such file, or it is none of ours.
    """
    place = Path(path).with_suffix(".json")
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(
            f"{place}: cannot be read: {error.strerror}; a sheet's sample lies beside it as .json"
        ) from None
    except ValueError as error:
        raise DataError(f"{place}: is not JSON: {error}") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT or found.get("version") != VERSION:
        raise DataError(f"{place}: is not a sample of format {FORMAT!r}, version {VERSION}")
    try:
        names = ("id", "slo", "key", "question", "ignored")
        return Sheet(
            **{name: str(found[name]) for name in names},
            at=utc(datetime.fromisoformat(found["at"])),
            reviewers=int(found["reviewers"]),
            population={str(name): int(size) for name, size in found["population"].items()},
            items=[(str(key), str(stratum)) for key, stratum in found["items"]],
            attributes={str(name): str(value) for name, value in found["attributes"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError, ConfigurationError) as error:
        raise DataError(
            f"{place}: {type(error).__name__}: {error}; the file was changed, draw the sample again"
        ) from None


def question_of(sheet: Sheet, sample: Sample, place: int, show: Sequence[str] | None) -> str:
    """One item as Markdown, for Airflow's human-in-the-loop form."""
    names, row = _shown(sample, show), sample.items[place].row
    fields = [f"**{name}**\n\n{_quoted(_text(row.get(name)))}" for name in names]
    return f"{sheet.question}\n\nItem {place + 1} of {len(sheet.items)}\n\n" + "\n\n".join(fields)


def _quoted(text: str) -> str:
    """A text as an indented block, in which nothing is Markdown."""
    return "\n".join(f"    {line}" for line in text.splitlines() or [""])


def _shown(sample: Sample, show: Sequence[str] | None) -> list[str]:
    there = list(sample.items[0].row) if sample.items else list(show or ())
    for name in show or ():
        if name not in there:
            raise DataError(f"show: no column {name!r}; there are {listed(there)}")
    return list(show) if show is not None else there


def _as_json(sheet: Sheet) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        **{name: getattr(sheet, name) for name in ("id", "slo", "key", "question", "reviewers", "ignored")},
        "at": sheet.at.isoformat(),
        "attributes": dict(sheet.attributes),
        "population": dict(sheet.population),
        "items": [list(item) for item in sheet.items],
    }


def _has_answers(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        return any(str(row.get("verdict") or "").strip() for _, row in csv_rows(path, text_of(path)))
    except DataError:
        return True


def _write_csv(path: Path, sheet: Sheet, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*OURS, *(name if name not in OURS else f"{name} (row)" for name in map(harmless, names))])
        for item, row in enumerate(rows, start=1):
            writer.writerow([sheet.id, item, "", "", "", *map(harmless, row)])


def _page(sheet: Sheet, names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    data = {"id": sheet.id, "name": sheet.name, "slo": sheet.slo, "question": sheet.question}
    text = json.dumps(data | {"columns": list(names), "rows": [list(row) for row in rows]}, ensure_ascii=True)
    template = (files("airflow_ai_slo.measure.judged") / "sheet.html").read_text(encoding="utf-8")
    return template.replace("@@DATA@@", text.replace("<", "\\u003c").replace("&", "\\u0026"))


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    return str(value).encode("utf-8", "replace").decode()  # half of a pair of surrogates cannot be written
