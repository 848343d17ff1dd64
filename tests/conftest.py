"""What every test gets: no network but this machine, and profiles for the property tests."""

from hypothesis import HealthCheck, settings

# A timed property test would fail on a busy machine and prove nothing.
settings.register_profile("default", deadline=None, max_examples=60)
settings.register_profile(
    "fuzz", deadline=None, max_examples=5_000, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("default")
