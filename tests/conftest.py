"""What all tests share: how many examples the property tests draw."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Slow machines and coverage runs make single examples slow; that is no fault of the code under test.
settings.register_profile("default", max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("nightly", settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Real servers that tests start: a fixture is one per run only when its module is loaded here. The last one says what
# stood in for sessions that are missing.
pytest_plugins = ["peers.postgres", "stores", "traces.summary"]
