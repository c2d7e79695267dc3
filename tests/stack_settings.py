"""Settings of the stacks that tests synthesise: few, for each takes seconds."""

from __future__ import annotations

from typing import Any, Final

FULL: Final[dict[str, Any]] = {
    "snapshot_exports": [
        {"source_prefix": "shop-", "export_only": ["shop.orders"]},
        {"source_prefix": "bookings"},
    ],
    "campaign_events": True,
    "export_pointers": True,
    "campaign_instance_ids": ["instance-1", "instance-2"],
    "alarm_email": "operators@example.com",
    "notices": {"of": "all", "emails": ["operators@example.com"]},
}
"""Every setting that adds something to the stack."""

EXISTING_STORE: Final = {
    "export_bucket_name": "company-exports",
    "export_role_arn": "arn:aws:iam::123456789012:role/teams/data/rds-export",
    "export_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
}
"""A bucket, role and key that are not the stack's."""

TOPIC: Final = "arn:aws:sns:us-east-1:123456789012:operations"

OTHER: Final[dict[str, Any]] = {
    **EXISTING_STORE,
    "notices": {"topic_arn": TOPIC},
    "snapshot_exports": [{"db_instance": "shop"}],
}
"""What is given where FULL has the stack's own, and a database where FULL has prefixes."""
