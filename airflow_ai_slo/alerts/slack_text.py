"""Text as Slack takes it: escaped, cleaned of what JSON or people stumble over, and cut without breaking a character.

Lengths count UTF-16 units of the escaped text. Slack does not say what it counts; this is never less than characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_NOT_IN_URL = re.compile(r"[\s<>|\"\\^`{}]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ZERO_WIDTH_JOINER = "\u200d"


def escape(text: str) -> str:
    """Replace the three characters Slack gives a meaning to, so that ``<!channel>`` in somebody's text calls nobody."""
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clean(text: str) -> str:
    """Line feeds only as line ends, no control characters, no lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("", text.replace("\t", " ")))


def one_line(text: str) -> str:
    """The text with every run of white space turned into one space."""
    return " ".join(clean(text).split())


def size(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text) + sum(1 for character in text if character > "\uffff")


def fit(text: str, most: int, *, empty: str = "-") -> str:
    """Escape a text and cut it to ``most`` units, between whole characters and never inside an entity.

    :param empty: what stands for a text with nothing to see; Slack refuses empty texts.
    """
    text = clean(text)
    escaped = escape(text)
    if size(escaped) > most:
        escaped = _cut(text[:most], most - 1) + "…"
    return escaped if escaped.strip() else empty


def link(label: str, url: str, *, most: int) -> str:
    """A link in Slack's markup, its label cut to ``most``; a url that is not http or https stays plain text."""
    target = one_line(url)
    shown = fit(one_line(label) or target, most)
    if not is_web(target):
        return f"{shown}: {escape(target)}" if label.strip() else shown
    return f"<{escape(_NOT_IN_URL.sub(lambda match: quote(match[0]), target))}|{shown}>"


def is_web(url: str) -> bool:
    """Whether this is an absolute http or https url."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _cut(text: str, most: int) -> str:
    kept, used = [], 0
    for cluster in _clusters(text):
        escaped = "".join(_ENTITIES.get(character, character) for character in cluster)
        used += size(escaped)
        if used > most:
            break
        kept.append(escaped)
    return "".join(kept).rstrip()


def _clusters(text: str) -> Iterator[str]:
    """Characters as people see them: a base with its marks, joined emoji, skin tones and flags together."""
    cluster = ""
    for character in text:
        if cluster and not _joins(cluster, character):
            yield cluster
            cluster = ""
        cluster += character
    if cluster:
        yield cluster


def _joins(cluster: str, character: str) -> bool:
    if character == _ZERO_WIDTH_JOINER or cluster.endswith(_ZERO_WIDTH_JOINER):
        return True
    if unicodedata.category(character) in ("Mn", "Mc", "Me") or "\U0001f3fb" <= character <= "\U0001f3ff":
        return True
    if "\U000e0020" <= character <= "\U000e007f":
        return True
    return _is_flag_half(character) and len(cluster) == 1 and _is_flag_half(cluster)


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
