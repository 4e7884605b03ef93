"""Tests of the process managers, on real Temporal servers and a real PostgreSQL."""
