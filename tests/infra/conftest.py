"""The templates of the stages, synthesized once for the session, with stand-ins for the code."""

import os
from collections.abc import Callable

import pytest

os.environ.setdefault("CDK_VALIDATION", "false")  # `make synth` validates; here it doubles the time

from tests.infra.reading import Template, synthesized

TemplateOf = Callable[..., Template]


@pytest.fixture(scope="session")
def template_of() -> TemplateOf:
    made: dict[tuple[object, ...], Template] = {}

    def template(stage: str = "prod", **overrides: object) -> Template:
        key = (stage, *sorted(overrides.items()))
        if key not in made:
            made[key] = synthesized(stage, overrides)
        return made[key]

    return template


@pytest.fixture(scope="session")
def template(template_of: TemplateOf) -> Template:
    return template_of("prod")
