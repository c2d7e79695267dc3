"""Printing to readers that go away, and to disks that are full."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from commandline.output import did_you_mean, one_line, print_status, show, terminal


@pytest.fixture
def unread() -> Iterator[TextIO]:
    """A pipe whose reader has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:  # closing flushes, as the interpreter does at its end
        yield stream


def test_a_reader_of_standard_output_that_went_away_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, unread: TextIO
) -> None:
    monkeypatch.setattr("sys.stdout", unread)

    assert show("an outcome", "program")
    assert show("another", "program")


def test_a_reader_of_standard_error_that_went_away_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, unread: TextIO
) -> None:
    monkeypatch.setattr("sys.stderr", unread)

    print_status("a line")
    print_status("another")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has this device")
def test_a_full_disk_under_standard_output_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)

        assert not show("an outcome", "program")

    assert capsys.readouterr().err == "program: standard output: No space left on device\n"


def test_a_line_is_never_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    print_status("x" * 300)

    assert capsys.readouterr().err == "x" * 300 + "\n"


def test_what_is_not_printable_is_escaped() -> None:
    assert one_line("a\nb\x1b[31mc\u202ed\ud800 é選 \\") == (
        "a\\nb\\x1b[31mc\\u202ed\\ud800 é選 \\"
    )


@pytest.mark.parametrize(
    ("word", "hint"), [("--wrold", "; did you mean '--world'?"), ("fly", ""), ("", "")]
)
def test_the_nearest_word_is_suggested_if_one_is_near(word: str, hint: str) -> None:
    assert did_you_mean(word, ("--world", "--port")) == hint


@pytest.mark.parametrize("variable", ["FORCE_COLOR", "TTY_COMPATIBLE"])
def test_a_pipe_is_no_terminal_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "1")

    assert terminal() is None


def test_a_terminal_that_cannot_be_redrawn_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as stream:
        monkeypatch.setattr("sys.stderr", stream)
        for name, redrawn in (("xterm", True), ("dumb", False)):
            monkeypatch.setenv("TERM", name)
            assert (terminal() is not None) is redrawn
    os.close(ours)
