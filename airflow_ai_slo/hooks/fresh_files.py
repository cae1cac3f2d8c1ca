"""How far files reach, on a disk or in an object store, listed through Airflow's connections."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.hooks.asking import asking

if TYPE_CHECKING:
    from airflow_ai_slo.measure.freshness import Freshness
    from airflow_ai_slo.measure.loads import Loads

_WILD = frozenset("*[")
_CUT_OFF = frozenset("?#")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileQuery:
    """Files whose newest modification, or date in the path, is the watermark.

    Schemes that Airflow or one of its providers knows (``file``, ``s3``, ``gs``…) are read through ``conn_id``; others
    that fsspec knows go without a connection.

    :param path: a file, a folder with all that lies below it, or a pattern with ``*``, ``**`` or ``[…]``; a URL or an
        absolute path.
    :param dated: how the date stands in the path, as for ``strptime``; without it the modification time counts.
    :param conn_id: Airflow connection of the object store.
    :param timezone: IANA zone of dates in the path.
    :raises ConfigurationError: the path is relative, or ``dated`` no date.
    """

    path: str
    dated: str | None = None
    conn_id: str | None = None
    timezone: str | None = None

    def __post_init__(self) -> None:
        if not ("://" in self.path or self.path.startswith(("/", "{{"))):
            raise ConfigurationError(
                f"path={self.path!r}: give a URL such as s3://bucket/features/ or an absolute path"
            )
        if not (_CUT_OFF.isdisjoint(self.path) or "{{" in self.path):
            raise ConfigurationError(
                f"path={self.path!r}: a URL ends before ? and #; write the pattern with *, ** or […]"
            )

    def freshness(self, *, now: datetime, max_age: timedelta) -> Freshness:
        """Whether the newest file is fresh now. No file: unknown."""
        from airflow_ai_slo.measure.freshness import freshness

        return freshness((reached for _, reached in self.loads().pairs), now=now, max_age=max_age)

    def loads(self) -> Loads:
        """Each file by when it was last modified: an overwritten file has arrived anew.

        :raises DataError: the files cannot be listed, do not say when they were modified, or none has a date.
        """
        from airflow_ai_slo.measure.fresh_files import DatedPath, file_loads
        from airflow_ai_slo.measure.loads import Loads
        from airflow_ai_slo.measure.watermark import zone_of

        dated = None if self.dated is None else DatedPath(self.dated, zone_of(self.timezone))
        with asking("", where=f"path={self.path!r}"):
            return Loads(file_loads(self._files(), dated=dated))

    def _files(self) -> list[tuple[str, datetime]]:
        fs, inside = self._file_system()
        fs.invalidate_cache()
        found: dict[str, Any] = {}
        if _WILD.isdisjoint(inside):
            found = fs.find(inside, detail=True)
        else:
            for name, info in fs.glob(inside, detail=True).items():
                found |= fs.find(name, detail=True) if info.get("type") == "directory" else {name: info}
        return [(name, self._modified(fs, name, info)) for name, info in found.items()]

    def _modified(self, fs: Any, name: str, info: Any) -> datetime:
        from airflow_ai_slo.measure.fresh_files import modified_of
        from airflow_ai_slo.measure.watermark import instant_of

        modified = modified_of(info)
        if modified is None:
            with suppress(NotImplementedError):
                modified = instant_of(fs.modified(name))
        if modified is None:
            raise DataError(f"path={self.path!r}: this kind of storage does not tell when {name} was modified")
        return modified

    def _file_system(self) -> tuple[Any, str]:
        """A file system of fsspec, and the path as it writes it."""
        import fsspec
        from airflow.sdk import ObjectStoragePath

        try:
            ours = ObjectStoragePath(self.path, conn_id=self.conn_id) if self.conn_id else ObjectStoragePath(self.path)
            try:
                return ours.fs, ours.path
            except ValueError:
                if ours.conn_id:
                    raise ConfigurationError(
                        f"path={self.path!r} is read through a connection, and no installed provider of Airflow knows "
                        f"{ours.protocol}://; install its own"
                    ) from None
            fs, inside = fsspec.core.url_to_fs(self.path)
            return fs, str(inside)
        except (ValueError, ImportError) as error:
            said = str(error).splitlines()[0]
            raise ConfigurationError(
                f"path={self.path!r}: no installed provider of Airflow reads it, nor does fsspec: {said}"
            ) from None
