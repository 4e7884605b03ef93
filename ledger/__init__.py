"""The truth, in PostgreSQL: execute, append, read, replay, verify, read models and the outbox."""
