"""Temporal process managers: they keep time for the ledger's streams and hold nothing else."""
