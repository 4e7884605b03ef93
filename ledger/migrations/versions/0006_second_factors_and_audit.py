"""Second factors stand sealed; audits find events by who acted, by type and by day without reading the whole ledger."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for statement in (*_SECOND_FACTORS, *_AUDIT):
        op.execute(statement)


_SECOND_FACTORS = (
    # No key is known here, so what stood in the clear cannot be sealed: it goes, and people enrol anew.
    "UPDATE account SET totp_secret = NULL, totp_step = NULL, recovery_codes = '[]' WHERE totp_secret IS NOT NULL",
    "DELETE FROM pending WHERE purpose = 'totp'",
    "ALTER TABLE account ADD CONSTRAINT account_totp_sealed CHECK (totp_secret LIKE '1.%.%')",
    "COMMENT ON COLUMN account.totp_secret IS 'sealed with a key that is not in the database'",
)

# Every command pays for these, so they are few and small: the system's own events, a third of all, are in neither of
# the first two, and the last is kept for stretches of the table, not for rows.
_AUDIT = (
    "CREATE INDEX event_actor ON event (tenant, actor, position) WHERE actor <> 'system'",
    "CREATE INDEX event_on_behalf_of ON event (tenant, on_behalf_of, position) WHERE on_behalf_of IS NOT NULL",
    """CREATE INDEX event_type_day ON event USING brin (type text_bloom_ops(n_distinct_per_range=64), happened_at)
       WITH (pages_per_range=32, autosummarize=on)""",
)
