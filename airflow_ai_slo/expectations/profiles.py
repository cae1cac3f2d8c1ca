"""Reference profiles by name, so that suites carry names and never bins."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.measure.drift.profile import ReferenceProfile
from airflow_ai_slo.measure.drift.profile_json import load_profile

PROFILES_VARIABLE = "AI_SLO_PROFILES"
"""Environment variable with folders of profiles, separated like ``PATH``."""

_FOLDER = Path("expectations") / "profiles"

_registered: dict[str, ReferenceProfile] = {}
_at_hand: ContextVar[Mapping[str, ReferenceProfile]] = ContextVar("profiles at hand", default={})  # noqa: B039
_folders: ContextVar[tuple[Path, ...]] = ContextVar("folders at hand", default=())


def register_profile(profile: ReferenceProfile) -> None:
    """Make a profile known by its name in this process; the same name again replaces it."""
    _registered[profile.name] = profile


@contextmanager
def looking_in(*, profiles: Sequence[ReferenceProfile] = (), folders: Sequence[str | Path] = ()) -> Iterator[None]:
    """Find these profiles, and those in these folders, before all others."""
    at_hand = _at_hand.set({**_at_hand.get(), **{profile.name: profile for profile in profiles}})
    searched = _folders.set((*(Path(folder) for folder in folders), *_folders.get()))
    try:
        yield
    finally:
        _at_hand.reset(at_hand)
        _folders.reset(searched)


def find_profile(name: str) -> ReferenceProfile:
    """The profile of a name: given to the run, registered in the process, or ``<name>.json`` in a folder.

    Folders, in this order: those given to the run, those in ``AI_SLO_PROFILES``, ``expectations/profiles`` under the
    working directory and under ``$AIRFLOW_HOME``. A name that ends in ``.json`` is the path of a file.

    :raises ConfigurationError: there is none; names where it was looked for.
    :raises DataError: the file is not a profile.
    """
    known = _at_hand.get().get(name) or _registered.get(name)
    if known is not None:
        return known
    if name.endswith(".json"):
        return _load(Path(name))
    folders = _searched()
    for folder in folders:
        path = folder / f"{name}.json"
        if path.is_file():
            return _load(path)
    where = ", ".join(str(folder) for folder in folders)
    raise ConfigurationError(
        f"profile={name!r} is not registered, and there is no {name}.json in {where}; "
        "make it with ai-slo drift --save-profile or build_profile"
    )


def _searched() -> tuple[Path, ...]:
    named = [Path(folder) for folder in os.environ.get(PROFILES_VARIABLE, "").split(os.pathsep) if folder]
    home = os.environ.get("AIRFLOW_HOME")
    usual = [_FOLDER, *([Path(home) / _FOLDER] if home else [])]
    return tuple(dict.fromkeys((*_folders.get(), *named, *usual)))


def _load(path: Path) -> ReferenceProfile:
    try:
        stamp = path.stat()
    except OSError:
        return load_profile(path)  # says what is wrong
    return _load_version(path, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=64)
def _load_version(path: Path, modified: int, size: int) -> ReferenceProfile:
    return load_profile(path)
