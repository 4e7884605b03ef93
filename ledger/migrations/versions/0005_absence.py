"""Who acts for whom and who inspects what: delegations and panels beside the appointments; `append` writes them."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for statement in (*_TABLES, _APPEND, *_GRANTS):
        op.execute(statement)


# Written out, not taken from ledger.schema: a migration must not change when the schema of today does.
_TABLES = (
    """CREATE TABLE delegation (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    id TEXT NOT NULL,
    delegate TEXT NOT NULL,
    documents TEXT[] NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (tenant, stream, id)
)""",
    "CREATE INDEX delegation_delegate ON delegation (tenant, delegate)",
    "COMMENT ON COLUMN delegation.stream IS 'the giver'",
    "COMMENT ON COLUMN delegation.documents IS 'kinds of documents; empty for all'",
    """CREATE TABLE panel (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    person TEXT NOT NULL,
    cycle TEXT NOT NULL,
    unit TEXT NOT NULL,
    duties TEXT[] NOT NULL,
    PRIMARY KEY (tenant, stream, person)
)""",
    "CREATE INDEX panel_person ON panel (tenant, person)",
    "COMMENT ON TABLE panel IS 'who inspects what, and may look at the filings that bear on it'",
    "COMMENT ON COLUMN panel.stream IS 'the inspection'",
    "COMMENT ON COLUMN panel.duties IS 'whose filings, there and below, are its evidence'",
    "ALTER TABLE tenant ADD COLUMN delegations BIGINT DEFAULT 0 NOT NULL",
    "COMMENT ON COLUMN tenant.delegations IS 'counts the changes of who acts for whom'",
)

# As before, and new: delegations; panels; what somebody owes may go to a successor; a stream may go over to another
# programme, and others may read it then; what is in force is written with the event that says so.
_APPEND = """
CREATE OR REPLACE FUNCTION append(of_tenant text, parts text[], orders jsonb, events jsonb)
RETURNS bigint LANGUAGE plpgsql
-- Orders meet their rows by key, one by one: a hash or a scan would read the whole table. Keys come from a record set,
-- never from `->>`: that operator is not leakproof, and row-level security keeps such a condition away from an index.
SET plan_cache_mode = force_generic_plan SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
AS $$
DECLARE
    head_position bigint;
    head_link bytea;
    stamp timestamptz;
    one record;
    wanted integer := jsonb_array_length(orders);
    n integer := 0;
    moved integer := 0;
