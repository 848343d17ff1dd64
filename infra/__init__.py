"""The CloudFormation stack, described with the AWS CDK."""

# Before anything here imports the CDK, which starts a node process when it is imported.
from infra import node_runtime as node_runtime
