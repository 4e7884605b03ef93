"""Alembic migrations. Each is applied with a lock timeout; a removal takes two releases."""
