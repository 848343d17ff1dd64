"""Implementations of the ports, one module for each technology and port."""
