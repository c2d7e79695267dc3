"""What resolves the deferred jobs of each kind that has some.

Not in the registry of kinds, because it imports AWS clients that only ResolveJobs needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from lambdas.exports import resolve as of_exports
from lambdas.jobs.resolution import Context, Resolved

RESOLVERS: Final[Mapping[str, Callable[[Any, str, Context], Resolved]]] = MappingProxyType(
    {"export": of_exports.resolve}
)
"""By kind: a function of the job, its place in the request, and what is known."""
