"""Row-level security: a session sees and writes the rows of one tenant, the one in its setting `termledger.tenant`.

A second lock behind the tenant in every query. It goes by the service's role: the owner, who migrates, passes.
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(_OWN_ROWS)
    for statement in _TENANT:
        op.execute(statement)


# Whatever has the column, so that none is forgotten, but for
# - outbox: the relay empties it for every tenant at once, and it holds nothing but ids of streams;
# - tenant: below.
# A session without the setting, or with an empty one, sees and writes nothing.
_OWN_ROWS = """
DO $$
DECLARE
    one name;
BEGIN
    FOR one IN
        SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'tenant'
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('outbox', 'tenant')
        ORDER BY c.relname
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', one);
        EXECUTE format(
            'CREATE POLICY own_rows ON %I USING (tenant = current_setting(''termledger.tenant'', true))'
            ' WITH CHECK (tenant = current_setting(''termledger.tenant'', true))', one);
    END LOOP;
END $$
"""

# Which tenants there are is no secret between them, since operators' jobs go from one to the next; a tenant's head and
# clock are its own.
_TENANT = (
    "ALTER TABLE tenant ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY listed ON tenant FOR SELECT USING (true)",
    """CREATE POLICY own_row_made ON tenant FOR INSERT
       WITH CHECK (tenant = current_setting('termledger.tenant', true))""",
    """CREATE POLICY own_row_changed ON tenant FOR UPDATE
       USING (tenant = current_setting('termledger.tenant', true))
       WITH CHECK (tenant = current_setting('termledger.tenant', true))""",
)
