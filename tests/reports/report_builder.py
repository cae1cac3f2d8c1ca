"""Realistic reports for tests: measurements in, everything else worked out by core as the engine does."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from airflow_ai_slo.core import attribution
from airflow_ai_slo.core.attribution import Attribution
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import SLO, Indicator, Schedule, Service
from airflow_ai_slo.core.evaluation import Evaluation, plan
from airflow_ai_slo.core.freeze import Override
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.stream import Row, Stream
from airflow_ai_slo.reports.model import (
    AuditRow,
    BudgetPoint,
    FreezeRow,
    IncidentRow,
    Report,
    ServiceReport,
    SLOReport,
)

END = datetime(2026, 8, 31, 6, 0, tzinfo=UTC)
START = END - timedelta(days=60)
DAY = timedelta(days=1)


def at(month: int, day: int, hour: int = 6, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def past(slo: SLO, seen: Stream, start: datetime, step: timedelta) -> Iterable[BudgetPoint]:
    when = start + step
    while when <= END:
        then = seen.evaluate(when)
        burn = seen.counts(to_micros(when - step), to_micros(when)).burn_rate(slo.objective)
        yield BudgetPoint(when, then.budget.remaining, then.sli, burn)
        when += step


def slo_report(
    slo: SLO,
    runs: Sequence[Measurement] = (),
    incidents: Sequence[IncidentRow] = (),
    *,
    start: datetime = START,
    step: timedelta = DAY,
    unit: str = "",
) -> SLOReport:
    seen = Stream(slo)
    seen.arrive(Row(to_micros(run.at), run.good, run.total, to_micros(run.at)) for run in runs)
    bad = [run for run in runs if run.good < run.total and run.at > slo.window.bounds(END).start]
    evaluation = seen.evaluate(END)
    return SLOReport(
        evaluation=evaluation,
        history=tuple(past(slo, seen, start, step)),
        spent=tuple(spent(evaluation, bad, by) for by in ("cause", "version", "task")),
        worst=tuple(sorted(bad, key=lambda run: run.good - run.total)[:10]),
        incidents=tuple(incidents),
        unit=unit,
    )


def spent(evaluation: Evaluation, bad: Sequence[Measurement], by: str) -> Attribution:
    """Bad measurements by group; here every one of them is a run of its own."""

    def missed(run: Measurement) -> bool:
        return Fraction(run.good) / run.total < evaluation.slo.objective

    asked = attribution.parse_by(by)
    groups: dict[tuple[str, ...], list[Measurement]] = defaultdict(list)
    for run in bad:
        values = tuple(run.attributes.get(name, "") for name in asked.attributes)
        groups[values or (run.cause or "other",)].append(run)
    rows = [
        attribution.Row(
            values,
            sum(run.total - run.good for run in runs),
            sum(missed(run) for run in runs),
            max(run.at for run in runs),
        )
        for values, runs in groups.items()
    ]
    return attribution.attribute(asked, rows, evaluation, evaluation.slo.window.bounds(END).start)


def counted(slo: SLO, seen: Counts, *, coverage: Fraction = Fraction(1)) -> Evaluation:
    """An evaluation in which every window holds the same counts."""
    needs = plan(slo, END)
    held = [seen] * (len(needs.starts) + len(needs.run_spans))
    return Evaluation(slo, needs, held, coverage, [one.judge(seen, seen) for one in needs.judges])


def daily(
    slo: SLO, total: int = 1, bad: dict[datetime, tuple[int, Cause]] | None = None, days: int = 60
) -> list[Measurement]:
    """One run a day; ``bad`` names the days on which some of the total went wrong, and why."""
    runs = []
    for index in range(days):
        when = END - DAY * (days - 1 - index)
        lost, cause = (bad or {}).get(when, (0, None))
        run = Measurement(
            slo=slo.name,
            key=f"flights_daily/score/{when:%Y-%m-%dT%H:%M}",
            at=when,
            good=total - lost,
            total=total,
            cause=cause,
            attributes={
                "run_url": f"https://airflow.example.org/dags/flights_daily/runs/scheduled__{when:%Y-%m-%d}",
                "dag": "flights_daily",
                "task": "score" if slo.indicator.source != "airflow" else ("load", "score")[when.day % 2],
                **({"model_version": f"delay-gbm {3 + (when >= at(8, 17))}"} if slo.name == "features-drift" else {}),
            },
        )
        runs.append(run)
    return runs


COMPLETION = SLO(
    name="flights-completion",
    service="flights-delay",
    objective="0.95",
    window="28d",
    display_name="Daily batch completes by 06:00",
    description="The whole daily run, from loading to scored delays, within two hours.",
    indicator=Indicator(source="airflow"),
    schedule=Schedule(cadence="1d"),
    freeze=True,
)
THROUGHPUT = SLO(
    name="flights-throughput", service="flights-delay", objective="0.9", window="28d", display_name="Rows an hour"
)
FRESHNESS = SLO(
    name="features-freshness",
    service="flights-delay",
    objective="0.995",
    window="28d",
    display_name="Feature freshness",
)
DRIFT = SLO(
    name="features-drift",
    service="flights-delay",
    objective="0.9",
    window="28d",
    display_name="Features look like January",
    description="Share of feature columns whose distribution has not drifted from the training data.",
    indicator=Indicator(source="great-expectations"),
    freeze=True,
    labels={"model": "delay-gbm", "tier": "1"},
)
REQUESTS = SLO(
    name="predict-latency", service="recs-api", objective="0.999", window="30d", display_name="Predictions under 80 ms"
)
QUALITY = SLO(name="model-f1", service="recs-api", objective="0.8", window="90d", display_name="F1 with late labels")


def flights() -> ServiceReport:
    """Four SLOs of one pipeline: one spent and frozen, one with a ticket, two well."""
    rng = random.Random(7)
    drifted = {
        END - DAY * age: (min(19, rng.choice([1, 2, 3, 3, 5])), Cause.DATA_DRIFT) for age in range(45) if age % 9
    }
    late = {at(7, 9): (1, Cause.LATE), at(8, 19): (1, Cause.PIPELINE_FAILURE)}
    slow = {at(8, 3): (1, Cause.INFRASTRUCTURE), at(8, 29): (1, Cause.PIPELINE_FAILURE)}
    stale = {
        at(7, 14): (900, Cause.STALE_FEATURES),
        at(8, 12): (4200, Cause.STALE_FEATURES),
        at(8, 13): (700, Cause.LATE),
    }
    frozen = FreezeRow(at(8, 8, 6, 4), None, ("features-drift",))
    return ServiceReport(
        service=Service(
            name="flights-delay",
            description="Predicts departure delays from yesterday's flights and weather.",
            labels={"team": "mlops", "env": "prod"},
        ),
        frozen=frozen,
        slos=(
            slo_report(
                COMPLETION,
                daily(COMPLETION, bad=late),
                [IncidentRow(at(8, 19), at(8, 22), "ticket", "1 bad run in 28")],
            ),
            slo_report(THROUGHPUT, daily(THROUGHPUT, bad=slow)),
            slo_report(FRESHNESS, daily(FRESHNESS, 86_400, stale), unit="seconds"),
            slo_report(
                DRIFT,
                [*_with_values(daily(DRIFT, 19, drifted))],
                [
                    IncidentRow(at(7, 20), at(7, 24, 9), "ticket", "burn 1.9 over 3d"),
                    IncidentRow(at(8, 4), None, "page", "burn 2.1 over 6h and 30m, budget spent"),
                ],
                unit="columns",
            ),
        ),
        freezes=(frozen, FreezeRow(at(7, 9), at(7, 11, 18), ("flights-completion",))),
        audit=(
            AuditRow(at(8, 30, 14, 12), "deploy_model", "gate stopped", "flights-delay frozen by features-drift"),
            AuditRow(
                at(8, 21, 9, 30), "mara@example.org", "override", "Hotfix for the holiday calendar, until 2026-08-22"
            ),
            AuditRow(at(8, 8, 6, 4), "", "frozen", "features-drift has no budget left"),
        ),
        override=Override("flights-delay", "mara@example.org", "Retrained on June", at(8, 31, 5), at(8, 31, 18)),
    )


def _with_values(runs: Iterable[Measurement]) -> Iterable[Measurement]:
    for run in runs:
        value = 0.04 + 0.11 * float(run.total - run.good)
        yield Measurement(
            slo=run.slo,
            key=run.key,
            at=run.at,
            good=run.good,
            total=run.total,
            value=value,
            cause=run.cause,
            attributes=run.attributes,
        )


def recs() -> ServiceReport:
    """Request-like counts every hour with one outage, and an SLO that nothing was measured for."""
    rng = random.Random(3)
    runs = []
    for hour in range(60 * 24):
        when = END - timedelta(hours=60 * 24 - 1 - hour)
        total = 40_000 + rng.randrange(8_000)
        outage = at(8, 17, 11) <= when <= at(8, 17, 12)
        bad = int(total * (0.31 if outage else rng.choice([0, 0.0002, 0.0004])))
        cause = Cause.INFRASTRUCTURE if outage else Cause.LATENCY
        runs.append(Measurement(slo=REQUESTS.name, key=f"h{hour}", at=when, good=total - bad, total=total, cause=cause))
    requests = slo_report(
        REQUESTS,
        runs,
        [IncidentRow(at(8, 17, 11, 5), at(8, 17, 14), "page", "burn 310 over 1h and 5m")],
        step=timedelta(hours=4),
        unit="requests",
    )
    return ServiceReport(Service(name="recs-api"), None, (requests, slo_report(QUALITY)), (), ())


def report(*services: ServiceReport, title: str = "Flight delay service levels") -> Report:
    return Report(title, START, END, services or (flights(), recs()), generated_at=END + timedelta(minutes=3))


def many(number: int, *, points: int = 400) -> Report:
    """A large report: the same SLO under many names, each with its own history."""
    step = (END - START) / points
    base = slo_report(DRIFT, daily(DRIFT, 19, {at(8, 4): (3, Cause.DATA_DRIFT)}))
    services = []
    for group in range(0, number, 10):
        slos = []
        for index in range(group, min(group + 10, number)):
            rng = random.Random(index)
            slo = SLO(name=f"slo-{index:03d}", service=f"service-{group // 10}", objective="0.9", window="28d")
            left = Fraction(1)
            points_past = []
            for point in range(points):
                left = min(left - Fraction(rng.randrange(-20, 22), 1000), Fraction(1))
                points_past.append(
                    BudgetPoint(
                        START + step * (point + 1), left, 1 - (1 - left) / 10, Fraction(rng.randrange(300), 100)
                    )
                )
            one = counted(slo, Counts(500 + index, 532 + index, 3, 28))
            slos.append(SLOReport(one, tuple(points_past), base.spent, base.worst, base.incidents))
        services.append(ServiceReport(Service(name=f"service-{group // 10}"), None, tuple(slos), (), ()))
    return report(*services, title="Many")
