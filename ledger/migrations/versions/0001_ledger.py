"""The ledger: events that only grow, the streams' heads, read models, queues."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    for statement in (*_TABLES, _REFUSE, *_GUARDS, _APPEND, *_GRANTS):
        op.execute(statement)


# Written out, not taken from ledger.schema: a migration must not change when the schema of today does.
_TABLES = (
    """CREATE TABLE appointment (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    id TEXT NOT NULL,
    role TEXT NOT NULL,
    unit TEXT NOT NULL,
    subject TEXT,
    first_day DATE NOT NULL,
    last_day DATE,
    PRIMARY KEY (tenant, stream, id)
)""",
    "CREATE INDEX appointment_post ON appointment (tenant, role, unit)",
    "COMMENT ON COLUMN appointment.stream IS 'the person'",
    """CREATE TABLE content (
    tenant TEXT NOT NULL,
    digest TEXT NOT NULL,
    body JSONB,
    erased_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (tenant, digest)
)""",
    "COMMENT ON COLUMN content.body IS 'null once erased; the digest in the events stays'",
    """CREATE TABLE denial (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    tenant TEXT NOT NULL,
    person TEXT NOT NULL,
    stream TEXT,
    action TEXT NOT NULL,
    code TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id)
)""",
    """CREATE TABLE draft (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    body JSONB NOT NULL,
    revision INTEGER NOT NULL,
    saved_by TEXT NOT NULL,
    saved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (tenant, stream)
)""",
    """CREATE TABLE event (
    tenant TEXT NOT NULL,
    position BIGINT NOT NULL,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    data JSONB NOT NULL,
    actor TEXT NOT NULL,
    on_behalf_of TEXT,
    programme TEXT NOT NULL,
    command_id UUID NOT NULL,
    ordinal SMALLINT NOT NULL,
    command_digest BYTEA NOT NULL,
    happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    hash TEXT NOT NULL,
    previous BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    link BYTEA NOT NULL,
    PRIMARY KEY (tenant, position),
    CONSTRAINT event_stream_version UNIQUE (tenant, stream, version),
    CONSTRAINT event_command UNIQUE (tenant, command_id, ordinal)
)""",
    """CREATE TABLE inbox (
    tenant TEXT NOT NULL,
    person TEXT NOT NULL,
    id UUID NOT NULL,
    stream TEXT NOT NULL,
    notice TEXT NOT NULL,
    params JSONB NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (tenant, person, id)
)""",
    """CREATE TABLE item (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    machine TEXT NOT NULL,
    cycle TEXT,
    unit TEXT NOT NULL,
    duty TEXT,
    period TEXT,
    person TEXT,
    subject TEXT,
    status TEXT NOT NULL,
    stage TEXT,
    due_at TIMESTAMP WITH TIME ZONE,
    late BOOLEAN NOT NULL,
    PRIMARY KEY (tenant, stream)
)""",
    "CREATE INDEX item_list ON item (tenant, machine, stream)",
    "CREATE INDEX item_unit ON item (tenant, machine, unit, stream)",
    "COMMENT ON TABLE item IS 'one line per stream, for lists'",
    """CREATE TABLE outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    fresh BOOLEAN NOT NULL,
    PRIMARY KEY (id)
)""",
    "COMMENT ON TABLE outbox IS 'streams whose process manager has something to know'",
    "COMMENT ON COLUMN outbox.fresh IS 'the stream is new: its process manager is to be started'",
    """CREATE TABLE programme (
    tenant TEXT NOT NULL,
    digest TEXT NOT NULL,
    name TEXT NOT NULL,
    body JSONB NOT NULL,
    stored_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (tenant, digest)
)""",
    """CREATE TABLE reaction (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    ordinal SMALLINT NOT NULL,
    intent JSONB NOT NULL,
    PRIMARY KEY (tenant, stream, version, ordinal)
)""",
    "COMMENT ON TABLE reaction IS 'what events call for and is not carried out yet'",
    """CREATE TABLE stream (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    machine TEXT NOT NULL,
    version INTEGER NOT NULL,
    status TEXT NOT NULL,
    state JSONB NOT NULL,
    programme TEXT NOT NULL,
    digest BYTEA NOT NULL,
    alarm_at TIMESTAMP WITH TIME ZONE,
    ended BOOLEAN NOT NULL,
    PRIMARY KEY (tenant, stream)
)""",
    "CREATE INDEX stream_alarm ON stream (tenant, alarm_at) WHERE alarm_at IS NOT NULL",
    "CREATE INDEX stream_open ON stream (tenant, stream) WHERE NOT ended",
    "COMMENT ON COLUMN stream.state IS 'snapshot at the head'",
    "COMMENT ON COLUMN stream.alarm_at IS 'when the next alarm falls due'",
    """CREATE TABLE task (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    ordinal SMALLINT NOT NULL,
    kind TEXT NOT NULL,
    person TEXT,
    role TEXT,
    unit TEXT,
    due_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (tenant, stream, ordinal)
)""",
    "CREATE INDEX task_person ON task (tenant, person, due_at) WHERE person IS NOT NULL",
    "CREATE INDEX task_post ON task (tenant, role, unit, due_at) WHERE role IS NOT NULL",
    "COMMENT ON TABLE task IS 'what waits for a person or a post'",
    """CREATE TABLE tenant (
    tenant TEXT NOT NULL,
    programme TEXT NOT NULL,
    hash TEXT NOT NULL,
    position BIGINT DEFAULT 0 NOT NULL,
    link BYTEA NOT NULL,
    clock_offset INTERVAL DEFAULT '0'::interval NOT NULL,
    clock_frozen TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (tenant),
    CONSTRAINT tenant_hash CHECK (hash IN ('sha256', 'sm3'))
)""",
    "COMMENT ON COLUMN tenant.programme IS 'digest of the programme whose roles are in force'",
    "COMMENT ON COLUMN tenant.link IS 'link of the last event: the head of the tenant''s chain'",
    "COMMENT ON COLUMN tenant.clock_frozen IS 'a rehearsal''s clock stands here until it is moved'",
)

_REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table event only grows: % refused', TG_OP USING ERRCODE = 'TL403';
END $$
"""

