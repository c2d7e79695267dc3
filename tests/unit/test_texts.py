"""A text fits its bytes without a torn character, and a moment reads the same everywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.shared.limits import MAX_TEXT_BYTES
from lambdas.shared.texts import shorten, timestamp
from tests.unit.builders import NOW, json_bytes
from tests.unit.examples import examples


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("", 4, ""),
        ("abcd", 4, "abcd"),
        ("abcde", 4, "a…"),
        ("äö", 4, "äö"),
        ("äöü", 5, "ä…"),
        ("…", 3, "…"),
        ("abcd", 3, "…"),
        ('a"b"c', 6, 'a"…'),
        ("\n\n\n", 5, "\n…"),
    ],
)
def test_shortens_only_what_is_too_long(text, most, short):
    assert shorten(text, most) == short


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("äöü", 4, "…"),
        ("aäöü", 6, "aä…"),
        ("aäöü", 5, "a…"),
        ("a€€€", 8, "a€…"),
        ("😀😀", 7, "😀…"),
        ("😀😀", 6, "…"),
    ],
)
def test_leaves_a_character_out_that_would_be_cut_in_two(text, most, short):
    assert shorten(text, most) == short


def test_text_is_as_long_as_an_entry_takes_unless_given_otherwise():
    assert len(shorten("x" * 1_000).encode()) == MAX_TEXT_BYTES
    assert shorten("x" * MAX_TEXT_BYTES) == "x" * MAX_TEXT_BYTES


@given(st.text(st.characters() | st.sampled_from("aä€😀"), max_size=40), st.integers(3, 60))
@examples(150)
def test_every_text_fits_and_begins_as_it_did(text, most):
    short = shorten(text, most)
    legible = text.encode(errors="replace").decode()
    assert json_bytes(short) - 2 <= most
    assert short == legible or legible.startswith(short.removesuffix("…"))
    assert json_bytes(short) - 2 > most - 6 or short == legible


def test_half_a_character_becomes_one_that_can_be_written():
    assert shorten("a\ud800b") == "a?b"


@pytest.mark.parametrize(
    ("moment", "text"),
    [(0, "1970-01-01T00:00:00.000Z"), (NOW + 0.5, "2027-01-15T08:00:00.500Z")],
)
def test_writes_moments_in_utc(moment, text):
    assert timestamp(moment) == text
