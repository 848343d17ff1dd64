"""Stripe's published OpenAPI schemas as validators, for whatever speaks or imitates its API.

The file lies beside the checkout and is of version 2026-08-26; `NEWER` names what later versions
add. Where the file is absent, the tests that need it are skipped.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

SPEC_PATH = Path(__file__).parents[2] / "shared" / "stripe_openapi" / "spec3.json"

NEWER = {
    "price": set[str](),
    "recurring": {"trial_period_days"},
    "product": {"type"},
    "subscription": {"status_details"},
    "subscription_item": {"plan", "current_trial"},
}
"""Fields by schema that the pinned version sends and the published file does not know."""

_ROOT = "urn:stripe"


@cache
def load_schemas() -> dict[str, Any]:
    """Return the schemas by name, with `nullable` put into JSON Schema's words."""
    if not SPEC_PATH.exists():
        pytest.skip(f"Stripe's published schemas are not there: {SPEC_PATH}")
    spec = json.loads(SPEC_PATH.read_text())
    schemas: dict[str, Any] = _converted(spec["components"]["schemas"])
    return schemas


def problems_of(name: str, body: Any) -> list[str]:
    """Return what is wrong with an object, in words; empty where it is as the schema says."""
    validator = _validator(name)
    problems = [
        f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(body)
    ]
    return problems + _unknown_fields(name, body)


def problems_of_list(name: str, body: Any) -> list[str]:
    """Return what is wrong with a list envelope and the objects within."""
    problems = [] if set(body) == {"object", "data", "has_more", "url"} else [str(set(body))]
    problems += [] if body["object"] == "list" else ["not a list"]
    for each in body["data"]:
        problems += problems_of(name, each)
    return problems


@cache
def _validator(name: str) -> Draft202012Validator:
    document = {"components": {"schemas": load_schemas()}}
    registry: Registry[Any] = Registry().with_resource(
        _ROOT, Resource.from_contents(document, default_specification=DRAFT202012)
    )
    return Draft202012Validator({"$ref": f"{_ROOT}#/components/schemas/{name}"}, registry=registry)


def _unknown_fields(name: str, body: Any) -> list[str]:
    """Return fields that the schema of an object, or of a part of it, does not name."""
    schema = load_schemas()[name]
    known = schema.get("properties", {})
    unknown = set(body) - set(known) - NEWER.get(name, set())
    problems = [f"{name} has no field {field}" for field in sorted(unknown)]
    for field, value in body.items():
        problems += _unknown_within(known.get(field, {}), value)
    return problems


def _unknown_within(schema: dict[str, Any], value: Any) -> list[str]:
    if isinstance(value, list):
        within = schema.get("items", {})
        return [problem for each in value for problem in _unknown_within(within, each)]
    if not isinstance(value, dict):
        return []
    name = _schema_name(schema, value)
    if name is not None:
        return _unknown_fields(name, value)
    parts = {field: schema.get("additionalProperties", {}) for field in value}
    parts.update(schema.get("properties", {}))
    return [
        problem
        for field, each in value.items()
        if isinstance(parts[field], dict)
        for problem in _unknown_within(parts[field], each)
    ]


def _schema_name(schema: dict[str, Any], value: dict[str, Any]) -> str | None:
    """Return the schema that a hash is of: the one that bears its object's name, or the first."""
    references = [schema, *schema.get("anyOf", [])]
    names = [str(each["$ref"]).rsplit("/", 1)[1] for each in references if "$ref" in each]
    if value.get("deleted"):
        names = [name for name in names if name.startswith("deleted_")] or names
    named = [name for name in names if name == value.get("object")]
    return next(iter(named or names), None)


def _converted(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_converted(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    result = {
        key: _converted(value)
        for key, value in schema.items()
        if key not in {"nullable", "description"} or isinstance(value, dict)
    }
    reference = result.get("$ref")
    if isinstance(reference, str):
        result["$ref"] = _ROOT + reference
    if schema.get("nullable") is True:
        return {"anyOf": [result, {"type": "null"}], **_kept(result)}
    return result


def _kept(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what finding the schema of a hash looks at, where `nullable` has wrapped it."""
    kept: dict[str, Any] = {}
    if "items" in schema:
        kept["items"] = schema["items"]
    if "anyOf" in schema:
        kept["anyOf"] = [*schema["anyOf"], {"type": "null"}]
    return kept
