"""Measures quality that has to be judged: by score columns that are there, or by a callable on a sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.operators.sampling import SamplingOperator
from airflow_ai_slo.operators.tabular import TabularOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.core.measurement import Measurement
    from airflow_ai_slo.measure.judged.criteria import Criterion
    from airflow_ai_slo.measure.judged.drawing import Item
    from airflow_ai_slo.measure.judged.judging import Verdict


class ScoreQualityOperator(TabularOperator):
    """Rows whose scores are good enough, of the rows that have scores. Value: that share.

    Scores are numbers or booleans in columns: faithfulness, toxicity, a judge's verdict. Null and NaN are no scores;
    rows without are neither good nor bad, and reported. PostgreSQL and SQLite count where the rows are.

    :param slo: name of the SLO the measurement belongs to.
    :param column: the column of scores, with
    :param at_least: the lowest good score, or
    :param at_most: the highest good score, or both. Or instead:
    :param criteria: several columns: ``{"faithfulness": {"at_least": 0.8}, "toxicity": {"at_most": 0.1}}``. Those with
        an ``"slo"`` are measured for that one; of the others all must hold. ``"column"`` where it is not the name.
    :param conn_id: Airflow connection of the database, with ``table`` or ``sql``; or ``path``, or ``dataframe``.
    :param fail_on_bad: whether bad quality fails this task, after all of it was recorded.
    :param count_manual: whether runs started by hand count; see the base class.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (*TabularOperator.template_fields, "column", "at_least", "at_most", "criteria")

    def __init__(
        self,
        *,
        slo: str | None = None,
        column: str | None = None,
        at_least: float | str | None = None,
        at_most: float | str | None = None,
        criteria: Mapping[str, Mapping[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        if (column is None) == (criteria is None):
            raise ConfigurationError("give either column with at_least or at_most, or criteria")
        if column is None and (at_least is not None or at_most is not None):
            raise ConfigurationError("at_least and at_most go into each of the criteria")
        if column is not None and at_least is None and at_most is None:
            raise ConfigurationError(f"column={column!r} has no limit; give at_least, at_most or both")
        own = [str(one["slo"]) for one in (criteria or {}).values() if isinstance(one, Mapping) and one.get("slo")]
        if slo is None and len(own) < len(criteria or "-"):
            raise ConfigurationError("slo is missing; only where each of the criteria has its own may it be left out")
        if slo is not None and criteria and len(own) == len(criteria) and slo not in own:
            raise ConfigurationError(f"slo={slo!r} would measure nothing: each of the criteria has an SLO of its own")
        super().__init__(slo=slo or own[0], **kwargs)
        self.column = column
        self.at_least = at_least
        self.at_most = at_most
        self.criteria = criteria

    def measures(self, context: Context) -> list[Measurement] | None:
        """One measurement for each SLO; None where there is one."""
        return self._measured(context) if len(self._groups()) > 1 else None

    def measure(self, context: Context) -> Measurement:
        """Rows whose scores are good enough; value: their share."""
        return self._measured(context)[0]

    def _measured(self, context: Context) -> list[Measurement]:
        from airflow_ai_slo.measure.judged.scores import scored

        groups = self._groups()
        found = []
        for slo, seen in zip(groups, scored(self.source(), list(groups.values())), strict=True):
            log = self.log.info if seen.total and not seen.unscored else self.log.warning
            log("Quality: %s", seen.detail)
            seen_as = {"detail": seen.detail, "unscored": str(seen.unscored)}
            counts: dict[str, Any] = {"good": seen.good, "total": seen.total, "value": seen.value, "cause": seen.cause}
            found.append(self.measurement(context, slo=slo, attributes=seen_as, **counts))
        return found

    def _groups(self) -> dict[str, list[Criterion]]:
        from airflow_ai_slo.measure.judged.criteria import Criterion, criteria_of

        if self.column is not None:
            limits: dict[str, Any] = {"at_least": self.at_least, "at_most": self.at_most}
            return {self.slo: [Criterion(name=self.column, column=self.column, **limits)]}
        groups: dict[str, list[Criterion]] = {}
        for one in criteria_of(self.criteria or {}):
            groups.setdefault(one.slo or self.slo, []).append(one)
        return groups


class JudgedQualityOperator(SamplingOperator):
    """A random sample of rows, each judged by a function of yours. Value: the share of good rows.

    What is recorded says no more than the sample does: good and total are those of a simple random sample that would
    tell as much. Give the SLO a ``confidence``, and a small sample neither alerts nor freezes.

    A call that raises, takes too long, or answers no verdict is an error: not good, not bad, and counted apart.

    :param slo: name of the SLO the measurement belongs to.
    :param judge: takes a row as a dict; answers True or False, a score, or ``{"ok": …, "score": …, "note": …}``. It is
        called in threads.
    :param at_least: the lowest good score, or
    :param at_most: the highest good score, for a judge that gives scores.
    :param timeout: seconds for one call.
    :param concurrency: calls at once.
    :param max_errors: the share of errors above which nothing is recorded and the task fails (it may be retried).
    :param keep: a file for the verdicts, ``.jsonl`` or ``.csv`` (templated); written whatever becomes of the task.
    :param n: rows to draw; with ``key``, ``stratify_by``, ``allocation``, ``prior`` and ``seed`` as in the base class.
    :param conn_id: Airflow connection of the database, with ``table`` or ``sql``; or ``path``, or ``dataframe``.
    :param fail_on_bad: whether bad quality fails this task, after it was recorded.
    :param count_manual: whether runs started by hand count; see the base class.
    :param slo_conn_id: Airflow connection of the store.
    """

    template_fields: Sequence[str] = (*SamplingOperator.template_fields, "at_least", "at_most", "keep")

    def __init__(
        self,
        *,
        judge: Callable[[dict[str, Any]], Any],
        at_least: float | str | None = None,
        at_most: float | str | None = None,
        timeout: float = 60.0,
        concurrency: int = 4,
        max_errors: float = 0.1,
        keep: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(judge):
            raise ConfigurationError(f"judge={judge!r}: give a function that takes a row as a dict")
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout > 0:
            raise ConfigurationError(f"timeout={timeout!r}: give seconds above zero")
        if isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1:
            raise ConfigurationError(f"concurrency={concurrency!r}: give a whole number above zero")
        if isinstance(max_errors, bool) or not isinstance(max_errors, int | float) or not 0 <= max_errors <= 1:
            raise ConfigurationError(f"max_errors={max_errors!r}: give a share from 0 to 1")
        self.judge = judge
        self.at_least = at_least
        self.at_most = at_most
        self.timeout = timeout
        self.concurrency = concurrency
        self.max_errors = max_errors
        self.keep = keep

    def measure(self, context: Context) -> Measurement:
        """Draw, judge, weigh; value: the share of good rows.

        :raises DataError: too many errors of the judge.
        """
        from airflow_ai_slo.core.numbers import exact
        from airflow_ai_slo.measure.judged.estimate import estimate
        from airflow_ai_slo.measure.judged.kept import check_ending, write_verdicts

        if self.keep is not None:
            check_ending(self.keep)
        id, sample = self.draw(context)
        verdicts = self._judged(sample.items)
        if self.keep is not None:
            write_verdicts(self.keep, id, verdicts)
        errors = [one for one in verdicts if one.ok is None]
        if len(errors) > exact(self.max_errors) * len(verdicts):
            raise DataError(
                f"judge: {len(errors)} of {len(verdicts)} calls failed, at most {self.max_errors:.0%} may; "
                f"item {errors[0].item}: {errors[0].error}"
            )
        found = estimate(sample.population, ((one.stratum, one.ok) for one in verdicts))
        log = self.log.info if found.judged and not errors and not found.left_out else self.log.warning
        log("Judged: %s", found.detail)
        return self.measurement(
            context,
            good=found.good,  # type: ignore[arg-type]
            total=found.total,  # type: ignore[arg-type]
            value=found.value,
            cause=found.cause,
            attributes=found.attributes | {"sample": id},
        )

    def _judged(self, items: Sequence[Item]) -> list[Verdict]:
        from airflow_ai_slo.measure.judged.criteria import Criterion
        from airflow_ai_slo.measure.judged.judging import judge_all

        limit = None
        if self.at_least is not None or self.at_most is not None:
            limits: dict[str, Any] = {"at_least": self.at_least, "at_most": self.at_most}
            limit = Criterion(name="judge", column="score", **limits)
        told = 0

        def progress(done: int, total: int, errors: int) -> None:
            nonlocal told
            if done * 10 // total > told:
                told = done * 10 // total
                self.log.info("Judged %d of %d rows, %d errors", done, total, errors)

        options: dict[str, Any] = {"timeout": self.timeout, "concurrency": self.concurrency, "progress": progress}
        return judge_all(items, self.judge, limit=limit, **options)
