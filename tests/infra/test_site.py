"""The dashboard in the stack: who may read what, and how people sign in."""

import json
import re
import subprocess
from typing import Any

import pytest

from functions.api.handler import OPERATIONS
from infra.constructs import site
from infra.constructs.site import BUILT
from infra.node_runtime import NODE
from local.site import POLICY_HEADERS
from tests.infra.conftest import TemplateOf
from tests.infra.reading import Template, readable

UNCACHED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # CloudFront's own policies have fixed ids
ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/made-up"


@pytest.fixture(name="distribution")
def _distribution(template: Template) -> dict[str, Any]:
    (found,) = template.of_type("AWS::CloudFront::Distribution").values()
    return dict(found["DistributionConfig"])


def test_no_bucket_is_public_or_read_without_tls(template: Template) -> None:
    buckets = template.of_type("AWS::S3::Bucket")
    assert set(buckets) == {"SiteFiles", "SiteLogs"}
    for bucket in buckets.values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"]
    policies = template.of_type("AWS::S3::BucketPolicy").values()
    for policy in policies:
        statements = policy["PolicyDocument"]["Statement"]
        denied = [it for it in statements if it["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in [it["Condition"] for it in denied]
    assert len(policies) == len(buckets)


def test_the_files_are_read_by_this_distribution_alone(template: Template) -> None:
    policy = template.of_type("AWS::S3::BucketPolicy")["SiteFilesPolicy"]
    allowed = [it for it in policy["PolicyDocument"]["Statement"] if it["Effect"] == "Allow"]
    (statement,) = allowed
    assert statement["Action"] == "s3:GetObject"
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    source = statement["Condition"]["StringEquals"]["AWS:SourceArn"]
    assert readable(source).endswith("distribution/<SiteDistribution>")


def test_the_api_stands_behind_the_same_name_and_is_never_cached(
    distribution: dict[str, Any],
) -> None:
    behaviours = {it["PathPattern"]: it for it in distribution["CacheBehaviors"]}
    assert set(behaviours) == {"/v1/*", "/health", "/openapi.json", "/docs"}
    assert all(it.path.startswith("/v1/") for it in OPERATIONS)
    for behaviour in behaviours.values():
        assert behaviour["CachePolicyId"] == UNCACHED
        assert behaviour["OriginRequestPolicyId"] == ALL_BUT_HOST
        assert behaviour["ViewerProtocolPolicy"] == "https-only"
        assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= set(behaviour["AllowedMethods"])
    origins = {it["Id"]: it for it in distribution["Origins"]}
    gateway = origins[behaviours["/v1/*"]["TargetOriginId"]]["CustomOriginConfig"]
    assert (gateway["OriginProtocolPolicy"], gateway["OriginSSLProtocols"]) == (
        "https-only",
        ["TLSv1.2"],
    )


def test_what_is_asked_for_is_logged(distribution: dict[str, Any]) -> None:
    assert "SiteLogs" in readable(distribution["Logging"]["Bucket"])
    assert distribution["Logging"].get("IncludeCookies") is not True


def test_pages_are_served_with_a_strict_policy(
    template: Template, distribution: dict[str, Any]
) -> None:
    (policy,) = template.of_type("AWS::CloudFront::ResponseHeadersPolicy").values()
    headers = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    said = readable(headers["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    assert "script-src 'self';" in said
    assert "unsafe" not in said
    assert "connect-src 'self' https://<IdentityUsersDomain>.auth.<AWS::Region>." in said
    assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 365 * 86_400
    assert headers["ReferrerPolicy"]["ReferrerPolicy"] == "no-referrer"
    default = distribution["DefaultCacheBehavior"]
    assert readable(default["ResponseHeadersPolicyId"]) == "<SiteHeaders>"
    assert default["ViewerProtocolPolicy"] == "redirect-to-https"


def test_the_local_run_serves_it_under_the_same_policy(template: Template) -> None:
    (policy,) = template.of_type("AWS::CloudFront::ResponseHeadersPolicy").values()
    headers = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    said = readable(headers["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    here = re.sub(r"(connect-src 'self')[^;]*", r"\1", said)
    assert POLICY_HEADERS["Content-Security-Policy"] == here


def test_every_place_of_the_dashboard_is_its_one_page(template: Template) -> None:
    (function,) = template.of_type("AWS::CloudFront::Function").values()
    page = "/index.html"
    places = {
        "/": page,
        "/metrics/met_1": page,
        "/goals": page,
        "/alerts/alr_1": page,
        "/settings/integrations": page,
        "/signed-in": page,
        "/config.json": "/config.json",
        "/assets/index-abc.js": "/assets/index-abc.js",
    }
    # Each is asked of the function as CloudFront would.
    asking = f"""{function["FunctionCode"]}
    const given = {json.dumps(list(places))}.map((uri) => handler({{ request: {{ uri }} }}).uri);
    console.log(JSON.stringify(given));"""
    answer = subprocess.run([NODE, "-e", asking], capture_output=True, text=True, check=True)
    assert dict(zip(places, json.loads(answer.stdout), strict=True)) == places


def test_a_name_of_ones_own_takes_no_tls_before_1_2(template_of: TemplateOf) -> None:
    template = template_of(
        "prod", dashboard_domain="metrics.example.com", dashboard_certificate=CERTIFICATE
    )
    (found,) = template.of_type("AWS::CloudFront::Distribution").values()
    assert found["DistributionConfig"]["Aliases"] == ["metrics.example.com"]
    assert found["DistributionConfig"]["ViewerCertificate"] == {
        "AcmCertificateArn": CERTIFICATE,
        "MinimumProtocolVersion": "TLSv1.2_2021",
        "SslSupportMethod": "sni-only",
    }
    client = template.of_type("AWS::Cognito::UserPoolClient")["IdentityUsersWeb"]
    assert client["CallbackURLs"] == ["https://metrics.example.com/signed-in"]
    assert template.json["Outputs"]["DashboardUrl"]["Value"] == "https://metrics.example.com"


@pytest.mark.parametrize(("stage", "emptied"), [("prod", 0), ("test", 2)])
def test_only_buckets_that_go_with_their_stack_are_emptied(
    template_of: TemplateOf, stage: str, emptied: int
) -> None:
    template = template_of(stage)
    assert len(template.of_type("Custom::S3AutoDeleteObjects")) == emptied
    policy = "Delete" if emptied else "Retain"
    for name in ("SiteFiles", "SiteLogs"):
        assert template.resource(name)["DeletionPolicy"] == policy


def test_what_copies_the_files_has_a_log_that_forgets(template: Template) -> None:
    (function,) = (
        it["Properties"]
        for name, it in template.json["Resources"].items()
        if name.startswith("CustomCDK") and it["Type"] == "AWS::Lambda::Function"
    )
    assert readable(function["LoggingConfig"]["LogGroup"]) == "<SiteCopyLog>"


def test_people_sign_in_by_a_code_that_is_of_use_to_no_other_page(template: Template) -> None:
    client = template.of_type("AWS::Cognito::UserPoolClient")["IdentityUsersWeb"]
    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert [readable(it) for it in client["CallbackURLs"]] == [
        "https://SiteDistribution.DomainName/signed-in"
    ]
    assert "aws.cognito.signin.user.admin" in client["AllowedOAuthScopes"]


def test_the_address_is_told(template: Template) -> None:
    assert readable(template.json["Outputs"]["DashboardUrl"]["Value"]) == (
        "https://SiteDistribution.DomainName"
    )


def test_files_that_change_are_asked_for_each_time(template: Template) -> None:
    copies = template.of_type("Custom::CDKBucketDeployment")
    caching = {name: it["SystemMetadata"]["cache-control"] for name, it in copies.items()}
    assert caching == {
        "SiteLastingCustomResource": "public, max-age=31536000, immutable",
        "SiteChangingCustomResource": "no-cache",
    }
    assert copies["SiteLastingCustomResource"]["DestinationBucketKeyPrefix"] == "assets"
    assert copies["SiteChangingCustomResource"]["DistributionPaths"] == [
        "/index.html",
        "/config.json",
        "/icon.svg",
    ]


@pytest.mark.parametrize(
    "overrides",
    [
        {"dashboard": False},
        {"jwt_issuer": "https://login.example.com/", "jwt_audience": "metrics"},
    ],
    ids=["not wanted", "another issuer"],
)
def test_a_stack_may_do_without(template_of: TemplateOf, overrides: dict[str, Any]) -> None:
    template = template_of("prod", **overrides)
    assert not [it for it in template.json["Resources"] if it.startswith("Site")]
    assert "DashboardUrl" not in template.json["Outputs"]


def test_a_dashboard_that_is_not_built_says_what_to_do(monkeypatch, tmp_path, template_of) -> None:
    monkeypatch.setattr(site, "BUILT", tmp_path)
    with pytest.raises(FileNotFoundError, match="make setup"):
        template_of("test", dashboard=True)


def test_the_page_has_no_script_or_style_of_its_own() -> None:
    page = (BUILT / "index.html").read_text()
    assert re.findall(r"<style|style=|<script(?![^>]*\bsrc=)", page) == []
