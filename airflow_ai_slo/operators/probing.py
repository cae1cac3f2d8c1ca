"""What probes call, and how they judge what comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.core.numbers import exact
from airflow_ai_slo.measure.golden import Golden, recall_at

if TYPE_CHECKING:
    from airflow_ai_slo.measure.probe import Plan


class Question:
    """What each call is asked, and whether its answer is right.

    :param golden: questions by turns; none means that every call is the same.
    :param at_least: share of the expected ids that must be among the first k.
    :param ids: takes ids from an answer.
    :param right: says whether an answer is right.
    """

    def __init__(
        self,
        golden: Sequence[Golden],
        k: int,
        at_least: float,
        ids: Callable[[Any], Sequence[Any]] | None,
        right: Callable[[Any], bool] | None,
    ) -> None:
        self._golden = golden
        self._k = k
        self._at_least = exact(at_least)
        self._ids = ids or _ids_of
        self._right = right
        self._recalls: dict[int, Fraction] = {}
        self._lock = threading.Lock()

    def query(self, number: int) -> Any:
        """What a call is asked."""
        return self._golden[number % len(self._golden)].query if self._golden else None

    def judge(self, number: int, answer: Any) -> str:
        """What is wrong with an answer."""
        if self._golden:
            asked = self._golden[number % len(self._golden)]
            recall = recall_at(self._k, self._ids(answer), asked.expected)
            with self._lock:
                self._recalls[number] = recall
            if recall < self._at_least:
                share, least = float(recall), float(self._at_least)
                return f"recall@{self._k} {share:.3g} for {asked.query!r:.80}, at least {least:.3g} asked"
        if self._right is not None and not self._right(answer):
            return f"not right: {answer!r:.80}"
        return ""

    def attributes(self) -> dict[str, str]:
        """The mean recall of what was answered."""
        with self._lock:
            recalls = list(self._recalls.values())
        return {f"recall_at_{self._k}": f"{float(sum(recalls) / len(recalls)):.4g}"} if recalls else {}


def _ids_of(answer: Any) -> Sequence[Any]:
    """Ids as they come: a list, the JSON of an HTTP answer, or the first column of rows."""
    found = answer.json() if hasattr(answer, "json") and hasattr(answer, "status_code") else answer
    if isinstance(found, str | bytes | Mapping) or not hasattr(found, "__iter__"):
        raise DataError(f"{type(found).__name__} is no list of ids; say with ids= how to take them from an answer")
    return [one[0] if _is_row(one) else one for one in found]


def _is_row(one: Any) -> bool:
    return hasattr(one, "_mapping") or (isinstance(one, tuple) and bool(one))


def http_call(
    conn_id: str,
    plan: Plan,
    method: str,
    endpoint: str,
    sent: Mapping[str, Any],
    query_field: str | None,
    log: Any,
) -> Callable[[Any], Any]:
    """One request, with the query in a field of what is sent; without a body, in the address."""
    from airflow_ai_slo.hooks.http import HttpService

    service = HttpService(conn_id, timeout=plan.timeout)
    log.info("Probing %s %s/%s", method, service.base, endpoint.lstrip("/"))
    fixed = {name: value for name, value in sent.items() if value is not None}

    def call(query: Any) -> Any:
        import httpx

        request = dict(fixed)
        if query_field is not None:
            where = "params" if method.upper() in ("GET", "HEAD", "DELETE") else "json"
            request[where] = {**request.get(where, {}), query_field: query}
        try:
            return service.ask(endpoint, method=method, **request)
        except httpx.LocalProtocolError:  # it quotes the header, which may hold a token
            raise DataError("a header cannot be sent: it holds a line break or another control character") from None

    return call


def sql_call(
    conn_id: str, sql: str, parameters: Sequence[Any], *, asks: bool, concurrency: int = 1
) -> Callable[[Any], Any]:
    """One statement and all its rows.

    :param concurrency: how many calls run at once; none waits for the connection of another.
    :param asks: whether the query is what is bound, in place of the parameters.
    :raises ConfigurationError: no such connection.
    """
    from airflow_ai_slo.hooks.sql import Warehouse

    engine = Warehouse(conn_id, at_once=concurrency).engine
    if asks and parameters:
        raise ConfigurationError("with golden, its queries are the parameters of sql; leave parameters out")

    def call(query: Any) -> Any:
        given = (tuple(query) if isinstance(query, list | tuple) else (query,)) if asks else tuple(parameters)
        with engine.connect() as connection:
            # Bound as the driver binds: no parameters, no percent sign that must be doubled.
            result = connection.exec_driver_sql(sql, given) if given else connection.exec_driver_sql(sql)
            return result.all() if result.returns_rows else []

    return call
