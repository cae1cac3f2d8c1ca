"""How far files reach: by when they were last modified, or by the date in their path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.freshness import Load
from airflow_ai_slo.measure.watermark import instant_of

_DIGITS = {"%Y": 4, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2, "%j": 3}
_DIRECTIVE = re.compile(r"%.")
_MODIFIED = ("mtime", "LastModified", "last_modified", "updated", "modified")


def modified_of(info: Mapping[str, Any]) -> datetime | None:
    """When a file was last modified, from what a file system of fsspec lists about it; None where it does not say."""
    for name in _MODIFIED:
        if info.get(name) is not None:
            return instant_of(info[name])
    return None


class DatedPath:
    """Finds the date in a path.

    :param pattern: as for ``strptime``, of ``%Y %m %d %H %M %S %j`` and plain text, such as ``day=%Y-%m-%d`` or
        ``%Y/%m/%d/%H``.
    :param zone: in which the dates were written.
    :raises ConfigurationError: it holds another directive, no ``%Y``, or one twice.
    """

    def __init__(self, pattern: str, zone: ZoneInfo | None) -> None:
        directives = _DIRECTIVE.findall(pattern)
        if "%Y" not in directives or len(set(directives)) < len(directives) or not set(directives) <= set(_DIGITS):
            raise ConfigurationError(
                f"dated={pattern!r}: write the date as in the path, of {' '.join(_DIGITS)}, each once, with %Y; "
                "such as day=%Y-%m-%d"
            )
        between = [re.escape(text) for text in _DIRECTIVE.split(pattern)]
        digits = [rf"\d{{{_DIGITS[one]}}}" for one in directives]
        found = "".join(text + number for text, number in zip(between, [*digits, ""], strict=True))
        self.pattern, self.zone = pattern, zone
        self._regex = re.compile(rf"(?<!\d){found}(?!\d)")

    def reach(self, path: str) -> datetime | None:
        """The first instant of the last date in the path; None where there is none.

        :raises DataError: no zone is declared.
        """
        for found in reversed(self._regex.findall(path)):
            try:
                stamp = datetime.strptime(found, self.pattern)  # noqa: DTZ007
            except ValueError:
                continue
            return instant_of(stamp, zone=self.zone)
        return None


def file_loads(files: Iterable[tuple[str, datetime]], *, dated: DatedPath | None = None) -> list[Load]:
    """(available at, watermark) of each file: available when it was last modified, reaching up to then or to its date.

    :param files: path and last modification, UTC.
    :param dated: where given, files without a date in their path (``_SUCCESS``…) are left out.
    :raises DataError: there are files, and none has a date in its path.
    """
    if dated is None:
        return [(modified, modified) for _, modified in files]
    pairs: list[Load] = []
    last = ""
    for path, modified in files:
        last = path
        reached = dated.reach(path)
        if reached is not None:
            pairs.append((modified, reached))
    if last and not pairs:
        raise DataError(f"dated={dated.pattern!r}: no file has such a date in its path; the last one was {last}")
    return pairs
