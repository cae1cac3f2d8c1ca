"""Reference profiles by name, so that suites carry names and never bins."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
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
_last_resort: ContextVar[Callable[[str], ReferenceProfile] | None] = ContextVar("last resort", default=None)


def register_profile(profile: ReferenceProfile) -> None:
    """Make a profile known by its name in this process; the same name again replaces it."""
    _registered[profile.name] = profile


@contextmanager
def looking_in(
    *,
    profiles: Sequence[ReferenceProfile] = (),
    folders: Sequence[str | Path] = (),
    last_resort: Callable[[str], ReferenceProfile] | None = None,
) -> Iterator[None]:
    """Find these profiles, and those in these folders, before all others.

    :param last_resort: asked for a name that is found nowhere else, such as the store; it raises ConfigurationError
        where it has none either.
    """
    at_hand = _at_hand.set({**_at_hand.get(), **{profile.name: profile for profile in profiles}})
    searched = _folders.set((*(Path(folder) for folder in folders), *_folders.get()))
    last = _last_resort.set(last_resort or _last_resort.get())
    try:
        yield
    finally:
        _at_hand.reset(at_hand)
        _folders.reset(searched)
        _last_resort.reset(last)


def find_profile(name: str) -> ReferenceProfile:
    """The profile of a name. The first of these that has it:

    1. the profiles given to the run, 2. those registered in the process, 3. ``<name>.json`` in a folder: those given
    to the run, those in ``AI_SLO_PROFILES``, ``expectations/profiles`` under the working directory and under
    ``$AIRFLOW_HOME``; 4. in the drift operator, the SLO store: the newest version, or that of ``name@version``.

    A name that ends in ``.json`` is the path of a file, and nothing else.

    :raises ConfigurationError: there is none; names where it was looked for.
    :raises DataError: the file, or what the store keeps, is not a profile.
    :raises StoreError: nothing but the store may have it, and that cannot be used.
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
    nowhere = f"profile={name!r} is not registered, and there is no {name}.json in {', '.join(map(str, folders))}"
    last_resort = _last_resort.get()
    if last_resort is None:
        raise ConfigurationError(f"{nowhere}; make it with ai-slo drift --save-profile or build_profile")
    try:
        return last_resort(name)
    except ConfigurationError as error:
        raise ConfigurationError(f"{nowhere}; {error}") from None


def find_file(name: str) -> Path:
    """A file in the folders of profiles, the first that has it.

    :raises ConfigurationError: none has.
    """
    folders = _searched()
    found = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if found is None:
        raise ConfigurationError(f"there is no {name} in {', '.join(map(str, folders))}")
    return found


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
