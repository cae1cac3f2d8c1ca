"""Reference profiles as JSON documents: written, read back, and checked field by field.

JSON has no infinity; an infinite edge is the text ``"inf"`` or ``"-inf"``. Every other number is written so that it
reads back as the same float.
"""

from __future__ import annotations

import json
import math
from datetime import UTC
from pathlib import Path
from typing import Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.drift.json_fields import Fields
from airflow_ai_slo.measure.drift.profile import TOP, ColumnProfile, Kind, ReferenceProfile

VERSION = 1
"""Version of the document, in its field ``version``."""

_FORMAT = "airflow-ai-slo/profile"
_BOOLEANS = frozenset({"False", "True"})


def profile_to_dict(profile: ReferenceProfile) -> dict[str, Any]:
    """The document of a profile, ready for ``json.dumps``."""
    return {
        "format": _FORMAT,
        "version": VERSION,
        "name": profile.name,
        "created_at": profile.created_at.astimezone(UTC).isoformat(),
        "source": profile.source,
        "rows": profile.rows,
        "columns": {name: _column_to_dict(column) for name, column in profile.columns.items()},
        "skipped": dict(profile.skipped),
    }


def _column_to_dict(column: ColumnProfile) -> dict[str, Any]:
    document: dict[str, Any] = {
        "kind": str(column.kind),
        "rows": column.rows,
        "count": column.count,
        "null_rate": column.null_rate,
    }
    if column.kind.has_order:
        document["edges"] = [edge if math.isfinite(edge) else str(edge) for edge in column.edges]
        document["counts"] = list(column.counts)
        document |= {"mean": column.mean, "std": column.std, "min": column.low, "max": column.high}
        return document
    document |= {"categories": list(column.categories), "counts": list(column.counts), "other": column.other}
    document["rare"] = None if column.rare is None else list(column.rare)
    return document


def save_profile(profile: ReferenceProfile, path: str | Path) -> None:
    """Write a profile to a file, replacing it whole.

    :raises ConfigurationError: the file cannot be written.
    """
    target = Path(path)
    text = json.dumps(profile_to_dict(profile), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    partial = target.with_name(target.name + ".partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(target)
    except OSError as error:
        raise ConfigurationError(f"{target}: cannot be written: {error.strerror or error}") from None


def load_profile(path: str | Path) -> ReferenceProfile:
    """Read a profile from a file.

    :raises DataError: no such file, or not a profile; names the file and the field.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8 text; a reference profile is a JSON document") from None
    return parse_profile(text, file=str(path))


def parse_profile(text: str, *, file: str = "profile") -> ReferenceProfile:
    """Read a profile from JSON text.

    :raises DataError: it is not JSON, or not a profile.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise DataError(f"{file}: is not JSON: {error}") from None
    return profile_from_dict(document, file=file)


def profile_from_dict(document: object, *, file: str = "profile") -> ReferenceProfile:
    """Check a document and build the profile.

    :param file: what errors name.
    :raises DataError: a field is missing or wrong; names it.
    """
    fields = Fields(document, file, "")
    version = fields.take("version")
    if version != VERSION or isinstance(version, bool):
        fields.fail("version", f"is {version!r}; this release reads version {VERSION}, so make the profile anew")
    names = Fields(fields.take("columns"), file, "columns")
    skipped = fields.take("skipped", {})
    if not isinstance(skipped, dict):
        fields.fail("skipped", "is not an object of column names and reasons")
    return ReferenceProfile(
        name=fields.text("name"),
        created_at=fields.instant("created_at"),
        source=fields.text("source", empty=True),
        rows=fields.count("rows"),
        columns={name: _column_from(name, names) for name in names.document},
        skipped={str(name): str(reason) for name, reason in skipped.items()},
    )


def _column_from(name: str, columns: Fields) -> ColumnProfile:
    fields = columns.inside(name)
    kind = fields.take("kind")
    if kind not in list(Kind):
        fields.fail("kind", f"is {kind!r}, not one of {', '.join(Kind)}")
    rows, count, counts = fields.count("rows"), fields.count("count"), fields.counts("counts")
    if count > rows:
        fields.fail("count", f"is {count}, more than the {rows} rows")
    if Kind(kind).has_order:
        column = ColumnProfile(
            name=name,
            kind=Kind(kind),
            rows=rows,
            count=count,
            edges=fields.edges("edges"),
            counts=counts,
            mean=fields.number("mean"),
            std=fields.number("std"),
            low=fields.number("min"),
            high=fields.number("max"),
        )
        cells = len(column.edges) + 1
    else:
        column = ColumnProfile(
            name=name,
            kind=Kind(kind),
            rows=rows,
            count=count,
            categories=_categories(fields, Kind(kind)),
            counts=counts,
            other=fields.count("other"),
            rare=None if fields.take("rare") is None else fields.texts("rare"),
        )
        cells = len(column.categories)
    if len(counts) != cells:
        fields.fail("counts", f"holds {len(counts)} numbers for {cells} cells")
    if sum(counts) + column.other != count:
        fields.fail("counts", f"add up to {sum(counts) + column.other}, not to count {count}")
    return column


def _categories(fields: Fields, kind: Kind) -> tuple[str, ...]:
    values = fields.texts("categories")
    if len(values) > TOP:
        fields.fail("categories", f"holds {len(values)}; at most {TOP} have a cell of their own")
    if kind is Kind.BOOLEAN and not set(values) <= _BOOLEANS:
        fields.fail("categories", "of a boolean column are False and True")
    return values
