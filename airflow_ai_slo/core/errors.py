"""The one tree of errors. Each message says what is wrong, where, and what would be right."""

from __future__ import annotations


class AiSloError(Exception):
    """Base of everything this package raises on purpose; its text is one line a user can act on."""


class DefinitionError(AiSloError):
    """A definition that cannot be used.

    :param message: what is wrong and what would be right.
    :param path: field path inside the document, such as ``spec.objectives[0].target``.
    :param file: file the document came from.
    :param said: all of it in one line, where more is known, such as which document and line; else made of the others.
    """

    def __init__(self, message: str, *, path: str = "", file: str = "", said: str = "") -> None:
        self.message, self.path, self.file = message, path, file
        super().__init__(said or ": ".join(part for part in (file, path, message) if part))


class MeasurementError(AiSloError):
    """A measurement that breaks the rules (naive time, NaN, negative, good above total…)."""


class DataError(AiSloError):
    """Input data that cannot be measured: an empty table, a missing column, another type."""


class ConfigurationError(AiSloError):
    """A wrong option, connection or environment variable."""


class UnknownSLOError(AiSloError):
    """A name that no applied definition carries."""


class StoreError(AiSloError):
    """The SLO store cannot be used."""


class StoreUnavailableError(StoreError):
    """The store does not answer: down, locked, wrong credentials, full disk."""


class StoreNotMigratedError(StoreError):
    """The store's tables are missing or older or newer than this package."""


class DeliveryError(AiSloError):
    """A channel did not take a message.

    :param retry_after: seconds the channel asked to wait, where it said so.
    :param permanent: whether trying again cannot help (revoked token, unknown channel).
    """

    def __init__(self, message: str, *, retry_after: float | None = None, permanent: bool = False) -> None:
        self.retry_after, self.permanent = retry_after, permanent
        super().__init__(message)
