"""One whole product for a module, on a folder of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.product import Product


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # Not pytest's own folder: that is private, and would be opened for PostgreSQL's account.
    with tempfile.TemporaryDirectory(prefix="termledger-faults-") as home:
        yield Path(home) / "data"


@pytest.fixture(scope="module")
def product(folder: Path) -> Iterator[Product]:
    with Product(folder) as running:
        yield running
