"""What is measured, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

COMMANDS = Counter("termledger_commands", "Commands by machine, name and outcome", ("machine", "command", "outcome"))
OUTBOX = Gauge("termledger_outbox_waiting", "Wake-ups that Temporal has not taken yet")
REACTIONS = Gauge("termledger_reactions_waiting", "Reactions that are not carried out yet")
EVENTS = Gauge("termledger_events", "Events in the ledger", ("tenant",))
STATEMENTS = Gauge("termledger_statements", "Statements the API has sent to PostgreSQL since it started")
