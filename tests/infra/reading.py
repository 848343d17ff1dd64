"""Reads a synthesized template in the words of the stack."""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.app import build_app  # first of all: it says which node the CDK starts
from infra.settings import settings_for

import aws_cdk as cdk  # isort: skip
from aws_cdk import aws_lambda as lambda_  # isort: skip
from aws_cdk.assertions import Template as CdkTemplate  # isort: skip

Json = dict[str, Any]


def synthesized(stage: str, overrides: Mapping[str, object]) -> "Template":
    settings = settings_for(stage, overrides)
    app = cdk.App(outdir=tempfile.mkdtemp(prefix="cdk-"), analytics_reporting=False)
    _, stack = build_app(settings, lambda _: lambda_.Code.from_inline("pass"), app)
    return Template(dict(CdkTemplate.from_stack(stack).to_json()))


@dataclass(frozen=True)
class Template:
    """A template and the questions that the tests ask of it."""

    json: Json

    def of_type(self, kind: str) -> dict[str, Json]:
        """Properties of the resources of a type, by logical id without the CDK's digest.

        What the CDK adds by itself to copy files is not of the stack's own.
        """
        return {
            short(logical_id): resource["Properties"]
            for logical_id, resource in self.json["Resources"].items()
            if resource["Type"] == kind and not logical_id.startswith("CustomCDK")
        }

    def resource(self, name: str) -> Json:
        """The whole resource of a logical id without its digest."""
        return next(
            resource
            for logical_id, resource in self.json["Resources"].items()
            if short(logical_id) == name
        )

    def environment(self, function: str) -> dict[str, Any]:
        return dict(self.of_type("AWS::Lambda::Function")[function]["Environment"]["Variables"])

    def grants(self, function: str) -> set[tuple[str, str]]:
        """Every (action, resource) that the role of a function has."""
        role = self.of_type("AWS::Lambda::Function")[function]["Role"]["Fn::GetAtt"][0]
        assert set(self.json["Resources"][role]["Properties"]) == {"AssumeRolePolicyDocument"}
        return {
            grant
            for policy in self.of_type("AWS::IAM::Policy").values()
            if {"Ref": role} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
            for grant in _pairs(statement)
        }


def _pairs(statement: Json) -> set[tuple[str, str]]:
    assert statement["Effect"] == "Allow"
    return {
        (action, readable(resource))
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }


def readable(value: Any) -> str:
    """An ARN or name as text: `Thing.Arn` for a resource, the rest of it as it stands."""
    match value:
        case str():
            return value
        case {"Ref": name}:
            return f"<{short(name)}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"{short(name)}.{attribute}"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(readable(part) for part in parts)
        case _:
            raise AssertionError(f"unexpected {value}")


def short(logical_id: str) -> str:
    """A logical id without the eight digits that the CDK adds."""
    return re.sub(r"[0-9A-F]{8}$", "", logical_id)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
