"""Makes the code of a function."""

from aws_cdk import aws_lambda as lambda_


def bundled_code(name: str) -> lambda_.Code:
    return lambda_.Code.from_inline("def handle(): pass")
