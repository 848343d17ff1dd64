"""The examples in the docstrings of the domain are true."""

import doctest
import importlib
import pkgutil

import pytest

import shared.domain

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(shared.domain.__path__, "shared.domain.")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
