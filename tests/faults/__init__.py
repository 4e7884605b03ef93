"""Faults: every part is killed on the real product, and nothing is lost."""
