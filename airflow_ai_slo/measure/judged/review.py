"""From the answers of several reviewers to one verdict for each item, and how far they agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from airflow_ai_slo.measure.judged.answers import Answer
from airflow_ai_slo.measure.judged.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Review:
    """What people decided.

    :param verdicts: by item, in the sheet's order; None where there is none: it waits, is split, or was skipped.
    :param waiting: items that have fewer answers than asked for.
    :param split: items with as many yes as no.
    :param skipped: items that nobody decided, though they were looked at by enough.
    :param reviewers: names.
    :param agreement: Krippendorff's alpha, see :func:`alpha`.
    """

    verdicts: tuple[bool | None, ...]
    waiting: int
    split: int
    skipped: int
    reviewers: tuple[str, ...]
    agreement: float | None

    @property
    def detail(self) -> str:
        """In words."""
        parts = [f"{sum(one is not None for one in self.verdicts)} of {len(self.verdicts)} items decided"]
        parts += [
            f"{many} {word}"
            for many, word in ((self.waiting, "waiting"), (self.split, "split"), (self.skipped, "skipped"))
            if many
        ]
        if len(self.reviewers) > 1:
            known = "cannot be told" if self.agreement is None else f"{self.agreement:.2f}"
            parts.append(f"{len(self.reviewers)} reviewers, Krippendorff's alpha {known}")
        return ", ".join(parts)


def decide(sheet: Sheet, answers: Iterable[Answer]) -> Review:
    """The majority of yes and no decides an item; as many of each decide nothing. A skip is an answer, but no vote."""
    given: list[list[bool | None]] = [[] for _ in sheet.items]
    names = set()
    for one in answers:
        given[one.item - 1].append(one.ok)
        names.add(one.reviewer)
    verdicts: list[bool | None] = []
    waiting = split = skipped = 0
    for said in given:
        yes, no = said.count(True), said.count(False)
        if len(said) < sheet.reviewers:
            waiting += 1
            verdicts.append(None)
        else:
            split += yes == no > 0
            skipped += yes == no == 0
            verdicts.append(None if yes == no else yes > no)
    votes = [[one for one in said if one is not None] for said in given]
    return Review(tuple(verdicts), waiting, split, skipped, tuple(sorted(names)), alpha(votes))


def alpha(votes: Iterable[Iterable[object]]) -> float | None:
    """Krippendorff's alpha of nominal values: 1 is agreement throughout, 0 what chance would give, below it is worse.

    Any number of reviewers, and not every one of them on every item. Items with fewer than two votes tell nothing.
    Krippendorff, K. (2011), Computing Krippendorff's Alpha-Reliability, University of Pennsylvania.

    :param votes: by item.
    :returns: None where nothing can be told: no item with two votes, or one and the same value throughout.
    """
    together, seen, differing = 0, Counter[object](), Fraction(0)
    for said in votes:
        values = Counter(said)
        many = values.total()
        if many < 2:
            continue
        together += many
        seen.update(values)
        differing += Fraction(many * many - sum(one * one for one in values.values()), many - 1)
    expected = together * together - sum(one * one for one in seen.values())
    if not expected:
        return None
    return float(1 - (together - 1) * differing / expected)
