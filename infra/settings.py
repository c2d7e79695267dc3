"""The stack's settings: read from the CDK context, checked before anything is synthesised."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, Self

from pydantic import (
    AfterValidator,
    Field,
    StrictBool,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from infra.project import CDK_JSON, CONTEXT_KEY
from lambdas.rate_limit.quota import CampaignRates
from lambdas.requests.events import SNAPSHOT_EXPORTS_JSON, SnapshotExport
from lambdas.shared.faults import broken_rule, echo, nearest, one_of, place
from lambdas.shared.model import Frozen

MAX_SNAPSHOT_EXPORTS: Final = 10
"""With the longest prefixes, as many as fit into the 2,048 characters of an event pattern.
Source: EventBridge user guide, quotas."""

MAX_SNAPSHOT_EXPORTS_BYTES: Final = 3_000
"""Of JSON: the environment variables of a function hold 4 KB together. Source: Lambda developer
guide, quotas."""

MAX_NOTICE_EMAILS: Final = 20
"""More belong to a mailing list: each address has to confirm, and is a resource of the stack."""

LOG_RETENTIONS: Final = (
    "ONE_DAY",
    "THREE_DAYS",
    "FIVE_DAYS",
    "ONE_WEEK",
    "TWO_WEEKS",
    "ONE_MONTH",
    "TWO_MONTHS",
    "THREE_MONTHS",
    "FOUR_MONTHS",
    "FIVE_MONTHS",
    "SIX_MONTHS",
    "ONE_YEAR",
    "THIRTEEN_MONTHS",
    "EIGHTEEN_MONTHS",
    "TWO_YEARS",
    "THREE_YEARS",
    "FIVE_YEARS",
    "SIX_YEARS",
    "SEVEN_YEARS",
    "EIGHT_YEARS",
    "NINE_YEARS",
    "TEN_YEARS",
    "INFINITE",
)
"""The names of CDK's RetentionDays, written out because importing it starts Node."""


class SettingsError(Exception):
    """Settings are invalid; the message names each one as in cdk.json."""


