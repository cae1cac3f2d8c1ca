"""Whom to tell: notification targets, and which of them take what."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.names import LONGEST_NAME, is_name

DEFAULT_TARGET = "default"
"""Takes what no other target takes."""

TAKES = ("page", "ticket", "freeze", "digest")
"""What there is to take: incidents by severity, freezes with their thaws, digests."""

ALERTS_ONLY = ("pagerduty", "alertmanager")
"""Kinds of targets that take incidents alone: no digest, no notice."""

_USUAL = ("page", "ticket", "freeze")
_USUAL_PAGER = ("page", "ticket")
_PAGERS = ("pagerduty",)
_MENTION = re.compile(r"here|channel|everyone|[UWS][A-Z0-9]{5,20}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom an alert is sent to: OpenSLO's AlertNotificationTarget.

    :param kind: what it is, as ``spec.target`` says: ``slack``, ``email``, ``pagerduty``, ``alertmanager`` or
        ``webhook``.
    :param channel: where inside it: a Slack channel (``#ml-alerts``), e-mail addresses; empty for the connection's own.
    :param connection: the Airflow connection to send through; empty for the kind's default one.
    :param takes: of :data:`TAKES`; empty takes every incident and, unless it is a pager, every freeze.
    :param mention: whom a page calls in Slack: ``here``, ``channel``, or the ID of a member or group.
    :raises DefinitionError: which field is wrong, and what would be right.
    """

    name: str
    kind: str
    description: str = ""
    channel: str = ""
    connection: str = ""
    takes: tuple[str, ...] = ()
    mention: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not is_name(self.name, LONGEST_NAME):
            raise DefinitionError(f"{self.name!r:.60} is not text of 1 to {LONGEST_NAME} characters", path="name")
        object.__setattr__(self, "takes", tuple(self.takes))
        object.__setattr__(self, "mention", tuple(self.mention))
        try:
            check_takes(self.takes)
            check_mention(self.mention)
        except ValueError as error:
            raise DefinitionError(f"target {self.name}: {error}") from None

    def wants(self, what: str) -> bool:
        """Whether it takes one of :data:`TAKES`. Digests go only to those that name them."""
        return what in (self.takes or (_USUAL_PAGER if self.kind.lower() in _PAGERS else _USUAL))


def check_takes(takes: Iterable[str]) -> None:
    """:raises ValueError: something there is not to take."""
    for what in takes:
        if what not in TAKES:
            raise ValueError(f"{what[:60]!r} is not one of {', '.join(TAKES)}")


def check_mention(mention: Iterable[str]) -> None:
    """:raises ValueError: neither a group that Slack knows everywhere nor an ID."""
    for whom in mention:
        if not _MENTION.fullmatch(whom):
            raise ValueError(
                f"{whom[:60]!r} is not here, channel or the ID of a Slack member or group, such as U012AB3CD"
            )


def routed(names: Collection[str], known: Mapping[str, Target], what: Iterable[str]) -> list[str]:
    """Which targets are told, in the order of ``names``; the default one where none of them takes it.

    :param names: targets of the SLOs concerned.
    :param known: targets as they are defined; those that are not take everything but digests.
    :param what: of :data:`TAKES`: every severity an incident has had so far, or what else there is to tell.
    """
    told: dict[str, None] = {}
    for one in what:
        takers = [name for name in names if _wants(known.get(name), one)]
        told |= dict.fromkeys(takers or [DEFAULT_TARGET])
    return sorted(told, key=lambda name: list(names).index(name) if name in names else len(names))


def _wants(target: Target | None, what: str) -> bool:
    return what != "digest" if target is None else target.wants(what)
