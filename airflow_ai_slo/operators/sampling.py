"""Samples of rows: drawn for people to review, and their verdicts taken in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from airflow.sdk.exceptions import AirflowFailException

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.operators.base import WRONG_SETTINGS, MeasureOperator
from airflow_ai_slo.operators.tabular import TabularOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.core.measurement import Measurement
    from airflow_ai_slo.measure.judged.answers import Answer
    from airflow_ai_slo.measure.judged.drawing import Sample
    from airflow_ai_slo.measure.judged.sheet import Sheet, Written

_MOST_FORMS = 100


class SamplingOperator(TabularOperator):
    """Base of the operators that look at a random sample of rows.

    A retry or a clear of a run draws the same rows, in whatever order they lie.

    :param n: rows to draw; all, where there are no more.
    :param key: column that tells rows apart; rows of a database need one.
    :param stratify_by: column of whose every value some rows are drawn; by default a simple random sample.
    :param allocation: how the rows are shared among strata: ``proportional`` to their sizes, ``equal``, or ``neyman``:
        the most where verdicts are hardest to foretell, by
    :param prior: the share expected to be good, by stratum; 0.5 where none is named.
    :param seed: what decides which rows are drawn; by default the run does (templated).
    """

    template_fields: Sequence[str] = (*TabularOperator.template_fields, "key", "stratify_by", "seed")

    def __init__(
        self,
        *,
        n: int,
        key: str | None = None,
        stratify_by: str | None = None,
        allocation: Literal["proportional", "equal", "neyman"] = "proportional",
        prior: Mapping[str, float] | None = None,
        seed: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise ConfigurationError(f"n={n!r}: give a whole number of rows above zero")
        if allocation not in ("proportional", "equal", "neyman"):
            raise ConfigurationError(f"allocation={allocation!r} is not one of proportional, equal, neyman")
        if stratify_by is None and (allocation != "proportional" or prior):
            raise ConfigurationError("allocation and prior share rows among strata: name their column by stratify_by")
        if prior and allocation != "neyman":
            raise ConfigurationError("prior is for allocation='neyman'")
        self.n = n
        self.key = key
        self.stratify_by = stratify_by
        self.allocation = allocation
        self.prior = prior
        self.seed = seed

    def draw(self, context: Context) -> tuple[str, Sample]:
        """The id of this run's sample, and the sample."""
        from airflow_ai_slo.measure.judged.drawing import draw
        from airflow_ai_slo.measure.judged.plan import Plan

        run = self.run_of(context)
        seed = run.key if self.seed is None or self.seed == "" else str(self.seed)
        sample = draw(
            self.source(),
            Plan(
                n=self.n,
                seed=seed,
                key=self.key,
                stratify_by=self.stratify_by,
                allocation=self.allocation,
                prior=self.prior,
            ),
        )
        self.log.info("Drew %d of %d rows", len(sample.items), sum(sample.population.values()))
        return sample.id(f"{self.slo}:{run.key}"), sample


