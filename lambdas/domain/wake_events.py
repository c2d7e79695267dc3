"""The events that may end a wait early, as far as they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter

Name = Annotated[str, Field(min_length=1)]


class _Read(BaseModel):
    """A part of an event; AWS may say more than is read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _ExportDetail(_Read):
    source_arn: Annotated[Name, Field(validation_alias="SourceArn")]
    event_id: Annotated[Name, Field(validation_alias="EventID")]


class ExportEnded(_Read):
    """RDS tells that an export has ended, and of which source."""

    source: Literal["aws.rds"]
    detail: _ExportDetail


class _CallParameters(_Read):
    # The APIs call it id, their batches campaignId; what CloudTrail writes is documented nowhere.
    campaign_id: Annotated[Name, Field(validation_alias=AliasChoices("id", "campaignId"))]


class _CallDetail(_Read):
    operation: Annotated[Name, Field(validation_alias="eventName")]
    parameters: Annotated[_CallParameters, Field(validation_alias="requestParameters")]


class CampaignCalled(_Read):
    """CloudTrail tells that somebody has started, paused, resumed, stopped or deleted a campaign.

    Source: EventBridge reference, Amazon Connect outbound campaigns; CloudTrail user guide, record
    contents.
    """

    source: Literal["aws.connect-campaigns"]
    detail: _CallDetail


WakeEvent = ExportEnded | CampaignCalled

_WAKE_EVENT: Final[TypeAdapter[WakeEvent]] = TypeAdapter(
    Annotated[WakeEvent, Field(discriminator="source")]
)


def parse(event: Mapping[str, Any]) -> WakeEvent:
    """Read an event as EventBridge hands it to a function.

    Raises:
        ValidationError: when it is none of these, or does not say whom it is about.
    """
    return _WAKE_EVENT.validate_python(event)
