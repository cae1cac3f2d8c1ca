"""What a service says about its freezes: which SLOs count, what thaws it, which changes pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Literal, Protocol, get_args

from airflow_ai_slo.core import fields
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.names import LONGEST_NAME, is_name

FreezeMode = Literal["hard", "soft"]

EXEMPT_LABELS = ("p0", "reliability", "security")
"""Changes that repair a service pass its freeze, audited, unless its policy names other labels."""

EVERY = "*"
"""Stands for every SLO of the service."""

THAW_ABOVE = Fraction(1, 20)
DEFAULT_GOOD_RUNS = 5
FEW = 3
"""Where fewer bad events are allowed than this, good runs in a row thaw by default."""


class Member(Protocol):
    """What an SLO says about freezes itself."""

    @property
    def name(self) -> str: ...

    @property
    def freeze(self) -> bool: ...

    @property
    def thaw_above(self) -> Fraction | None: ...

    @property
    def thaw_after_good_runs(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What thaws the freeze of one SLO: its own word, else its service's, else the default.

    :param above: share of the budget that must be left, exclusive.
    :param good_runs: good runs in a row that thaw it too; None takes the default.
    """

    above: Fraction = THAW_ABOVE
    good_runs: int | None = None

    def good_runs_of(self, allowed: Fraction | None) -> int | None:
        """How many good runs in a row thaw it, None for never: by default 5 where fewer than 3 bad are allowed."""
        if self.good_runs is not None:
            return self.good_runs
        return DEFAULT_GOOD_RUNS if allowed is not None and allowed < FEW else None


@dataclass(frozen=True, slots=True, init=False)
class FreezePolicy:
    """How a service freezes and thaws.

    :param slos: names of SLOs that freeze it, beside those that opt in themselves; ``"*"`` names all of them.
    :param thaw_above: for SLOs that give none of their own; None takes 0.05.
    :param thaw_after_good_runs: likewise; None takes 5 where fewer than 3 bad events are allowed.
    :param for_at_most: after this long a freeze ends by itself, unless somebody renews it; None lets it hold.
    :param mode: ``soft`` lets changes pass with a warning.
    :param exempt_labels: labels of changes that pass a freeze, audited; ``()`` for none.
    :raises DefinitionError: which field is wrong, and what would be right.
    """

    slos: tuple[str, ...]
    thaw_above: Fraction | None
    thaw_after_good_runs: int | None
    for_at_most: Duration | None
    mode: FreezeMode
    exempt_labels: tuple[str, ...]

    def __init__(
        self,
        *,
        slos: Sequence[str] | str = (),
        thaw_above: Fraction | float | str | None = None,
        thaw_after_good_runs: int | None = None,
        for_at_most: Duration | str | None = None,
        mode: FreezeMode = "hard",
        exempt_labels: Sequence[str] | str = EXEMPT_LABELS,
    ) -> None:
        values: dict[str, Any] = {
            "slos": _names("slos", slos),
            "thaw_above": None if thaw_above is None else fields.number("thaw_above", thaw_above),
            "thaw_after_good_runs": thaw_after_good_runs,
            "for_at_most": fields.duration("for_at_most", for_at_most) if isinstance(for_at_most, str) else for_at_most,
            "mode": fields.choice("mode", mode, get_args(FreezeMode)),
            "exempt_labels": _names("exempt_labels", exempt_labels),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        check_thaw(self.thaw_above, self.thaw_after_good_runs)
        longest = self.for_at_most
        if longest is not None and (not isinstance(longest, Duration) or longest.is_calendar):
            raise DefinitionError(f"{longest!s:.60} is not in m, h, d or w; write 14d", path="for_at_most")

    def counts(self, slo: Member) -> bool:
        """Whether an SLO freezes its service: it opted in itself, or this policy names it."""
        return slo.freeze or EVERY in self.slos or slo.name in self.slos

    def terms(self, slo: Member) -> Terms:
        """What thaws the freeze of an SLO."""
        above = self.thaw_above if slo.thaw_above is None else slo.thaw_above
        runs = slo.thaw_after_good_runs
        return Terms(
            THAW_ABOVE if above is None else above,
            self.thaw_after_good_runs if runs is None else runs,
        )

    def exempt(self, labels: Iterable[str]) -> list[str]:
        """Those labels of a change that let it pass."""
        return sorted(set(self.exempt_labels).intersection(labels))

    def missing(self, names: Iterable[str]) -> list[str]:
        """SLOs this policy names that are not among these names."""
        return sorted(set(self.slos) - {EVERY} - set(names))

    def ends(self, since: datetime) -> datetime | None:
        """When a freeze that began or was renewed at an instant ends by itself; None for never."""
        return None if self.for_at_most is None else since + self.for_at_most.length


def check_thaw(above: Fraction | None, good_runs: object) -> None:
    """Refuse shares and streaks that nothing could reach.

    :raises DefinitionError: which one, and what would be right.
    """
    if above is not None and not 0 <= above < 1:
        raise DefinitionError(f"{float(above):g} must be at least 0 and below 1", path="thaw_above")
    if good_runs is not None and (not isinstance(good_runs, int) or isinstance(good_runs, bool) or good_runs < 1):
        raise DefinitionError(f"{good_runs!r} is not a whole number above 0", path="thaw_after_good_runs")


def _names(field: str, given: Sequence[str] | str) -> tuple[str, ...]:
    """Names in order, each once; one string holds several, separated by commas."""
    parts = given.split(",") if isinstance(given, str) else given
    names = tuple(dict.fromkeys(part.strip() if isinstance(part, str) else part for part in parts))
    for name in names:
        if not is_name(name, LONGEST_NAME) or "," in name:
            raise DefinitionError(f"{name!r:.60} is not a name; write names separated by commas", path=field)
    return names
