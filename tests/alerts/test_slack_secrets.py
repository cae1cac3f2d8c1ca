from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest

from airflow_ai_slo.alerts import Channel, Kind, Message, SlackBotChannel, SlackWebhookChannel
from airflow_ai_slo.core.errors import DeliveryError
from demo.slack_server import SlackServer

SECRET = "s3cr3t-of-nobody"
FAULTS = ["429", "500", "html", "hang", "drop", "invalid_auth", "invalid_blocks", "refused", ""]
PROXY = f"http://user:{SECRET}@127.0.0.1:9"


@pytest.fixture
def secretive() -> Iterator[SlackServer]:
    with SlackServer(token=f"xoxb-{SECRET}") as server:
        yield server


@pytest.fixture(params=["bot", "webhook"])
def build(request: pytest.FixtureRequest, secretive: SlackServer) -> Callable[..., Channel]:
    timeout = timedelta(milliseconds=200)
    if request.param == "webhook":
        url = f"{secretive.origin}/services/T1/B1/{SECRET}"
        return lambda proxy=None: SlackWebhookChannel(url, timeout=timeout, proxy=proxy)
    options = {"base_url": secretive.base_url, "timeout": timeout}
    return lambda proxy=None: SlackBotChannel(secretive.token, "slo-alerts", **options, proxy=proxy)


def _everything(error: BaseException | None) -> str:
    """Texts and frames of an error and of all it is chained to, whether shown or not."""
    if error is None:
        return ""
    request = getattr(getattr(error, "response", None), "req_args", "")
    own = f"{error!r} {vars(error)} {request} {''.join(traceback.format_exception(error))}"
    return own + _everything(error.__cause__) + _everything(error.__context__)


@contextmanager
def _telling() -> Iterator[list[str]]:
    told: list[str] = []
    try:
        yield told
    except DeliveryError as error:
        told.append(_everything(error))
        raise


@pytest.mark.parametrize("fault", FAULTS)
def test_no_failure_tells_a_secret(
    secretive: SlackServer, build: Callable[..., Channel], message: Callable[..., Message], fault: str,
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="slack_sdk")
    if fault == "refused":
        secretive.close()
    elif fault:
        secretive.fail_next(fault, times=2)
    with suppress(DeliveryError), _telling() as told:
        build().send(message(), thread=None)
    assert SECRET not in "".join(told) + caplog.text + "".join(capfd.readouterr())


def test_a_proxy_with_a_password_is_not_told(
    build: Callable[..., Channel], message: Callable[..., Message], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(DeliveryError) as caught:
        build(proxy=PROXY).send(message(), thread=None)
    assert SECRET not in _everything(caught.value) + caplog.text


def test_no_repr_tells_a_secret(build: Callable[..., Channel]) -> None:
    assert SECRET not in repr(build(proxy=PROXY))


def test_no_message_carries_a_secret(
    secretive: SlackServer, message: Callable[..., Message], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    channel = SlackBotChannel(secretive.token, "slo-alerts", base_url=secretive.base_url)
    thread = channel.send(message(), thread=None).thread
    secretive.fail_next("edit_window_closed", method="chat.update")
    channel.send(message(Kind.INCIDENT_RESOLVED), thread=thread)
    assert SECRET not in str(secretive.messages) + caplog.text
    assert "not edited" in caplog.text


def test_a_channel_survives_a_process_boundary(build: Callable[..., Channel]) -> None:
    assert pickle.loads(pickle.dumps(build())) == build()
