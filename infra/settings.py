"""The stack's settings: read from the CDK context, checked before anything is synthesised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, NamedTuple, Self

from aws_cdk.aws_logs import RetentionDays
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    model_validator,
)

from infra.names import CONTEXT_KEY
from lambdas.rate_limit.quota import CampaignRates
from lambdas.requests.events import SNAPSHOT_EXPORTS_JSON, SnapshotExport

_ROLE_ARN: Final = r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$"
_KEY_ARN: Final = r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+$"


MAX_SNAPSHOT_EXPORTS: Final = 10
"""As many as the longest prefixes leave room for in the 2,048 characters of an event pattern.
Source: EventBridge user guide, quotas."""

MAX_SNAPSHOT_EXPORTS_BYTES: Final = 3_000
"""Of JSON: the environment variables of a function hold 4 KB together. Source: Lambda developer
guide, quotas."""


class SettingsError(Exception):
    """A setting breaks its rule; the text names each one as cdk.json spells it."""


def _retention(name: str) -> str:
    if name not in RetentionDays.__members__:
        raise ValueError(f"must be one of {', '.join(RetentionDays.__members__)}")
    return name


def _fit_a_variable(exports: tuple[SnapshotExport, ...]) -> tuple[SnapshotExport, ...]:
    size = len(SNAPSHOT_EXPORTS_JSON.dump_json(exports))
    if size > MAX_SNAPSHOT_EXPORTS_BYTES:
        raise ValueError(f"is {size} bytes of JSON; at most {MAX_SNAPSHOT_EXPORTS_BYTES}")
    return exports


class ExistingStore(NamedTuple):
    """A destination of exports that somebody else has made, and takes care of."""

    bucket_name: str
    role_arn: str
    key_arn: str


class Settings(BaseModel):
    """What a deployment may choose.

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
        noncurrent_version_days: days after which an overwritten or deleted object of the
            stack's own bucket is removed.
        campaign_instance_ids: Amazon Connect instances whose campaigns may be changed, by the
            campaign's tag `owner`; none means all.
        alarm_email: email address subscribed to the alarm topic.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stack_name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,40}$")] = "Orchestrator"
    export_prefix: Annotated[str, Field(pattern=r"^([^:\s/]([^:\s]*[^:\s/])?)?$")] = "exports"
    snapshot_exports: Annotated[
        tuple[SnapshotExport, ...],
        Field(max_length=MAX_SNAPSHOT_EXPORTS),
        AfterValidator(_fit_a_variable),
    ] = ()
    campaign_rates: CampaignRates | Literal[False] = CampaignRates()
    campaign_events: StrictBool = False
    log_retention: Annotated[str, AfterValidator(_retention)] = RetentionDays.ONE_MONTH.name
    export_bucket_name: (
        Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] | None
    ) = None
    export_role_arn: Annotated[str, Field(pattern=_ROLE_ARN)] | None = None
    export_key_arn: Annotated[str, Field(pattern=_KEY_ARN)] | None = None
    noncurrent_version_days: Annotated[int, Field(ge=1, le=3650)] = 30
    campaign_instance_ids: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")], ...] = ()
    alarm_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None

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
            raise ValueError(f"{', '.join(store)} go together; missing: {', '.join(missing)}")
        return self

    @classmethod
    def from_context(cls, context: Mapping[str, object] | str | None) -> Self:
        """Read the settings; what is left out has its default.

        Args:
            context: of cdk.json, or the JSON text that `cdk --context` passes.

        Raises:
            SettingsError: with every fault.
        """
        try:
            if isinstance(context, str):
                return cls.model_validate_json(context)
            return cls.model_validate(context or {})
        except ValidationError as error:
            told = {".".join((CONTEXT_KEY, *map(str, f["loc"]))): f["msg"] for f in error.errors()}
            faults = [
                f"{place}: {msg.removeprefix('Value error, ')}" for place, msg in told.items()
            ]
            raise SettingsError("; ".join(faults)) from None
