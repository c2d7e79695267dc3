"""What resolves the deferred jobs of each kind that has some.

Not in the registry of kinds, because it imports AWS clients that only ResolveJobs needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from lambdas.campaigns import resolve as of_campaigns
from lambdas.exports import resolve as of_exports
from lambdas.jobs.resolution import Context, Resolved
from lambdas.snapshots import resolve as of_snapshots

RESOLVERS: Final[Mapping[str, Callable[[Any, str, Context], Resolved]]] = MappingProxyType(
    {
        "campaigns": of_campaigns.resolve,
        "export": of_exports.resolve,
        "snapshot": of_snapshots.resolve,
    }
)
"""By kind: a function of the job, its place in the request, and what is known."""
