"""What is shown of a deployment."""

from __future__ import annotations

import pytest

from localcloud.steps import Step, shown_steps


def test_without_a_terminal_each_step_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_steps() as on_step:
        on_step(Step("Starting"))
        for done in range(73):
            on_step(Step("Deploying", done, 73))
        on_step(Step("Publishing"))

    assert capsys.readouterr().err.splitlines() == ["Starting", "Deploying", "Publishing"]


def test_a_step_about_resources_counts_them() -> None:
    assert str(Step("Deploying", 8, 73)) == "Deploying: 8 of 73 resources"