def _matching(pattern: str, rule: str) -> AfterValidator:
    """Reject a text that does not match a pattern, with a rule in plain words."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise broken_rule(f"{rule}; got {echo(text)}")
        return text

    return AfterValidator(check)


def _retention(name: str) -> str:
    if name not in LOG_RETENTIONS:
        raise broken_rule(one_of(name, LOG_RETENTIONS))
    return name


def _fit_a_variable(exports: tuple[SnapshotExport, ...]) -> tuple[SnapshotExport, ...]:
    size = len(SNAPSHOT_EXPORTS_JSON.dump_json(exports))
    if size > MAX_SNAPSHOT_EXPORTS_BYTES:
        raise broken_rule(f"is {size} bytes of JSON; at most {MAX_SNAPSHOT_EXPORTS_BYTES}")
    return exports


def _rates_or_false(given: object, validate: ValidatorFunctionWrapHandler) -> object:
    """Validate anything but false as rates only, so that each of their faults is reported once."""
    if given is False or isinstance(given, CampaignRates):
        return validate(given)
    if not isinstance(given, dict):
        raise broken_rule(f"must be an object of mutations and reads, or false; got {echo(given)}")
    return CampaignRates.model_validate(given)


class ExistingStore(NamedTuple):
    """An existing destination of exports, which the stack does not manage."""

    bucket_name: str
    role_arn: str
    key_arn: str


EMAIL: Final = _matching(r"[^@\s]+@[^@\s]+", "must be an email address")


class Notices(Frozen):
    """Which outcomes people get as text, and how.

    Attributes:
        of: failed, or all.
        emails: addresses that are subscribed to the stack's own topic.
        topic_arn: an existing topic instead of the stack's own.
    """

    of: Literal["failed", "all"] = "failed"
    emails: Annotated[tuple[Annotated[str, EMAIL], ...], Field(max_length=MAX_NOTICE_EMAILS)] = ()
    topic_arn: (
        Annotated[
            str,
            _matching(
                r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}",
                "must be the ARN of a standard topic, such as arn:aws:sns:REGION:ACCOUNT:NAME",
            ),
        ]
        | None
    ) = None

    @model_validator(mode="after")
    def _subscribes_to_its_own_topic(self) -> Self:
        if self.emails and self.topic_arn is not None:
            raise broken_rule("has emails and topic_arn: subscribe the addresses to that topic")
        return self


class Settings(Frozen):
    """The settings of a deployment.

    Attributes:
        stack_name: name of the CloudFormation stack, the dashboard and the alarms.
        export_prefix: prefix of all exports in the bucket; without ':', which RDS refuses.
        snapshot_exports: which new snapshots are exported; at most 10 entries.
        campaign_rates: rate limits of all campaign calls together; false leaves it to Retry.
        campaign_events: whether changes by other callers are noticed through CloudTrail; the
            account needs a trail that records management events.
        log_retention: retention of every log group, as a name of CDK's RetentionDays.
        export_bucket_name: an existing bucket for exports; set together with the two below.
        export_role_arn: the role with which RDS writes to that bucket.
        export_key_arn: the KMS key of the exports in it; no alias, which no policy can name.
        export_pointers: whether each COMPLETE export replaces the pointer to the latest export of
            its database, `latest/KIND/NAME.json` below the prefix of exports.
        noncurrent_version_days: days after which an overwritten or deleted object of the
            stack's own bucket is removed.
        campaign_instance_ids: Amazon Connect instances whose campaigns may be changed, by the
            campaign's tag `owner`; none means all.
        alarm_email: email address subscribed to the alarm topic.
        notices: which outcomes people get as text, `failed` or `all`, and the addresses that are
            subscribed; null for none.
    """

    stack_name: Annotated[
        str,
        _matching(
            r"[A-Za-z][A-Za-z0-9-]{0,40}",
            "must be 1 to 41 letters, digits or '-', the first a letter",
        ),
    ] = "Orchestrator"
    export_prefix: Annotated[
        str,
        _matching(
            r"([^:\s/]([^:\s]*[^:\s/])?)?",
            "must have no ':', no white space and no slash at either end",
        ),
    ] = "exports"
    snapshot_exports: Annotated[
        tuple[SnapshotExport, ...],
        Field(max_length=MAX_SNAPSHOT_EXPORTS),
        AfterValidator(_fit_a_variable),
    ] = ()
    campaign_rates: Annotated[CampaignRates | Literal[False], WrapValidator(_rates_or_false)] = (
        CampaignRates()
    )
    campaign_events: StrictBool = False
    log_retention: Annotated[str, AfterValidator(_retention)] = "ONE_MONTH"
    export_bucket_name: (
        Annotated[
            str,
            _matching(
                r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
                "must be a bucket's name: 3 to 63 of a-z 0-9 . -, the ends a letter or digit",
            ),
        ]
        | None
    ) = None
    export_role_arn: (
        Annotated[
            str,
            _matching(
                r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+",
                "must be the ARN of a role, such as arn:aws:iam::ACCOUNT:role/NAME",
            ),
        ]
        | None
    ) = None
    export_key_arn: (
        Annotated[
            str,
            _matching(
                r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+",
                "must be the ARN of a KMS key, such as arn:aws:kms:REGION:ACCOUNT:key/ID",
            ),
        ]
        | None
    ) = None
    export_pointers: StrictBool = False
    noncurrent_version_days: Annotated[int, Field(ge=1, le=3650)] = 30
    campaign_instance_ids: tuple[
        Annotated[
            str,
            _matching(
                r"[A-Za-z0-9-]{1,100}", "must be an instance's id: 1 to 100 of A-Z a-z 0-9 -"
            ),
        ],
        ...,
    ] = ()
    alarm_email: Annotated[str, EMAIL] | None = None
    notices: Notices | None = None

    @property
    def existing_store(self) -> ExistingStore | None:
        """The destination of exports that the stack does not make, if there is one."""
        if self.export_bucket_name and self.export_role_arn and self.export_key_arn:
            return ExistingStore(self.export_bucket_name, self.export_role_arn, self.export_key_arn)
        return None

    @model_validator(mode="after")
    def _store_is_whole(self) -> Self:
        store = ("export_bucket_name", "export_role_arn", "export_key_arn")
        missing = [name for name in store if getattr(self, name) is None]
        if missing and len(missing) < len(store):
            raise broken_rule(f"{', '.join(store)} go together; missing: {', '.join(missing)}")
        return self

    @classmethod
    def from_context(cls, block: Mapping[str, object] | str | None) -> Self:
        """Read the settings; those left out have their defaults.

        Args:
            block: the settings, or the JSON text that `cdk --context` passes.

        Raises:
            SettingsError: with every fault.
        """
        try:
            return cls.model_validate(_settings_in({CONTEXT_KEY: block}))
        except ValidationError as error:
            faults = (
                f"{place((CONTEXT_KEY, *fault['loc']))}: {fault['msg']}"
                for fault in error.errors(include_url=False, include_input=False)
            )
            raise SettingsError("; ".join(faults)) from None

    @classmethod
    def from_contexts(cls, *contexts: Mapping[str, object]) -> Self:
        """Read the settings of CDK contexts, of which the later ones win, setting by setting.

        Raises:
            SettingsError: with every fault.
        """
        merged: dict[str, object] = {}
        for context in contexts:
            merged |= _settings_in(context)
        return cls.from_context(merged)


def read_context(cdk_json: Path = CDK_JSON) -> dict[str, Any]:
    """Return the context of cdk.json.

    Raises:
        SettingsError: when the file is no JSON, or holds no context.
    """
    found = _parsed(cdk_json.read_text(encoding="utf-8"), cdk_json.name)
    context = found.get("context") if isinstance(found, dict) else None
    if not isinstance(context, dict):
        raise SettingsError(f"{cdk_json.name}: context must be a JSON object; got {echo(context)}")
    return context


def _settings_in(context: Mapping[str, object]) -> Mapping[str, object]:
    """Return the settings of a context, none where it holds none."""
    for name in context:
        if name != CONTEXT_KEY and nearest(name, (CONTEXT_KEY,)) is not None:
            raise SettingsError(
                f"{place((name,))}: is an unknown block of context; did you mean {CONTEXT_KEY}?"
            )
    block = context.get(CONTEXT_KEY)
    if block is None:
        return {}
    if isinstance(block, str):
        block = _parsed(block, CONTEXT_KEY)
    if not isinstance(block, Mapping):
        raise SettingsError(f"{CONTEXT_KEY}: must be a JSON object; got {echo(block)}")
    return block


def _parsed(text: str, name: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise SettingsError(f"{name}: {_not_json(text, error)}") from None


def _not_json(text: str, error: ValueError) -> str:
    """Say where a text is no JSON; Python words a comma too many differently in each version."""
    if not isinstance(error, json.JSONDecodeError):
        return f"is not JSON: {error}"
    comma = text.rfind(",", 0, error.pos + 1)
    extra = re.compile(r",\s*([}\]])").match(text, comma) if comma >= 0 else None
    if extra is None:
        return f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
    line = text.count("\n", 0, comma) + 1
    return f"is not JSON: line {line}: there is a comma before the closing {extra[1]}"
