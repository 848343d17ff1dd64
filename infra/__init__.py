"""The CloudFormation stack, described with the AWS CDK."""