BEGIN
    -- `parts` names what the orders hold, so that a small order pays for nothing else.
    IF 'starts' = ANY (parts) THEN
        INSERT INTO stream (tenant, stream, machine, version, status, state, programme, digest, alarm_at, ended)
        SELECT of_tenant, o.stream, o.machine, o.version, o.status, o.state, o.programme, decode(o.digest, 'hex'),
               o.alarm_at, o.ended
        FROM jsonb_to_recordset(orders) AS o(stream text, machine text, expected integer, version integer, status text,
                                             state jsonb, programme text, digest text, alarm_at timestamptz,
                                             ended boolean)
        WHERE o.expected = 0
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS n = ROW_COUNT;
    END IF;
    IF 'moves' = ANY (parts) THEN
        UPDATE stream AS s
        SET version = o.version, status = o.status, state = o.state, programme = o.programme,
            digest = decode(o.digest, 'hex'), alarm_at = o.alarm_at, ended = o.ended
        FROM jsonb_to_recordset(orders) AS o(stream text, expected integer, version integer, status text, state jsonb,
                                             programme text, digest text, alarm_at timestamptz, ended boolean)
        WHERE s.tenant = of_tenant AND s.stream = o.stream AND o.expected > 0 AND s.version = o.expected;
        GET DIAGNOSTICS moved = ROW_COUNT;
    END IF;
    IF n + moved < wanted THEN
        RAISE EXCEPTION 'a stream has moved' USING ERRCODE = 'TL409';
    END IF;

    IF 'contents' = ANY (parts) THEN
        INSERT INTO content (tenant, digest, body)
        SELECT of_tenant, c.key, c.value
        FROM jsonb_array_elements(orders) AS o, jsonb_each(o -> 'contents') AS c
        -- What was erased and is handed in again stands again.
        ON CONFLICT (tenant, digest) DO UPDATE SET body = excluded.body, erased_at = NULL WHERE content.body IS NULL;
    END IF;

    IF 'item' = ANY (parts) THEN
        INSERT INTO item AS i (tenant, stream, machine, cycle, unit, duty, period, person, subject, status, stage,
                               due_at, late, readers, changed_at)
        SELECT of_tenant, o ->> 'stream', o ->> 'machine', r.*
        FROM jsonb_array_elements(orders) AS o,
             jsonb_to_record(o -> 'item') AS r(cycle text, unit text, duty text, period text, person text,
                                               subject text, status text, stage text, due_at timestamptz,
                                               late boolean, readers text[], changed_at timestamptz)
        WHERE o ? 'item'
        -- The rest never changes: it is what the stream began with.
        ON CONFLICT (tenant, stream) DO UPDATE
        SET status = excluded.status, stage = excluded.stage, due_at = excluded.due_at, late = excluded.late,
            readers = excluded.readers, person = excluded.person, changed_at = excluded.changed_at;
    END IF;

    IF 'search' = ANY (parts) THEN
        INSERT INTO search (tenant, stream, content, grams)
        SELECT of_tenant, o ->> 'stream', r.*
        FROM jsonb_array_elements(orders) AS o, jsonb_to_record(o -> 'search') AS r(content text, grams text[])
        WHERE o ? 'search'
        ON CONFLICT (tenant, stream) DO UPDATE SET content = excluded.content, grams = excluded.grams;
    END IF;

    IF 'tasks' = ANY (parts) THEN
        IF 'moves' = ANY (parts) THEN
            DELETE FROM task AS t
            USING jsonb_to_recordset(orders) AS o(stream text, tasks jsonb)
            WHERE t.tenant = of_tenant AND t.stream = o.stream AND o.tasks IS NOT NULL;
        END IF;
        INSERT INTO task (tenant, stream, ordinal, kind, person, role, unit, due_at)
        SELECT of_tenant, o ->> 'stream', r.*
        FROM jsonb_array_elements(orders) AS o,
             jsonb_to_recordset(o -> 'tasks') AS r(ordinal smallint, kind text, person text, role text, unit text,
                                                   due_at timestamptz);
    END IF;

    IF 'appointments' = ANY (parts) THEN
        DELETE FROM appointment AS a
        USING jsonb_to_recordset(orders) AS o(stream text, appointments jsonb)
        WHERE a.tenant = of_tenant AND a.stream = o.stream AND o.appointments IS NOT NULL;
        INSERT INTO appointment (tenant, stream, id, role, unit, subject, first_day, last_day, ended_at)
        SELECT of_tenant, o ->> 'stream', r.*
        FROM jsonb_array_elements(orders) AS o,
             jsonb_to_recordset(o -> 'appointments') AS r(id text, role text, unit text, subject text, first_day date,
                                                          last_day date, ended_at timestamptz);
    END IF;

    IF 'delegations' = ANY (parts) THEN
        -- What was decided on other delegations may close a loop with these.
        UPDATE tenant AS t SET delegations = t.delegations + 1
        WHERE t.tenant = of_tenant
          AND t.delegations = ALL (SELECT o.given FROM jsonb_to_recordset(orders) AS o(delegations jsonb, given bigint)
                                   WHERE o.delegations IS NOT NULL);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the delegations have changed' USING ERRCODE = 'TL409';
        END IF;
        DELETE FROM delegation AS d
        USING jsonb_to_recordset(orders) AS o(stream text, delegations jsonb)
        WHERE d.tenant = of_tenant AND d.stream = o.stream AND o.delegations IS NOT NULL;
        INSERT INTO delegation (tenant, stream, id, delegate, documents, first_day, last_day, ended_at)
        SELECT of_tenant, o ->> 'stream', r.*
        FROM jsonb_array_elements(orders) AS o,
             jsonb_to_recordset(o -> 'delegations') AS r(id text, delegate text, documents text[], first_day date,
                                                         last_day date, ended_at timestamptz);
    END IF;

    IF 'panel' = ANY (parts) THEN
        DELETE FROM panel AS p
        USING jsonb_to_recordset(orders) AS o(stream text, panel jsonb)
        WHERE p.tenant = of_tenant AND p.stream = o.stream AND o.panel IS NOT NULL;
        INSERT INTO panel (tenant, stream, person, cycle, unit, duties)
        SELECT of_tenant, o ->> 'stream', r.*
        FROM jsonb_array_elements(orders) AS o,
             jsonb_to_recordset(o -> 'panel') AS r(person text, cycle text, unit text, duties text[]);
    END IF;

    IF 'unit' = ANY (parts) THEN
        -- What was decided on another tree may not hold on this one.
        UPDATE tenant AS t SET tree = t.tree + 1
        WHERE t.tenant = of_tenant
          AND t.tree = ALL (SELECT (o ->> 'tree')::bigint FROM jsonb_array_elements(orders) AS o WHERE o ? 'unit');
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the tree of units has changed' USING ERRCODE = 'TL409';
        END IF;
        INSERT INTO unit (tenant, stream, unit, kind, title_zh, title_en, parent, parents, subject, centre, closed)
        SELECT of_tenant, o ->> 'stream', r.*
        FROM jsonb_array_elements(orders) AS o,
             jsonb_to_record(o -> 'unit') AS r(unit text, kind text, title_zh text, title_en text, parent text,
                                               parents text[], subject text, centre boolean, closed boolean)
        WHERE o ? 'unit'
        ON CONFLICT (tenant, stream) DO UPDATE
        SET title_zh = excluded.title_zh, title_en = excluded.title_en, parent = excluded.parent,
            parents = excluded.parents, closed = excluded.closed;
    END IF;

    IF 'in_force' = ANY (parts) THEN
        UPDATE tenant AS t SET programme = o.in_force
        FROM jsonb_to_recordset(orders) AS o(in_force text)
        WHERE t.tenant = of_tenant AND o.in_force IS NOT NULL;
    END IF;

    IF 'notices' = ANY (parts) THEN
        INSERT INTO inbox (tenant, person, id, stream, notice, params, at)
        SELECT of_tenant, p.person, r.id, o ->> 'stream', r.notice, r.params, r.at
        FROM jsonb_array_elements(orders) AS o,
             jsonb_to_recordset(o -> 'notices') AS r(id uuid, notice text, params jsonb, at timestamptz, today date,
                                                     people jsonb, posts jsonb),
             LATERAL (
                 SELECT jsonb_array_elements_text(r.people) AS person
                 UNION
                 SELECT a.stream
                 FROM jsonb_to_recordset(r.posts) AS q(role text, unit text)
                 JOIN appointment AS a ON a.tenant = of_tenant AND a.role = q.role AND a.unit = q.unit
                 WHERE r.today BETWEEN a.first_day AND coalesce(a.last_day, 'infinity')
                   AND (a.ended_at IS NULL OR r.at < a.ended_at)
             ) AS p;
    END IF;

    IF 'reactions' = ANY (parts) THEN
        INSERT INTO reaction (tenant, stream, version, ordinal, intent)
        SELECT of_tenant, o ->> 'stream', r.*
        FROM jsonb_array_elements(orders) AS o,
             jsonb_to_recordset(o -> 'reactions') AS r(version integer, ordinal smallint, intent jsonb);
    END IF;

    IF 'wake' = ANY (parts) THEN
        INSERT INTO outbox (tenant, stream, fresh)
        SELECT of_tenant, o ->> 'stream', (o ->> 'expected')::integer = 0
        FROM jsonb_array_elements(orders) AS o
        WHERE o ? 'wake';
        PERFORM pg_notify('outbox', '');
    END IF;

    SELECT t.position, t.link INTO STRICT head_position, head_link
    FROM tenant AS t WHERE t.tenant = of_tenant FOR UPDATE;
    stamp := clock_timestamp();
    FOR one IN
        SELECT e.*, decode(e.digest, 'hex') AS digest_bytes
        FROM jsonb_to_recordset(events) AS e(stream text, version integer, type text, data jsonb, actor text,
            on_behalf_of text, programme text, command_id uuid, ordinal smallint, command_digest text,
            happened_at timestamptz, hash text, previous text, digest text)
    LOOP
        head_position := head_position + 1;
        head_link := sha256(head_link || int8send(head_position) || timestamptz_send(stamp) || one.digest_bytes);
        INSERT INTO event (tenant, position, stream, version, type, data, actor, on_behalf_of, programme, command_id,
                           ordinal, command_digest, happened_at, recorded_at, hash, previous, digest, link)
        VALUES (of_tenant, head_position, one.stream, one.version, one.type, one.data, one.actor, one.on_behalf_of,
                one.programme, one.command_id, one.ordinal, decode(one.command_digest, 'hex'), one.happened_at, stamp,
                one.hash, decode(one.previous, 'hex'), one.digest_bytes, head_link);
    END LOOP;
    UPDATE tenant AS t SET position = head_position, link = head_link WHERE t.tenant = of_tenant;
    RETURN head_position;
END $$
"""

_GRANTS = tuple(
    statement
    for table in ("delegation", "panel")
    for statement in (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"""CREATE POLICY own_rows ON {table} USING (tenant = current_setting('termledger.tenant', true))
            WITH CHECK (tenant = current_setting('termledger.tenant', true))""",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO termledger_service",
    )
)
