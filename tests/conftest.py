"""What tests of several directories share."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.added_kind.product import with_timers
from tests.stacks import sharing


def pytest_collection() -> None:
    """Collect no garbage while tests are collected, which would take half of that time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Collect garbage from now on, but only of what the tests themselves make."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _a_stack_is_shared() -> Iterator[None]:
    with sharing():
        yield


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A copy of the product with a kind of its own, the same one for all processes of a run."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    product = shared / "product"
    if not product.exists():
        unfinished = shared / f"product-{uuid4()}"
        unfinished.mkdir()
        with_timers(unfinished)
        try:
            unfinished.rename(product)
        except OSError:
            assert product.exists(), "another process was first"
    return product
