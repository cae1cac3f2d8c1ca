"""What an alert says, whatever channel carries it. Plain JSON in and out, because it waits in the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.errors import ConfigurationError, DeliveryError

VERSION = 1
"""Version of the stored form; a reader takes its own and older ones."""


class Kind(StrEnum):
    """What happened."""

    INCIDENT_OPENED = "incident_opened"
    INCIDENT_ESCALATED = "incident_escalated"
    INCIDENT_DEESCALATED = "incident_deescalated"
    INCIDENT_RESOLVED = "incident_resolved"
    INCIDENT_SUPERSEDED = "incident_superseded"
    INCIDENT_ACKNOWLEDGED = "incident_acknowledged"
    FREEZE_STARTED = "freeze_started"
    FREEZE_WIDENED = "freeze_widened"
    FREEZE_CHANGED = "freeze_changed"
    FREEZE_RENEWED = "freeze_renewed"
    FREEZE_OVERRIDDEN = "freeze_overridden"
    FREEZE_OVERRIDE_REVOKED = "freeze_override_revoked"
    FREEZE_THAWED = "freeze_thawed"
    NOTICE = "notice"
    DIGEST = "digest"

    @property
    def ends(self) -> bool:
        """Whether nothing stands open after it."""
        return self in _ENDS

    @property
    def remark(self) -> bool:
        """Whether it only adds to what stands, which stays as the message before it said."""
        return self in _REMARKS


_ENDS = (Kind.INCIDENT_RESOLVED, Kind.INCIDENT_SUPERSEDED, Kind.FREEZE_THAWED, Kind.NOTICE, Kind.DIGEST)
_REMARKS = (
    Kind.INCIDENT_ACKNOWLEDGED,
    Kind.FREEZE_RENEWED,
    Kind.FREEZE_OVERRIDDEN,
    Kind.FREEZE_OVERRIDE_REVOKED,
)

Figure = float | str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled value, such as ``Budget left`` / ``33%: 1 of 3 bad runs left``."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Link:
    """Where to read more; ``url`` is absolute, http or https."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing to tell people, complete in itself: it can be read without the messages before it.

    :param at: when it happened, with a zone (kept as UTC); not when it was sent.
    :param thread_key: the same for every message of one incident or freeze.
    :param dedup_key: the same whenever the same thing is said again, and never for anything else.
    :param since: when the incident opened or the freeze began.
    :param body: plain lines in reading order; channels format and escape them.
    :param figures: the numbers behind the facts, for programs; None is unknown.
    :raises ConfigurationError: a naive ``at`` or an empty key.
    """

    kind: Kind
    title: str
    at: datetime
    thread_key: str
    dedup_key: str
    severity: Severity | None = None
    service: str = ""
    slo: str = ""
    since: datetime | None = None
    facts: tuple[Fact, ...] = ()
    body: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ConfigurationError(f"message {self.dedup_key!r}: at={self.at!r} has no time zone")
        if not self.thread_key or not self.dedup_key:
            raise ConfigurationError(f"message {self.title!r}: thread_key and dedup_key may not be empty")
        object.__setattr__(self, "at", self.at.astimezone(UTC))
        if self.since is not None:
            object.__setattr__(self, "since", self.since.astimezone(UTC))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; :meth:`from_dict` reads them back equal."""
        return {
            "version": VERSION,
            "kind": self.kind.value,
            "title": self.title,
            "at": self.at.isoformat(),
            "thread_key": self.thread_key,
            "dedup_key": self.dedup_key,
            "severity": None if self.severity is None else self.severity.label,
            "service": self.service,
            "slo": self.slo,
            "facts": [[fact.label, fact.value] for fact in self.facts],
            "body": list(self.body),
            "links": [[link.label, link.url] for link in self.links],
            "since": None if self.since is None else self.since.isoformat(),
            "figures": dict(self.figures),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Message:
        """The message :meth:`to_dict` wrote, by this version or an older one.

        :raises DeliveryError: temporary where a newer version wrote it (a newer process can send it), else permanent.
        """
        version = values.get("version")
        if isinstance(version, int) and version > VERSION:
            raise DeliveryError(f"message of version {version}: this package reads {VERSION}; upgrade it")
        try:
            return _read(values)
        except (KeyError, TypeError, ValueError, AttributeError, ConfigurationError) as error:
            raise DeliveryError(f"not a stored message: {type(error).__name__}: {error}", permanent=True) from None


def _read(values: Mapping[str, Any]) -> Message:
    severity = values["severity"]
    return Message(
        kind=Kind(values["kind"]),
        title=values["title"],
        at=datetime.fromisoformat(values["at"]),
        thread_key=values["thread_key"],
        dedup_key=values["dedup_key"],
        severity=None if severity is None else Severity[severity.upper()],
        service=values["service"],
        slo=values["slo"],
        facts=tuple(Fact(label, value) for label, value in values["facts"]),
        body=tuple(values["body"]),
        links=tuple(Link(label, url) for label, url in values["links"]),
        since=datetime.fromisoformat(values["since"]) if values.get("since") else None,
        figures=values.get("figures", {}),
    )
