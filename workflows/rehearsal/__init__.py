"""Rehearsing a rulebook: a school year with simulated people on the real workflows, the real ledger, skipped time."""
