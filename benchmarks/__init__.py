"""Measurements, each a ratio against a baseline of the same run or a count; never a timed test."""