class DrawSampleOperator(SamplingOperator):
    """Draws rows and writes a sheet for people to review: CSV, and a page for the browser that answers by keyboard.

    Returns ``{sheet, page, sample, items}``: the paths of the two, of the sample's own JSON file, and how many rows.
    ``output["sheet"]`` is the sheet alone.

    :param slo: name of the SLO that the verdicts will be measurements of.
    :param folder: where the files go (templated); a place that reviewers and the task that takes verdicts can reach.
    :param question: what yes means (templated).
    :param show: the columns that reviewers see, in this order; by default all.
    :param reviewers: answers that each item needs.
    :param forms: whether to return a list of the items' texts instead, which Airflow's human-in-the-loop tasks are
        mapped over (Airflow maps over nothing but what a task returns); for at most 100 rows.
    """

    template_fields: Sequence[str] = (*SamplingOperator.template_fields, "folder", "question", "show")

    def __init__(
        self,
        *,
        folder: str,
        question: str = "Is it right?",
        show: Sequence[str] | None = None,
        reviewers: int = 1,
        forms: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(reviewers, bool) or not isinstance(reviewers, int) or reviewers < 1:
            raise ConfigurationError(f"reviewers={reviewers!r}: give a whole number above zero")
        if forms and self.n > _MOST_FORMS:
            raise ConfigurationError(f"forms: n={self.n}, at most {_MOST_FORMS}; use the sheet for more")
        if isinstance(show, str) or (show is not None and not show):
            raise ConfigurationError(f"show={show!r}: give a list of columns, or leave it out for all")
        self.folder = folder
        self.question = question
        self.show = show
        self.reviewers = reviewers
        self.forms = forms

    def execute(self, context: Context) -> Any:
        """Draw and write. Nothing is recorded before the verdicts are in."""
        try:
            sheet, sample, written = self._written(context)
        except WRONG_SETTINGS as error:
            raise AirflowFailException(str(error)) from None
        self.log.info("Review sheet: %s, page: %s", written.csv, written.html)
        context["ti"].xcom_push(key="sheet", value=str(written.csv))
        if self.forms:
            from airflow_ai_slo.measure.judged.sheet import question_of

            return [question_of(sheet, sample, place, self.show) for place in range(len(sample.items))]
        files = {"sheet": str(written.csv), "page": str(written.html), "sample": str(written.sample)}
        return files | {"items": len(sample.items)}

    def _written(self, context: Context) -> tuple[Sheet, Sample, Written]:
        from airflow_ai_slo.measure.judged.sheet import Sheet, write_sheet

        run = self.run_of(context)
        id, sample = self.draw(context)
        sheet = Sheet(
            id=id,
            slo=self.slo,
            key=run.key,
            at=run.at,
            question=self.question,
            reviewers=self.reviewers,
            population=sample.population,
            items=[(item.key, item.stratum) for item in sample.items],
            attributes={name: str(value) for name, value in (run.attributes | (self.attributes or {})).items()},
            ignored=run.ignored,
        )
        return sheet, sample, write_sheet(Path(self.folder).absolute(), sheet, sample, show=self.show)


class TakeVerdictsOperator(MeasureOperator):
    """Takes people's verdicts on a sample in, and records them at the time of the run that drew it.

    Its key is that run's: taking again, when more verdicts are in, replaces what was recorded.

    :param slo: name of the SLO; the sheet has to be one of its own.
    :param sheet: the sheet that ``DrawSampleOperator`` wrote (templated): a path, or its ``output["sheet"]``.
    :param verdicts: files of verdicts, paths or patterns (templated); by default the sheet itself. Or instead:
    :param answers: the output of human-in-the-loop tasks mapped over the items.
    :param min_share: the share of items that must have all their answers; below it the task fails, and may be retried.
    :param fail_on_bad: whether bad quality fails this task, after it was recorded.
    """

    template_fields: Sequence[str] = (*MeasureOperator.template_fields, "sheet", "verdicts", "answers")

    def __init__(
        self,
        *,
        sheet: Any,
        verdicts: Sequence[str] | str | None = None,
        answers: Any = None,
        min_share: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if verdicts is not None and answers is not None:
            raise ConfigurationError("give either verdicts or answers")
        if isinstance(min_share, bool) or not isinstance(min_share, int | float) or not 0 < min_share <= 1:
            raise ConfigurationError(f"min_share={min_share!r}: give a share above 0, at most 1")
        self.sheet = sheet
        self.verdicts = verdicts
        self.answers = answers
        self.min_share = min_share

    def measure(self, context: Context) -> Measurement:
        """The share of good rows, weighed by strata; value: that share."""
        from airflow_ai_slo.measure.judged.sheet import read_sheet
        from airflow_ai_slo.measure.judged.taking import taken

        sheet = read_sheet(self.sheet["sheet"] if isinstance(self.sheet, Mapping) else self.sheet)
        if sheet.slo != self.slo:
            raise ConfigurationError(f"slo={self.slo!r}: the sheet was drawn for {sheet.slo!r}")
        found = taken(sheet, self._given(sheet), min_share=self.min_share)
        log = self.log.info if found.review.waiting == 0 else self.log.warning
        log("Review: %s; %s", found.review.detail, found.estimate.detail)
        return found.measurement(self.attributes or {})

    def record(self, context: Context, measured: Measurement, **options: Any) -> dict[str, Any]:
        """As every measurement; not where the run that drew the sample does not count."""
        from airflow_ai_slo.measure.judged.sheet import read_sheet

        ignored = read_sheet(self.sheet["sheet"] if isinstance(self.sheet, Mapping) else self.sheet).ignored
        if ignored and not self.run_of(context).ignored:
            raise ConfigurationError(f"the run that drew the sample does not count: {ignored}")
        return super().record(context, measured, **options)

    def _given(self, sheet: Sheet) -> list[Answer]:
        from airflow_ai_slo.measure.judged.answers import answers_of_forms, read_answers

        if self.answers is not None:
            return answers_of_forms(sheet, list(self.answers))
        own = self.sheet["sheet"] if isinstance(self.sheet, Mapping) else self.sheet
        return read_answers(sheet, _matching(self.verdicts if self.verdicts is not None else str(own)))


def _matching(patterns: Sequence[str] | str) -> list[str]:
    from glob import glob, has_magic

    found: list[str] = []
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        matching = sorted(glob(pattern)) if has_magic(pattern) else [pattern]  # noqa: PTH207
        if not matching:
            raise DataError(f"verdicts={pattern!r}: no such file yet")
        found += matching
    return found
