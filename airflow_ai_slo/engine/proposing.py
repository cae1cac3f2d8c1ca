"""Proposals in words."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from airflow_ai_slo.core.proposal import Lengths, Outcome, Proposal
from airflow_ai_slo.core.rungs import ENOUGH
from airflow_ai_slo.core.suggesting import FEWEST_RUNS, Rung, Why, runs_to_tell
from airflow_ai_slo.reports.figures import count, decimal, length, percent, plural


def target(objective: Fraction) -> str:
    """``0.995``."""
    return decimal(objective, places=6)


def note(proposal: Proposal) -> str:
    """In one line: why it is this objective and no other, or why there is none."""
    return "; ".join([*_reasons(proposal), *proposal.remarks])


def _reasons(proposal: Proposal) -> Iterator[str]:
    seen = proposal.suggestion
    if proposal.outcome is Outcome.NOT_ENOUGH:
        yield f"not enough history: {plural(seen.runs, 'run')}, {FEWEST_RUNS} are needed"
        return
    if proposal.outcome is Outcome.TOO_OFTEN_BAD:
        loosest = seen.rungs[0]
        yield f"bad too often for a promise: {target(loosest.objective)} {_why(proposal, loosest)}"
        return
    if seen.next is not None:
        yield f"{target(seen.next.objective)} {_why(proposal, seen.next)}"
    longer, looser = proposal.roomier
    ways = [*([str(longer)] if longer else []), *([target(looser)] if looser else [])]
    if ways:
        yield f"{' or '.join(ways)} would allow {ENOUGH}"


def _why(proposal: Proposal, rung: Rung) -> str:
    seen = proposal.suggestion
    if rung.why is Why.ALLOWS_NONE:
        return f"allows only {count(rung.allowed)} bad"
    if rung.why is Why.MISSED:
        return "was missed" if seen.is_short else f"was missed in {rung.missed:,} of {plural(seen.windows, 'window')}"
    if rung.why is Why.NO_MARGIN:
        return f"left {count(rung.left)} in the worst window"
    clean = f" ({runs_to_tell(rung.objective):,} good ones in a row are)" if seen.good == seen.total else ""
    return f"takes more runs to tell{clean}"


def explained(proposal: Proposal) -> Iterator[str]:
    """What a reader of the definition should know of its figures, a line each."""
    seen, chosen = proposal.suggestion, proposal.chosen
    if chosen is None or proposal.since is None or seen.interval is None:
        return
    low, high = seen.interval
    yield (
        f"{plural(seen.runs, 'run')} from {proposal.since:%Y-%m-%d} to {proposal.until:%Y-%m-%d}, "
        f"{bad_in_words(proposal)}: {percent(seen.sli)} good, with 90% confidence {low:.2%} to {min(high, 1):.2%}."
    )
    yield (
        f"{target(chosen.objective)} of {count(seen.full)} in {proposal.window} allows {count(chosen.allowed)} bad; "
        + (
            f"the past, shorter than that, is on its way to {count(seen.worst)}."
            if seen.is_short
            else f"the worst of {plural(seen.windows, 'window')} held {count(seen.worst)}."
        )
    )
    reasons = [*_reasons(proposal), *proposal.remarks]
    if reasons:
        yield "; ".join(reasons) + "."
    if proposal.lateness is not None:
        yield _lengths("Good runs ended after they were due", proposal.lateness)
    if proposal.duration is not None:
        yield _lengths("Good runs took", proposal.duration)


def bad_in_words(proposal: Proposal) -> str:
    """``2 bad (1 failed, 1 late)``."""
    causes = [("failed", proposal.failed), ("late", proposal.late), ("missing", proposal.missing)]
    known = ", ".join(f"{number:,} {name}" for name, number in causes if number)
    bad = proposal.suggestion.bad
    return ("none bad" if not bad else f"{bad:,} bad") + (f" ({known})" if known else "")


def _lengths(what: str, lengths: Lengths) -> str:
    return f"{what}: {length(lengths.p99)} at P99, {length(lengths.longest)} at most."
