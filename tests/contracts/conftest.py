"""The world of the real gateway, for the suites that need no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contracts.gateway_worlds import RealWorld, a_real_world


@pytest.fixture
async def real(tmp_path: Path) -> AsyncIterator[RealWorld]:
    """Open the gateway of the service before the faithful fake."""
    async with a_real_world(tmp_path) as real:
        yield real
