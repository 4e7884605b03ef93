"""The JSON API under /api/v1. Parse, authenticate, call the ledger, answer; no business rule lives here."""
