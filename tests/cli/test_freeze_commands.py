"""``ai-slo freeze`` as people use it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_runner import DAILY, Result

Run = Callable[..., Result]

SERVICE = """\
apiVersion: openslo/v1
kind: Service
metadata:
  name: flights
  annotations:
    airflow-ai-slo/freeze-for-at-most: 14d
    airflow-ai-slo/freeze-mode: {mode}
    airflow-ai-slo/exempt-labels: security, hotfix
spec: {{}}
---
"""
LINE = (
    "service flights: {} freeze; SLOs that opted in count; thaws above 5%; ends by itself after 14d; "
    "exempt: security, hotfix\n"
)


def ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


@pytest.fixture
def governed(ai_slo: Run, tmp_path: Path) -> Callable[[str], Result]:
    """Applies the flights service with a policy of the given mode."""

    def apply(mode: str) -> Result:
        path = tmp_path / "flights.yaml"
        path.write_text(SERVICE.format(mode=mode) + DAILY)
        return ai_slo("apply", path)

    return apply


@pytest.fixture
def frozen(ai_slo: Run, governed: Callable[[str], Result]) -> Run:
    """The flights service, frozen by two bad runs of eleven, one of them late."""
    governed("hard")
    for day in range(11):
        cause = ["--cause", "late"] if day == 0 else []
        ai_slo("record", "daily", "--good", int(day > 1), "--total", "1", "--at", ago(day), *cause)
    ai_slo("evaluate")
    return ai_slo


def test_apply_says_how_a_service_freezes_when_that_changes(governed: Callable[[str], Result]) -> None:
    assert governed("hard").out == "daily: created (generation 1)\n" + LINE.format("hard")
    assert governed("hard").out == "daily: unchanged (generation 1)\n"
    assert governed("soft").out == "daily: unchanged (generation 1)\n" + LINE.format("soft")


def test_policy_shows_how_services_freeze(ai_slo: Run, governed: Callable[[str], Result]) -> None:
    governed("soft")
    line = LINE.format("soft").removeprefix("service ")
    assert ai_slo("freeze", "policy").out == ai_slo("freeze", "policy", "flights").out == line
    wrong = ai_slo("freeze", "policy", "nope")
    assert (wrong.code, wrong.err.splitlines()) == (
        2,
        ["error: no service nope; known: flights (see ai-slo freeze policy --help)"],
    )


def test_check_says_which_slo_how_much_what_spent_it_and_what_thaws_it(frozen: Run) -> None:
    answer = frozen("freeze", "check", "flights")
    assert answer.code == 3
    first, reason, thaws = answer.out.splitlines()
    assert first == "flights: frozen"
    assert "SLO daily has -100% of its error budget left (2 bad, 1 allowed; spent by late 1, other 1), frozen" in reason
    assert "daily: thaws when more than 5% of its budget is left, or after 5 good runs in a row" in thaws
    assert "it ends by itself on" in thaws
    [found] = frozen("freeze", "check", "flights", "--format", "json").json["reasons"]
    assert found | {"since": "", "thaws": ""} == {
        "slo": "daily",
        "remaining": -1.0,
        "since": "",
        "allowed": 1.0,
        "spent": 2.0,
        "spent_by": {"late": 1.0, "other": 1.0},
        "thaws": "",
    }


def test_labels_come_one_by_one_or_with_commas(frozen: Run) -> None:
    assert frozen("freeze", "check", "flights", "--label", "docs, hotfix").code == 0
    assert frozen("freeze", "check", "flights", "--label", "docs", "--label", "hotfix").code == 0
    stopped = frozen("freeze", "check", "flights", "--label", "p0")
    assert stopped.code == 3
    assert "not exempt: p0; exempt here: security, hotfix" in stopped.out


def test_a_soft_freeze_passes_and_says_so_once(frozen: Run, governed: Callable[[str], Result]) -> None:
    governed("soft")
    answer = frozen("freeze", "check", "flights")
    assert answer.code == 0
    [line] = answer.out.splitlines()
    assert line.startswith("flights: allowed: the freeze is soft and only warns: SLO daily has -100%")
    assert frozen("freeze", "check", "flights", "--format", "json").json["warns"] is True


def test_an_override_may_be_given_as_a_duration_and_is_revoked(frozen: Run) -> None:
    given = frozen("freeze", "override", "flights", "--reason", "fix", "--until", "4h", "--author", "ada")
    assert (given.code, given.out.endswith("(ada: fix)\n")) == (0, True)
    override = frozen("freeze", "check", "flights", "--format", "json").json["override"]
    left = datetime.fromisoformat(override["until"]) - datetime.now(UTC)
    assert timedelta(hours=3, minutes=55) < left <= timedelta(hours=4)
    revoked = frozen("freeze", "revoke", "flights", "--reason", "done")
    assert revoked.out.startswith("flights: the override by ada until ")
    assert frozen("freeze", "check", "flights").code == 3
    again = frozen("freeze", "revoke", "flights", "--reason", "done")
    assert (again.code, again.err) == (2, "error: service flights has no override in force\n")


def test_a_freeze_is_renewed(frozen: Run) -> None:
    renewed = frozen("freeze", "renew", "flights", "--reason", "still broken")
    assert renewed.out.startswith("flights: the freeze holds until ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["override", "flights", "--reason", "r", "--until", "tomorrow"],
            "'tomorrow' is neither a duration such as 4h",
        ),
        (["override", "flights", "--reason", "r", "--until", "2026-01-01"], "'2026-01-01' has no zone"),
        (["override", "flights", "--reason", "r", "--until", "2026-01-01T00:00Z"], "an override ends in the future"),
        (["override", "flights", "--reason", " ", "--until", "4h"], "an override needs an author and a reason"),
        (["override", "flihgts", "--reason", "r", "--until", "4h"], "no SLO names service flihgts; known: flights"),
        (["override", "flights", "--until", "4h"], "Missing option '--reason'"),
        (["release", "other", "--reason", "r"], "service other is not frozen; frozen: flights"),
        (["check", "flights", "--max-age", "0"], "--max-age 0: give hours above 0, such as 26"),
        (["check", "flights", "--max-age", "nan"], "--max-age nan: give hours above 0"),
        (["log", "flights", "--service", "other"], "two services: flights and --service other"),
        (["log", "--since", "1h", "--until", "2h"], "is not before --until"),
        (["log", "--limit", "0"], "0 is not in the range"),
    ],
)
def test_a_mistake_is_one_line(frozen: Run, arguments: list[str], says: str) -> None:
    wrong = frozen("freeze", *arguments)
    assert wrong.code == 2
    assert says in wrong.err
    assert len(wrong.err.splitlines()) == 1


def test_the_log_is_exported_as_csv_and_json_with_every_decision(frozen: Run) -> None:
    for _ in range(3):
        frozen("freeze", "check", "flights", "--label", "docs")
    frozen("freeze", "release", "flights", "--reason", "=HYPERLINK(1)", "--author", "@ada, \n\x1b[31mbob")
    exported = frozen("freeze", "log", "--service", "flights", "--format", "csv", "--since", "1h", "--until", "now")
    rows = list(csv.DictReader(io.StringIO(exported.out)))
    assert [(row["labels"], row["action"]) for row in rows] == [
        ("", "released"),
        ("docs", "frozen"),
        ("", "frozen"),
        ("", "policy"),
    ]
    assert list(rows[0]) == ["at", "service", "actor", "labels", "action", "detail"]
    # What a spreadsheet would take for a formula is text.
    assert (rows[0]["actor"][:5], rows[0]["detail"]) == ("'@ada", "'=HYPERLINK(1)")
    found = frozen("freeze", "log", "--format", "json").json["log"]
    assert [line["detail"] for line in found][:2] == ["=HYPERLINK(1)", "budget spent: daily"]
    assert [line["action"] for line in found] == ["released", "frozen", "frozen", "policy"]
    text = frozen("freeze", "log").out
    assert "\x1b" not in text
    assert len(text.splitlines()) == len(found)


def test_the_log_says_when_it_shows_not_all(frozen: Run) -> None:
    shown = frozen("freeze", "log", "--limit", "1")
    assert (len(shown.out.splitlines()), shown.err) == (
        1,
        "older decisions are left out; --limit N shows more than 1\n",
    )
    assert frozen("freeze", "log", "--limit", "2").err == ""
    nothing = frozen("freeze", "log", "nope")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "no decision about freezes of service nope in the log\n")


def test_who_has_no_name_on_this_machine_can_ask_and_decide(frozen: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert frozen("freeze", "check", "flights").code == 3
    assert frozen("freeze", "release", "flights", "--reason", "r").code == 0
    log = frozen("freeze", "log", "--format", "json").json["log"]
    assert log[0]["actor"].startswith("uid ")


def test_a_replay_follows_the_policy(ai_slo: Run, tmp_path: Path) -> None:
    path = tmp_path / "flights.yaml"
    policy = SERVICE.format(mode="hard").replace("14d", "2d")
    path.write_text(policy + DAILY)
    journal = tmp_path / "journal.jsonl"
    lines = []
    for day in range(1, 21):
        at = f"2026-01-{day:02}T06:00:00Z"
        good = int(day not in (12, 13))
        lines.append(
            f'{{"t": "{at}", "do": "record", "slo": "daily", "key": "{day}", "at": "{at}", "good": {good}, "total": 1}}'
        )
        lines.append(f'{{"t": "2026-01-{day:02}T07:00:00Z", "do": "evaluate"}}')
    journal.write_text("\n".join(lines))
    found = ai_slo("replay", "--definitions", path, "--journal", journal, "--format", "json").json["freezes"]
    assert [(one["from"][:10], one["to"][:10]) for one in found] == [("2026-01-12", "2026-01-14")]
