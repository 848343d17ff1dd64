"""Brings integrations up to date: schedule ticks in, metric values out."""