_GUARDS = (
    "CREATE TRIGGER event_only_grows BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER event_not_truncated BEFORE TRUNCATE ON event EXECUTE FUNCTION refuse_change()",
    # Also in sessions that replicate.
    "ALTER TABLE event ENABLE ALWAYS TRIGGER event_only_grows",
    "ALTER TABLE event ENABLE ALWAYS TRIGGER event_not_truncated",
    # Heads are updated in place all day long: leave room for it on the page.
    "ALTER TABLE tenant SET (fillfactor = 50)",
    "ALTER TABLE stream SET (fillfactor = 80)",
)

# One statement carries a whole batch of orders: their events, snapshots, read models, reactions and wake-ups.
# The order of locks is the streams (in order of id), then the tenant's head, which is held until the commit: that
# makes positions gapless and in commit order.
_APPEND = """
CREATE FUNCTION append(of_tenant text, parts text[], orders jsonb, events jsonb)
RETURNS bigint LANGUAGE plpgsql
-- Orders meet their rows by key, one by one: a hash or a scan would read the whole table.
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
        SET version = o.version, status = o.status, state = o.state, digest = decode(o.digest, 'hex'),
            alarm_at = o.alarm_at, ended = o.ended
        FROM jsonb_to_recordset(orders) AS o(stream text, expected integer, version integer, status text, state jsonb,
                                             digest text, alarm_at timestamptz, ended boolean)
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
                               due_at, late)
        SELECT of_tenant, o ->> 'stream', o ->> 'machine', r.*
        FROM jsonb_array_elements(orders) AS o,
             jsonb_to_record(o -> 'item') AS r(cycle text, unit text, duty text, period text, person text,
                                               subject text, status text, stage text, due_at timestamptz,
                                               late boolean)
        WHERE o ? 'item'
        ON CONFLICT (tenant, stream) DO UPDATE
        SET status = excluded.status, stage = excluded.stage, due_at = excluded.due_at, late = excluded.late;
    END IF;

    IF 'tasks' = ANY (parts) THEN
        IF 'moves' = ANY (parts) THEN
            DELETE FROM task AS t
            USING jsonb_array_elements(orders) AS o
            WHERE t.tenant = of_tenant AND t.stream = o ->> 'stream' AND o ? 'tasks';
        END IF;
        INSERT INTO task (tenant, stream, ordinal, kind, person, role, unit, due_at)
        SELECT of_tenant, o ->> 'stream', r.*
        FROM jsonb_array_elements(orders) AS o,
             jsonb_to_recordset(o -> 'tasks') AS r(ordinal smallint, kind text, person text, role text, unit text,
                                                   due_at timestamptz);
    END IF;

    IF 'appointments' = ANY (parts) THEN
        DELETE FROM appointment AS a
        USING jsonb_array_elements(orders) AS o
        WHERE a.tenant = of_tenant AND a.stream = o ->> 'stream' AND o ? 'appointments';
        INSERT INTO appointment (tenant, stream, id, role, unit, subject, first_day, last_day)
        SELECT of_tenant, o ->> 'stream', r.*
        FROM jsonb_array_elements(orders) AS o,
             jsonb_to_recordset(o -> 'appointments') AS r(id text, role text, unit text, subject text, first_day date,
                                                          last_day date);
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

_READ_WRITE = "stream, item, task, appointment, content, draft, reaction, outbox, inbox, programme"

_GRANTS = (
    """
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'termledger_service') THEN
            CREATE ROLE termledger_service NOLOGIN;
        END IF;
    END $$
    """,
    "GRANT USAGE ON SCHEMA public TO termledger_service",
    "GRANT SELECT, INSERT ON event, denial TO termledger_service",
    "GRANT SELECT, INSERT, UPDATE ON tenant TO termledger_service",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON {_READ_WRITE} TO termledger_service",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO termledger_service",
    "GRANT SELECT ON alembic_version TO termledger_service",
)
