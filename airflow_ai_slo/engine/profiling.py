"""Reference profiles in the store: saved under a name, read by name or ``name@version``."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.names import LONGEST_NAME, is_name
from airflow_ai_slo.store import Store

if TYPE_CHECKING:
    from airflow_ai_slo.measure.drift import ReferenceProfile
    from airflow_ai_slo.store.profiles import Kept

_VERSIONED = re.compile(r"(?P<name>.+)@(?P<version>[1-9]\d{0,8})", re.DOTALL)


def save_profile(
    store: Store, profile: ReferenceProfile, *, now: datetime, name: str | None = None
) -> tuple[Kept, bool]:
    """Keep a profile as the next version of its name; saving the same again changes nothing.

    :param name: another name than the profile's own.
    :returns: which version holds it, and whether that is a new one.
    :raises ConfigurationError: a name that could not be told from a file or a version.
    """
    from airflow_ai_slo.measure.drift import profile_to_dict
    from airflow_ai_slo.store import profiles

    name = profile.name if name is None else name
    if not is_name(name, LONGEST_NAME) or "@" in name or name.endswith(".json"):
        raise ConfigurationError(
            f"profile name {name!r}: write 1 to {LONGEST_NAME} characters without @, not ending in .json"
        )
    with store.write() as connection:
        return profiles.save(connection, name, profile_to_dict(replace(profile, name=name)), utc(now))


def read_profile(store: Store, name: str) -> ReferenceProfile:
    """The newest version of a profile, or that of ``name@version``; what is returned is named ``name@version``.

    :raises ConfigurationError: there is none; names those there are.
    :raises DataError: what is kept cannot be read by this release.
    """
    from airflow_ai_slo.measure.drift import profile_from_dict
    from airflow_ai_slo.store import profiles

    asked = _VERSIONED.fullmatch(name)
    base, version = (asked["name"], int(asked["version"])) if asked else (name, None)
    with store.read() as connection:
        found = profiles.load(connection, base, version) if is_name(base, LONGEST_NAME) else None
        if found is None:
            raise ConfigurationError(_missing(name, base, profiles.versions(connection)))
    kept, document = found
    known_as = f"{kept.name}@{kept.version}"
    return replace(profile_from_dict(document, file=f"{store.where}: profile {known_as}"), name=known_as)


def list_profiles(store: Store, name: str | None = None) -> list[Kept]:
    """Every version of one profile, or of all of them: by name, the newest first.

    :raises ConfigurationError: there is none of that name.
    """
    from airflow_ai_slo.store import profiles

    with store.read() as connection:
        found = profiles.versions(connection, name) if name is None or is_name(name, LONGEST_NAME) else []
        if name is not None and not found:
            raise ConfigurationError(_missing(name, name, profiles.versions(connection)))
    return found


def _missing(asked: str, base: str, kept: list[Kept]) -> str:
    newest = {one.name: one.version for one in reversed(kept)}
    if base in newest:
        return f"the store holds no profile {asked!r}; {base!r} has versions 1 to {newest[base]}"
    known = ", ".join(sorted(newest)[:5]) + (", …" if len(newest) > 5 else "")
    hint = f"it has {known}" if known else "it has none yet: ai-slo profile save NAME FILE"
    return f"the store holds no profile {asked!r}; {hint}"
