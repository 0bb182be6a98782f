"""Regenerated data sets, for tasks whose original tables cannot be had."""
