"""A common cause comes with advice, an uncommon one without; the words themselves stay."""

from __future__ import annotations

import pytest

from lambdas.exports.hints import hint_for, hint_for_error
from lambdas.shared import errors
from lambdas.shared.limits import MAX_TEXT_BYTES
from lambdas.shared.texts import json_bytes, with_hint


@pytest.mark.parametrize(
    ("cause", "word"),
    [
        ("The KMS key is disabled", "key"),
        ("An error occurred (KMSInvalidStateException)", "key"),
        ("The snapshot is encrypted with a key that cannot be used", "key"),
        ("The IAM role cannot be assumed", "trust"),
        ("iam: the role export does not exist", "trust"),
        ("Access Denied", "trust"),
        ("User is not authorized to perform this", "trust"),
        ("User is not authorised to perform this", "trust"),
        ("The S3 bucket does not exist", "bucket"),
        ("Magnetic storage cannot be exported", "source"),
        ("This engine version is not supported", "source"),
    ],
)
def test_a_common_cause_says_what_to_check(cause, word):
    assert word in (hint_for(cause) or "")


@pytest.mark.parametrize(
    "cause",
    [
        "",
        "no space",
        "An internal error has occurred.",
        "The connection was lost",
        "monkeys",
        "S3 is unreachable",
        "An unknown internal error occurred writing the task's metadata to the S3 bucket shop.",
        "The KMS service timed out, try again",
    ],
)
def test_any_other_cause_has_no_advice(cause):
    assert hint_for(cause) is None


@pytest.mark.parametrize(
    "name",
    [
        "IamRoleMissingPermissionsException",
        "IamRoleNotFoundException",
        "InvalidS3BucketException",
        "KmsKeyNotAccessibleException",
    ],
)
def test_an_error_of_the_stacks_own_settings_says_what_to_check(name):
    assert issubclass(getattr(errors, name), errors.PermanentError)
    assert (hint_for_error(name) or "").startswith("check")


@pytest.mark.parametrize("name", ["", "AccessDeniedException", "UnclassifiedException"])
def test_any_other_error_has_no_advice(name):
    assert hint_for_error(name) is None


def test_advice_stands_behind_the_words_of_rds():
    assert with_hint("no key", "check the key") == "no key: check the key"
    assert with_hint("no space", None) == "no space"


def test_a_long_cause_is_cut_and_never_its_advice():
    text = with_hint("é" * 300, "check the key")
    assert text.endswith("…: check the key")
    assert json_bytes(text) <= MAX_TEXT_BYTES
