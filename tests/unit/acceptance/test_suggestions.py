"""A fault suggests what was probably meant."""

from __future__ import annotations

import json
import re
from difflib import SequenceMatcher
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.campaigns.contract import CampaignTarget
from lambdas.exports.contract import ExportTarget
from lambdas.shared.faults import place
from tests.unit.acceptance.requests import (
    FIELDS,
    RICH_SHAPES,
    edited_object,
    faults_of,
)
from tests.unit.builders import (
    EXECUTION,
    any_campaign_job,
    any_export_job,
)
from tests.unit.examples import examples

SUGGESTED = [
    (any_campaign_job(target="paused"), "target", '"paused"', "PAUSED"),
    (any_campaign_job(target="STOPED"), "target", '"STOPED"', "STOPPED"),
    (any_campaign_job(target="STOP"), "target", '"STOP"', "STOPPED"),
    (any_export_job(target="CANCELLED"), "target", '"CANCELLED"', "CANCELED"),
    ({"jobs": [any_export_job(on_abort="cancle")]}, "jobs[0].on_abort", '"cancle"', "cancel"),
    ({"jobs": [any_campaign_job()], "run": "allways"}, "run", '"allways"', "always"),
    ({"jobs": [{"kind": "exports"}]}, "jobs[0].kind", '"exports"', "export"),
    ({"kind": "Campaigns"}, "kind", '"Campaigns"', "campaigns"),
    (any_campaign_job(api_version="2"), "api_version", '"2"', "v2"),
]


@pytest.mark.parametrize(("raw", "field", "written", "meant"), SUGGESTED)
def test_repeats_a_value_that_is_none_and_suggests_the_nearest(raw, field, written, meant):
    rule = faults_of(raw)[field]
    assert rule.startswith("must be one of ")
    assert rule.endswith(f"; got {written}; did you mean {meant}?")


@pytest.mark.parametrize("target", ["COMPLETED", "CANCELED", "DANCING", "", "X", 5, None, []])
def test_suggests_nothing_that_is_only_a_little_similar(target):
    assert "did you mean" not in faults_of(any_campaign_job(target=target))["target"]


CAMPAIGNS_ALONE = {"kind": "campaigns", "target": "PAUSED"}
UNKNOWN = [
    (CAMPAIGNS_ALONE | {"campaign_id": ["c-1"]}, "campaign_id", "campaign_ids"),
    ({"jobs": [any_campaign_job(deadline=5)]}, "jobs[0].deadline", "deadline_seconds"),
    ({"stages": [{"jobs": [any_campaign_job()], "runs": 1}]}, "stages[0].runs", "run"),
    ({"stages": [{"job": [any_campaign_job()]}]}, "stages[0].job", "jobs"),
    ({"stage": [{"jobs": [any_campaign_job()]}]}, "stage", "stages"),
    ({"Jobs": [any_campaign_job()]}, "Jobs", "jobs"),
    ({"knid": "export"}, "knid", "kind"),
    ({"jobs": [{"knid": "export", "target": "COMPLETE"}]}, "jobs[0].knid", "kind"),
    (any_campaign_job(corelation_id="x"), "corelation_id", "correlation_id"),
    ({"jobs": [any_campaign_job()], "descripton": "x"}, "descripton", "description"),
    (any_campaign_job(schema="x"), "schema", "$schema"),
    ({"cleanup": {"execution_arn": EXECUTION}}, "cleanup", "clean_up"),
]


@pytest.mark.parametrize(("raw", "field", "meant"), UNKNOWN)
def test_suggests_the_field_that_was_probably_meant(raw, field, meant):
    assert faults_of(raw)[field] == f"is an unknown field; did you mean {meant}?"


def test_an_unknown_field_that_is_near_no_other_has_no_suggestion():
    assert faults_of(any_campaign_job(colour="red")) == {"colour": "is an unknown field"}
    assert faults_of({"jobs": [any_campaign_job(run="always")]}) == {
        "jobs[0].run": "is an unknown field"
    }


def edited(word: str) -> st.SearchStrategy[str]:
    """Return a word with one edit: a character more or less, another one, or two swapped."""
    letter = st.sampled_from("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789_-")
    at = st.integers(0, len(word) - 1)
    return st.one_of(
        st.tuples(at, letter).map(lambda edit: word[: edit[0]] + edit[1] + word[edit[0] :]),
        st.tuples(at, letter).map(lambda edit: word[: edit[0]] + edit[1] + word[edit[0] + 1 :]),
        at.map(lambda index: word[:index] + word[index + 1 :]),
        at.map(lambda i: word[:i] + word[i + 1 : i + 2] + word[i : i + 1] + word[i + 2 :]),
    ).filter(lambda misspelled: misspelled != word and misspelled)


def likeness(written: str, word: str) -> float:
    return SequenceMatcher(None, word.casefold(), written.casefold()).ratio()


VOCABULARY = {
    "run": ("on_success", "always"),
    "kind": ("campaigns", "export"),
    "api_version": ("v1", "v2"),
    "on_abort": ("leave", "cancel"),
    "on_deadline": ("leave", "cancel"),
}


@given(st.data())
@examples(300)
def test_a_field_that_is_misspelled_by_one_edit_is_suggested(data):
    shape, path, name = data.draw(st.sampled_from(FIELDS))
    misspelled = data.draw(edited(name))
    whole = RICH_SHAPES[shape]

    def misspell(found: dict[str, Any]) -> dict[str, Any]:
        return {misspelled if key == name else key: value for key, value in found.items()}

    rules = faults_of(edited_object(whole, path, misspell))
    field = place((*path, misspelled))
    said = re.fullmatch(r"is an unknown field; did you mean (\S+)\?", rules[field])
    assert said, rules[field]
    if not said[1].startswith(f"{misspelled}_"):
        assert likeness(misspelled, said[1]) >= likeness(misspelled, name), "kid is near to kind"


@given(st.data())
@examples(300)
def test_a_value_that_is_misspelled_by_one_edit_is_suggested(data):
    shape, path, name = data.draw(
        st.sampled_from([field for field in FIELDS if field[2] in (*VOCABULARY, "target")])
    )
    whole = RICH_SHAPES[shape]
    found: Any = reduce(lambda value, part: value[part], path, whole)
    targets = CampaignTarget if found.get("kind") == "campaigns" else ExportTarget
    words = VOCABULARY.get(name) or tuple(target.value for target in targets)
    word = data.draw(st.sampled_from(words))
    misspelled = data.draw(edited(word).filter(lambda written: written not in words))
    raw = edited_object(whole, path, lambda found: found | {name: misspelled})
    rule = faults_of(raw)[place((*path, name))]
    if all(len(other) != len(word) or other == word for other in words):
        assert rule.endswith(f"; got {json.dumps(misspelled)}; did you mean {word}?")
    else:
        assert re.search(rf"; did you mean ({'|'.join(words)})\?$", rule)
