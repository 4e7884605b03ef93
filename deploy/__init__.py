"""The embedded stack for one machine: PostgreSQL, Temporal, worker and API in one supervised group."""
