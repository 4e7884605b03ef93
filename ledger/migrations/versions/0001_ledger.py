"""The ledger: events that only grow, the streams' heads, read models, queues."""

from alembic import op

from ledger.schema import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    metadata.create_all(op.get_bind(), checkfirst=False)
    for statement in (_REFUSE, *_GUARDS, _APPEND, *_GRANTS):
        op.execute(statement)


_REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table event only grows: % refused', TG_OP USING ERRCODE = 'TL403';
END $$
"""

_GUARDS = (
    "CREATE TRIGGER event_only_grows BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER event_not_truncated BEFORE TRUNCATE ON event EXECUTE FUNCTION refuse_change()",
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
        ON CONFLICT DO NOTHING;
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
        DELETE FROM task AS t
        USING jsonb_array_elements(orders) AS o
        WHERE t.tenant = of_tenant AND t.stream = o ->> 'stream' AND o ? 'tasks';
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
