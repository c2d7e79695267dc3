"""Campaigns in random worlds are restored as the contract says: a part of what the verb runs."""

from __future__ import annotations

from pathlib import Path
from random import Random

from tests.properties.restore import Change, Group, draw, violations

WORLDS = 6


def test_campaigns_are_restored_in_random_worlds(assembly: Path) -> None:
    assert Group(seed=1_000, worlds=WORLDS).run(assembly) == []


def test_the_rule_finds_what_breaks_it() -> None:
    case = draw("w", Random(1))
    case.target, case.has_restore, case.on_abort = "PAUSED", True, "restore"
    [name] = case.ids[:1]
    ends = dict.fromkeys(case.ids, "Running")

    def found(*changes: Change, end: str) -> list[str]:
        case.changes = {name: list(changes)}
        texts = violations(case, ends | {name: end}, "FAILED", set())
        return [text.rpartition(": ")[2] for text in texts]

    pause, resume = (
        Change(True, "PauseCampaign", "Running"),
        Change(True, "ResumeCampaign", "Paused"),
    )
    rival = Change(False, "PauseCampaign", "Running")
    assert found(pause, resume, end="Running") == []
    assert found(pause, end="Paused") == ["not restored"]
    assert found(pause, resume, rival, end="Paused") == []
    undone = ["ResumeCampaign undoes what the request has not done"]
    assert found(rival, resume, end="Running") == undone
    assert found(pause, resume, rival, resume, end="Running") == undone
