"""Decides alerts from new metric values and publishes them."""
