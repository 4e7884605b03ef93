"""The denial log: who was refused what for want of a right. Refusals leave no trace in a stream."""

from __future__ import annotations

from ledger.database import Connection


class Denials:
    """Writes the denial log."""

    async def add(
        self, connection: Connection, tenant: str, person: str, stream: str | None, action: str, code: str
    ) -> None:
        """Note a refusal."""
        await connection.execute(
            "INSERT INTO denial (tenant, person, stream, action, code) VALUES (%s, %s, %s, %s, %s)",
            (tenant, person, stream, action, code),
        )
