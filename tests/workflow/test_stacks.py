"""Tests share a stack, and none changes it for the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stacks import in_world


def test_a_change_of_the_shared_stack_fails_the_test_that_makes_it(assembly: Path) -> None:
    with (
        pytest.raises(AssertionError, match="deploys its own"),
        in_world(assembly, {}) as orchestrator,
    ):
        orchestrator.aws.client("sqs").create_queue(QueueName="any")

    with in_world(assembly, {}) as orchestrator:
        listed = orchestrator.aws.client("sqs").list_queues(QueueNamePrefix="any")
    assert "QueueUrls" not in listed
