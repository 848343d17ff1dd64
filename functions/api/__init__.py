"""Serves the HTTP API: configuration, values and test queries."""
