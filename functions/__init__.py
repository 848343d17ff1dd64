"""The Lambda functions. They meet only in the tables and never import one another."""
