"""The `termledger` command."""
