"""Whenever a request is aborted, its clean-up leaves no snapshot and no running export behind."""

from __future__ import annotations

from pathlib import Path

from tests.properties.snapshot_aborts import abort_at_moments

EVERY = 6
"""Of all moments, the suite tries one in six."""


def test_nothing_is_left_behind_whenever_the_request_is_aborted(assembly: Path) -> None:
    assert len(abort_at_moments(assembly, EVERY)) > 5
