"""The dashboard: files in a bucket that only CloudFront reads, and the API behind the same name."""

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from infra.constructs.api import OPEN_PATHS, Api
from infra.constructs.identity import Identity
from infra.constructs.python_function import log_group, removal_policy
from infra.settings import StageSettings

BUILT = Path(__file__).parents[2] / "build" / "web"
SIGNED_IN_PATH = "/signed-in"
_API_PATHS = ("/v1/*", *OPEN_PATHS)
# Whatever place of the dashboard is asked for, the one page is the answer; files have a dot.
_ONE_PAGE = """\
function handler(event) {
  if (!event.request.uri.includes('.')) event.request.uri = '/index.html';
  return event.request;
}
"""


class Site(Construct):
    """The dashboard's distribution.

    Attributes:
        url: Where people open it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        api: Api,
        identity: Identity,
    ) -> None:
        super().__init__(scope, construct_id)
        if not (BUILT / "index.html").exists():
            raise FileNotFoundError("The dashboard has not been built. Run make setup.")
        logs = self._bucket("Logs", settings, days=settings.log_retention_days)
        files = self._bucket("Files", settings)
        self.distribution = self._distribution(files, logs, api, identity, settings)
        name = settings.dashboard_domain or self.distribution.distribution_domain_name
        self.url = f"https://{name}"
        identity.sign_in_at(f"{self.url}{SIGNED_IN_PATH}")
        self._deploy(files, identity, log_group(self, "CopyLog", settings))

    def _bucket(self, name: str, settings: StageSettings, days: int | None = None) -> s3.Bucket:
        return s3.Bucket(
            self,
            name,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            # CloudFront's log delivery still writes with an access list of its own.
            object_ownership=(
                s3.ObjectOwnership.OBJECT_WRITER
                if days
                else s3.ObjectOwnership.BUCKET_OWNER_ENFORCED
            ),
            lifecycle_rules=(
                [s3.LifecycleRule(expiration=cdk.Duration.days(days))] if days else None
            ),
            # A bucket that holds something cannot go with its stack.
            auto_delete_objects=not settings.retain_data,
            removal_policy=removal_policy(settings),
        )

    def _distribution(
        self,
        files: s3.Bucket,
        logs: s3.Bucket,
        api: Api,
        identity: Identity,
        settings: StageSettings,
    ) -> cloudfront.Distribution:
        one_page = cloudfront.Function(
            self,
            "OnePage",
            code=cloudfront.FunctionCode.from_inline(_ONE_PAGE),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )
        return cloudfront.Distribution(
            self,
            "Distribution",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(files),
                cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
                function_associations=[
                    cloudfront.FunctionAssociation(
                        event_type=cloudfront.FunctionEventType.VIEWER_REQUEST, function=one_page
                    )
                ],
                response_headers_policy=self._headers(identity),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            ),
            additional_behaviors=dict.fromkeys(_API_PATHS, self._to_api(api)),
            default_root_object="index.html",
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            log_bucket=logs,
            domain_names=[settings.dashboard_domain] if settings.dashboard_domain else None,
            certificate=self._certificate(settings),
            # Only under a name of one's own: under the one CloudFront gives, CloudFront chooses.
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
        )

    def _to_api(self, api: Api) -> cloudfront.BehaviorOptions:
        stack = cdk.Stack.of(self)
        gateway = origins.HttpOrigin(
            f"{api.http_api.api_id}.execute-api.{stack.region}.{stack.url_suffix}",
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
        )
        return cloudfront.BehaviorOptions(
            origin=gateway,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            response_headers_policy=cloudfront.ResponseHeadersPolicy.SECURITY_HEADERS,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        )

    def _certificate(self, settings: StageSettings) -> acm.ICertificate | None:
        arn = settings.dashboard_certificate
        return acm.Certificate.from_certificate_arn(self, "Certificate", arn) if arn else None

    def _headers(self, identity: Identity) -> cloudfront.ResponseHeadersPolicy:
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; "
            f"connect-src 'self' {identity.sign_in_origin}; img-src 'self' data:; "
            "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        )
        return cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=policy, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=cdk.Duration.days(365),
                    include_subdomains=True,
                    override=True,
                ),
            ),
        )

    def _deploy(self, files: s3.Bucket, identity: Identity, log: aws_logs.LogGroup) -> None:
        # Files of before stay, for pages that are open; their names tell what is in them.
        lasting = deployment.BucketDeployment(
            self,
            "Lasting",
            destination_bucket=files,
            destination_key_prefix="assets",
            sources=[deployment.Source.asset(str(BUILT / "assets"))],
            cache_control=[
                deployment.CacheControl.from_string("public, max-age=31536000, immutable")
            ],
            prune=False,
            log_group=log,
        )
        changing = deployment.BucketDeployment(
            self,
            "Changing",
            destination_bucket=files,
            sources=[
                deployment.Source.asset(str(BUILT), exclude=["assets/**"]),
                deployment.Source.json_data("config.json", {"sign_in": identity.sign_in}),
            ],
            cache_control=[deployment.CacheControl.no_cache()],
            prune=False,
            log_group=log,
            distribution=self.distribution,
            distribution_paths=["/index.html", "/config.json", "/icon.svg"],
        )
        # No page may name files that are not there yet.
        changing.node.add_dependency(lasting)
