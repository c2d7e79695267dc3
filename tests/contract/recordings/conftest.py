"""The stack in which recorded executions run."""

from __future__ import annotations

import pytest

from tests.contract.patched_stack import deployed


@pytest.fixture(scope="module")
def stack():
    with deployed({}) as stack:
        yield stack
