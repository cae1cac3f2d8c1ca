"""E-mail for alerts, through Airflow's SMTP connection."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DeliveryError

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from airflow_ai_slo.alerts import Channel, Mail
    from airflow_ai_slo.core.target import Target

_LONGEST_TIMEOUT = 20


def channel_of(connection: Connection, target: Target) -> Channel:
    """Mail to the target's channel: addresses between commas.

    :raises ConfigurationError: not of type SMTP, no sender, nobody to send to.
    """
    from airflow_ai_slo.alerts import EmailChannel

    if connection.conn_type != "smtp":
        raise ConfigurationError(f"type {connection.conn_type!r}; use SMTP")
    if not (connection.extra_dejson.get("from_email") or _sender()):
        raise ConfigurationError("no sender; give extra from_email, or Airflow's [email] from_email")
    to = target.channel or str(connection.extra_dejson.get("to") or "")
    return EmailChannel(to.replace(";", " ").replace(",", " ").split(), _carrier(connection.conn_id))


def _carrier(conn_id: str) -> Callable[[Mail], None]:
    """Sends one e-mail through a connection, once."""

    def carry(mail: Mail) -> None:
        where = f"e-mail through {conn_id}"
        try:
            with _hook()(smtp_conn_id=conn_id) as smtp:
                smtp.send_email_smtp(
                    to=list(mail.to),
                    subject=mail.subject,
                    html_content=mail.html,
                    from_email=smtp.from_email or _sender(),
                    mime_subtype="alternative",
                    custom_headers=dict(mail.headers),
                )
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _ in error.recipients.values()}
            said = ", ".join(sorted(f"{address}: {code}" for address, (code, _) in error.recipients.items()))
            permanent = bool(codes) and min(codes) >= 500
            raise DeliveryError(f"{where}: recipients refused: {said}", permanent=permanent) from None
        except smtplib.SMTPResponseException as error:
            lasting = not isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPHeloError)
            advice = "; check login and password" if isinstance(error, smtplib.SMTPAuthenticationError) else ""
            raise DeliveryError(
                f"{where}: the server answered {error.smtp_code}{advice}",
                permanent=lasting and error.smtp_code >= 500,
            ) from None
        except smtplib.SMTPNotSupportedError as error:
            raise DeliveryError(f"{where}: {error}", permanent=True) from None
        except OSError as error:
            said = "timed out" if isinstance(error, TimeoutError) else type(error).__name__
            raise DeliveryError(f"{where}: no answer: {said}") from None

    return carry


def _hook() -> Any:
    """Airflow's SMTP hook, told to try once: the outbox does the rest, and a second try here could send twice."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    class OnceHook(SmtpHook):
        smtp_retry_limit = 0

        @property
        def timeout(self) -> int:
            return min(super().timeout, _LONGEST_TIMEOUT)

    return OnceHook


def _sender() -> str:
    from airflow.sdk.configuration import conf

    return str(conf.get("email", "from_email", fallback="") or "")
