"""The unit of work that one child execution is given, of any kind."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lambdas.campaigns.work import CampaignWork
from lambdas.exports.work import ExportWork

Work = Annotated[CampaignWork | ExportWork, Field(discriminator="kind")]
