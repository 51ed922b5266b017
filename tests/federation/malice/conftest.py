"""Two honest providers who share waves, and one who lies: see s2s.malice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from s2s.malice import Scene, scene_of_malice


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene_of_malice(tmp_path) as found:
        yield found
