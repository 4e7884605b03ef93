"""The directory as events: units are streams, posts end at once; who reads an item stands in it; words are searched."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for statement in (*_CHANGES, *_TABLES, *_FILL, *_INDEXES, _APPEND, *_FIND, *_GRANTS):
        op.execute(statement)


_CHANGES = (
    "ALTER TABLE appointment ADD COLUMN ended_at TIMESTAMP WITH TIME ZONE",
    "ALTER TABLE tenant ADD COLUMN tree BIGINT DEFAULT 0 NOT NULL",
    "COMMENT ON COLUMN tenant.tree IS 'counts the changes of the tree of units'",
    "ALTER TABLE item ADD COLUMN readers TEXT[]",
    "ALTER TABLE item ADD COLUMN changed_at TIMESTAMP WITH TIME ZONE",
    "COMMENT ON COLUMN item.readers IS 'the units at which the right to read, or to audit, opens it'",
    "COMMENT ON COLUMN item.changed_at IS 'when its last event happened'",
)

_TABLES = (
    """CREATE TABLE unit (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    unit TEXT NOT NULL,
    kind TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    parent TEXT,
    parents TEXT[] NOT NULL,
    subject TEXT,
    centre BOOLEAN NOT NULL,
    closed BOOLEAN NOT NULL,
    PRIMARY KEY (tenant, stream),
    CONSTRAINT unit_unit UNIQUE (tenant, unit)
)""",
    "COMMENT ON TABLE unit IS 'the tree as it is now, closed units too'",
    "COMMENT ON COLUMN unit.parents IS 'every unit it has ever stood directly below'",
    """CREATE TABLE search (
    tenant TEXT NOT NULL,
    stream TEXT NOT NULL,
    content TEXT NOT NULL,
    grams TEXT[] NOT NULL,
    PRIMARY KEY (tenant, stream)
)""",
    "COMMENT ON TABLE search IS 'what a filing is found by'",
    "COMMENT ON COLUMN search.grams IS 'empty once the content was erased'",
)

# What stood before: the readers from the path and the bound that each state keeps, the time from the last event.
_FILL = (
    """
    UPDATE item AS i
    SET readers = ARRAY(
            SELECT p.unit FROM jsonb_array_elements_text(s.state -> 'path') WITH ORDINALITY AS p(unit, depth)
            WHERE p.depth >= coalesce((
                SELECT q.depth FROM jsonb_array_elements_text(s.state -> 'path') WITH ORDINALITY AS q(unit, depth)
                WHERE q.unit = s.state ->> 'stays_in'), 1)
            ORDER BY p.depth),
        changed_at = e.happened_at
    FROM stream AS s
    JOIN event AS e ON e.tenant = s.tenant AND e.stream = s.stream AND e.version = s.version
    WHERE s.tenant = i.tenant AND s.stream = i.stream
    """,
    "ALTER TABLE item ALTER COLUMN readers SET NOT NULL, ALTER COLUMN changed_at SET NOT NULL",
)

_INDEXES = (
    "CREATE INDEX item_due ON item (tenant, machine, (coalesce(due_at, 'infinity'::timestamptz)), stream)",
    "CREATE INDEX item_changed ON item (tenant, machine, changed_at, stream)",
    "CREATE INDEX item_person ON item (tenant, person, stream) WHERE person IS NOT NULL",
    "CREATE INDEX item_cycle ON item (tenant, cycle, unit) WHERE cycle IS NOT NULL",
    "CREATE INDEX search_content ON search (tenant, content)",
    "CREATE INDEX search_grams ON search USING gin (grams)",
)

# As before, and new: readers and time of an item, what it is found by, ends at once, the tree.
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
            changed_at = excluded.changed_at;
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

# The operators of arrays are not leakproof, so row-level security would keep a query of the service's from the index.
# This runs as its owner instead, and itself refuses what is not the session's tenant.
_FIND = (
    """
CREATE FUNCTION find_filings(of_tenant text, wanted text[], at_most integer)
RETURNS SETOF text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    IF of_tenant IS DISTINCT FROM current_setting('termledger.tenant', true) THEN
        RAISE EXCEPTION 'another tenant is not searched' USING ERRCODE = 'TL403';
    END IF;
    RETURN QUERY SELECT s.stream FROM search AS s WHERE s.tenant = of_tenant AND s.grams @> wanted LIMIT at_most;
END $$
""",
    "REVOKE EXECUTE ON FUNCTION find_filings FROM PUBLIC",
)

_GRANTS = (
    "GRANT SELECT, INSERT, UPDATE, DELETE ON unit, search TO termledger_service",
    "GRANT EXECUTE ON FUNCTION find_filings TO termledger_service",
)
