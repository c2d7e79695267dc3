"""Identifiers of export tasks: the same work always has the same identifier."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Final

MAX_LENGTH: Final = 60
"""The longest identifier known to work: AWS's sample pipeline makes one of 60 characters."""

LEGAL: Final = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9])*")
"""Source: the error message of RDS."""

_DIGEST_LENGTH: Final = 12
_GENERATION_LENGTH: Final = 4
_NAME_LENGTH: Final = MAX_LENGTH - _DIGEST_LENGTH - _GENERATION_LENGTH - 1


def identifier(
    source_arn: str,
    export_only: Iterable[str],
    s3_prefix: str,
    generation: int,
    export_id: str | None = None,
) -> str:
    """Return the identifier of the task that exports these tables of this source to this prefix.

    Args:
        source_arn: a snapshot, cluster-snapshot or cluster.
        export_only: the tables, in any order; none means all.
        s3_prefix: where in the bucket.
        generation: 1, and one more for each earlier task that cannot be adopted.
        export_id: the caller's, which distinguishes exports that are otherwise the same.
    """
    named = () if export_id is None else (f"export_id={export_id}",)
    identity = "\n".join((source_arn, s3_prefix, *sorted(set(export_only)), *named))
    digest = hashlib.sha256(identity.encode()).hexdigest()[:_DIGEST_LENGTH]
    words = re.findall(r"[A-Za-z0-9]+", source_arn.rpartition(":")[2])
    name = "-".join(words)[:_NAME_LENGTH].strip("-")
    if not name[:1].isalpha():
        name = f"export-{name}"[:_NAME_LENGTH].strip("-")
    suffix = f"-{generation}" if generation > 1 else ""
    return f"{name}-{digest}{suffix}"
