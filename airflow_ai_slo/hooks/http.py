"""HTTP services behind Airflow connections, asked with httpx; Airflow's http provider need not be installed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.hooks.web import address, authorised

if TYPE_CHECKING:
    import httpx

_OPTIONS = frozenset({"headers", "timeout", "proxy", "proxies", "verify", "cert", "stream", "check_response"})
_OPTIONS |= {"allow_redirects", "max_redirects", "trust_env", "auth_type", "auth_kwargs"}


class HttpService:
    """A service by its Airflow connection: host, schema and port are its address; login and password are basic
    authentication, a password alone is a bearer token; texts in extra are headers, as for Airflow's own hook.

    :param conn_id: the Airflow connection, of type ``http`` or any other that has a host.
    :param timeout: of connecting, and of each wait for data.
    :raises ConfigurationError: no such connection, or it names no address.
    """

    def __init__(self, conn_id: str, *, timeout: timedelta) -> None:
        import httpx

        try:
            connection = BaseHook.get_connection(conn_id)
        except AirflowNotFoundException:
            raise ConfigurationError(f"http_conn_id={conn_id!r}: no such Airflow connection; create it") from None
        extra = connection.extra_dejson
        plain = {name: value for name, value in extra.items() if name not in _OPTIONS and isinstance(value, str)}
        try:
            self.base = address(connection).rstrip("/")
            options: dict[str, Any] = authorised(connection)
        except ConfigurationError as error:
            raise ConfigurationError(f"http_conn_id={conn_id!r}: {error}") from None
        options["headers"] = plain | options["headers"]
        self._client = httpx.Client(
            timeout=timeout.total_seconds(),
            follow_redirects=True,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),  # callers say how many at once
            proxy=extra.get("proxy") or None,
            verify=_verifying(extra.get("verify", True)),
            **options,
        )

    def ask(self, endpoint: str, *, method: str = "GET", **request: Any) -> httpx.Response:
        """The answer to one request.

        :param request: ``params``, ``json``, ``headers``… as for httpx.
        :raises DataError: it answers with a status of 400 or above, which is no answer.
        """
        url = f"{self.base}/{endpoint.lstrip('/')}" if endpoint else self.base
        answer = self._client.request(method, url, **request)
        if answer.status_code >= 400:
            raise DataError(f"HTTP {answer.status_code} {answer.reason_phrase}".strip())
        return answer


def _verifying(asked: Any) -> Any:
    """Whether certificates are verified, or against which file of authorities."""
    if not isinstance(asked, str):
        return asked is not False
    import ssl

    try:
        return ssl.create_default_context(cafile=asked)
    except OSError as error:
        raise ConfigurationError(f"verify={asked!r} in extra: cannot be read: {error.strerror or error}") from None
