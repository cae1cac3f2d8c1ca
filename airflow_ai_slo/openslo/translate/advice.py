"""What a definition asks for that its author may not expect: presets that change, budgets below one run."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import SLO, Budgeting
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.presets import CLOCK_PRESETS, SEED, WORKBOOK
from airflow_ai_slo.core.rungs import ENOUGH, objective_allowing, window_allowing
from airflow_ai_slo.core.windows import RollingWindow
from airflow_ai_slo.openslo.problems import Notes, Path, listed


def advise(slo: SLO, target_at: Path, notes: Notes) -> None:
    """Note what the SLO's numbers lead to."""
    _presets(slo, target_at, notes)
    if slo.schedule is not None and slo.budgeting is Budgeting.OCCURRENCES:
        _allowed_runs(slo, Cadence.of(slo.schedule).per_day, target_at, notes)


def _presets(slo: SLO, target_at: Path, notes: Notes) -> None:
    """Say which textbook factors were raised to 1, and which could not be reached."""
    raised: list[str] = []
    replaced: list[str] = []
    if slo.alerting not in CLOCK_PRESETS:
        return
    used = CLOCK_PRESETS[slo.alerting](slo.objective, slo.window.duration.length)
    for rule, factor in zip(used, _textbook(slo), strict=False):
        what = f"{rule.severity.label} over {rule.long} from {float(factor):.3g} to {float(rule.factor):.3g}"
        if rule.factor != factor:
            (raised if factor < 1 else replaced).append(what)
    if raised:
        why = "a factor below 1 fires on a burn that can be kept up"
        notes.warn(("spec", "timeWindow"), f"{slo.alerting} preset changes {listed(raised)}: {why}")
    if replaced:
        why = f"with this objective burn rates end at {float(1 / (1 - slo.objective)):g}"
        notes.warn(target_at, f"{slo.alerting} preset changes {listed(replaced)}: {why}")


def _textbook(slo: SLO) -> list[Fraction]:
    """The factors of a clock preset before they are fitted to the objective; the pipeline's are made to fit."""
    if slo.alerting == "workbook":
        return [spent * _ratio(slo.window.duration, long) for _, long, _, spent in WORKBOOK]
    return [factor for _, _, factor in SEED] if slo.alerting == "seed" else []


def _ratio(period: Duration, long: str) -> Fraction:
    return Fraction(period.length // timedelta(seconds=1), Duration.parse(long).length // timedelta(seconds=1))


def _allowed_runs(slo: SLO, a_day: Fraction, target_at: Path, notes: Notes) -> None:
    """Warn where less than one bad run is allowed in a window, naming what would allow three."""
    days = _ratio(slo.window.duration, "1d")
    runs = a_day * days
    allowed = (1 - slo.objective) * runs
    if allowed >= 1:
        return
    ways = [*_longer_window(slo, a_day), *_lower_objective(runs)]
    better = " or ".join(ways) if ways else "a shorter cadence"
    notes.warn(
        target_at,
        f"{float(slo.objective):g} of {float(runs):.4g} runs in {slo.window} allows {float(allowed):.2g} bad runs, "
        f"so the first one spends more than the budget; {better} would allow {ENOUGH}",
    )


def _longer_window(slo: SLO, a_day: Fraction) -> list[str]:
    length = window_allowing(slo.objective, a_day)
    if length is None:
        return []
    return [f"{'a window' if isinstance(slo.window, RollingWindow) else 'a rolling window'} of {length}"]


def _lower_objective(runs: Fraction) -> list[str]:
    objective = objective_allowing(runs)
    return [] if objective is None else [f"an objective of {float(objective):g}"]
