"""The tables, declared once. Queries are composed from these; the migrations create them; a test compares both."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()

_INSTANT = DateTime(timezone=True)


def _tenant() -> Column[str]:
    # No foreign key: `append` updates the tenant's own row in the same transaction, so it exists.
    return Column("tenant", Text, primary_key=True)


tenant = Table(
    "tenant",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("programme", Text, nullable=False, comment="digest of the programme whose roles are in force"),
    Column("hash", Text, nullable=False),
    Column("position", BigInteger, nullable=False, server_default=text("0")),
    Column("link", LargeBinary, nullable=False, comment="link of the last event: the head of the tenant's chain"),
    Column("clock_offset", Interval, nullable=False, server_default=text("'0'::interval")),
    Column("clock_frozen", _INSTANT, comment="a rehearsal's clock stands here until it is moved"),
    Column(
        "tree", BigInteger, nullable=False, server_default=text("0"), comment="counts the changes of the tree of units"
    ),
    Column(
        "delegations",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="counts the changes of who acts for whom",
    ),
    CheckConstraint("hash IN ('sha256', 'sm3')", name="tenant_hash"),
)

programme = Table(
    "programme",
    metadata,
    _tenant(),
    Column("digest", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("stored_at", _INSTANT, nullable=False, server_default=func.now()),
)

event = Table(
    "event",
    metadata,
    _tenant(),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("stream", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("actor", Text, nullable=False),
    Column("on_behalf_of", Text),
    Column("programme", Text, nullable=False),
    Column("command_id", Uuid, nullable=False),
    Column("ordinal", SmallInteger, nullable=False),
    Column("command_digest", LargeBinary, nullable=False),
    Column("happened_at", _INSTANT, nullable=False),
    Column("recorded_at", _INSTANT, nullable=False),
    Column("hash", Text, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("link", LargeBinary, nullable=False),
    UniqueConstraint("tenant", "stream", "version", name="event_stream_version"),
    UniqueConstraint("tenant", "command_id", "ordinal", name="event_command"),
)
# For audits. Every command pays for these, so they are few and small: most of what the system does is in none of them.
Index("event_actor", event.c.tenant, event.c.actor, event.c.position, postgresql_where=text("actor <> 'system'"))
Index(
    "event_on_behalf_of",
    event.c.tenant,
    event.c.on_behalf_of,
    event.c.position,
    postgresql_where=event.c.on_behalf_of.is_not(None),
)
Index(
    "event_type_day",
    event.c.type,
    event.c.happened_at,
    postgresql_using="brin",
    postgresql_ops={"type": "text_bloom_ops(n_distinct_per_range=64)"},
    postgresql_with={"pages_per_range": 32, "autosummarize": "on"},
)

stream = Table(
    "stream",
    metadata,
    _tenant(),
    Column("stream", Text, primary_key=True),
    Column("machine", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("state", JSONB, nullable=False, comment="snapshot at the head"),
    Column("programme", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("alarm_at", _INSTANT, comment="when the next alarm falls due"),
    Column("ended", Boolean, nullable=False),
)
Index("stream_alarm", stream.c.tenant, stream.c.alarm_at, postgresql_where=stream.c.alarm_at.is_not(None))
Index("stream_open", stream.c.tenant, stream.c.stream, postgresql_where=text("NOT ended"))

item = Table(
    "item",
    metadata,
    _tenant(),
    Column("stream", Text, primary_key=True),
    Column("machine", Text, nullable=False),
    Column("cycle", Text),
    Column("unit", Text, nullable=False),
    Column("duty", Text),
    Column("period", Text),
    Column("person", Text),
    Column("subject", Text),
    Column("status", Text, nullable=False),
    Column("stage", Text),
    Column("due_at", _INSTANT),
    Column("late", Boolean, nullable=False),
    Column(
        "readers", ARRAY(Text), nullable=False, comment="the units at which the right to read, or to audit, opens it"
    ),
    Column("changed_at", _INSTANT, nullable=False, comment="when its last event happened"),
    comment="one line per stream, for lists",
)
Index("item_list", item.c.tenant, item.c.machine, item.c.stream)
Index("item_unit", item.c.tenant, item.c.machine, item.c.unit, item.c.stream)
Index(
    "item_due",
    item.c.tenant,
    item.c.machine,
    func.coalesce(item.c.due_at, text("'infinity'::timestamptz")),
    item.c.stream,
)
Index("item_changed", item.c.tenant, item.c.machine, item.c.changed_at, item.c.stream)
Index("item_person", item.c.tenant, item.c.person, item.c.stream, postgresql_where=item.c.person.is_not(None))
Index("item_cycle", item.c.tenant, item.c.cycle, item.c.unit, postgresql_where=item.c.cycle.is_not(None))

search = Table(
    "search",
    metadata,
    _tenant(),
    Column("stream", Text, primary_key=True),
    Column("content", Text, nullable=False),
    Column("grams", ARRAY(Text), nullable=False, comment="empty once the content was erased"),
    comment="what a filing is found by",
)
Index("search_content", search.c.tenant, search.c.content)
Index("search_grams", search.c.grams, postgresql_using="gin")

unit = Table(
    "unit",
    metadata,
    _tenant(),
    Column("stream", Text, primary_key=True),
    Column("unit", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title_zh", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("parent", Text),
    Column("parents", ARRAY(Text), nullable=False, comment="every unit it has ever stood directly below"),
    Column("subject", Text),
    Column("centre", Boolean, nullable=False),
    Column("closed", Boolean, nullable=False),
    UniqueConstraint("tenant", "unit", name="unit_unit"),
    comment="the tree as it is now, closed units too",
)

task = Table(
    "task",
    metadata,
    _tenant(),
    Column("stream", Text, primary_key=True),
    Column("ordinal", SmallInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("person", Text),
    Column("role", Text),
    Column("unit", Text),
    Column("due_at", _INSTANT),
    comment="what waits for a person or a post",
)
Index("task_person", task.c.tenant, task.c.person, task.c.due_at, postgresql_where=task.c.person.is_not(None))
Index("task_post", task.c.tenant, task.c.role, task.c.unit, task.c.due_at, postgresql_where=task.c.role.is_not(None))

appointment = Table(
    "appointment",
    metadata,
    _tenant(),
    Column("stream", Text, primary_key=True, comment="the person"),
    Column("id", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("subject", Text),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date),
    Column("ended_at", _INSTANT),
)
Index("appointment_post", appointment.c.tenant, appointment.c.role, appointment.c.unit)

delegation = Table(
    "delegation",
    metadata,
    _tenant(),
    Column("stream", Text, primary_key=True, comment="the giver"),
    Column("id", Text, primary_key=True),
    Column("delegate", Text, nullable=False),
    Column("documents", ARRAY(Text), nullable=False, comment="kinds of documents; empty for all"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("ended_at", _INSTANT),
)
Index("delegation_delegate", delegation.c.tenant, delegation.c.delegate)

panel = Table(
    "panel",
    metadata,
    _tenant(),
    Column("stream", Text, primary_key=True, comment="the inspection"),
    Column("person", Text, primary_key=True),
    Column("cycle", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("duties", ARRAY(Text), nullable=False, comment="whose filings, there and below, are its evidence"),
    comment="who inspects what, and may look at the filings that bear on it",
)
Index("panel_person", panel.c.tenant, panel.c.person)

content = Table(
    "content",
    metadata,
    _tenant(),
    Column("digest", Text, primary_key=True),
    Column("body", JSONB, comment="null once erased; the digest in the events stays"),
    Column("erased_at", _INSTANT),
)

draft = Table(
    "draft",
    metadata,
    _tenant(),
    Column("stream", Text, primary_key=True),
    Column("body", JSONB, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("saved_by", Text, nullable=False),
    Column("saved_at", _INSTANT, nullable=False),
)

reaction = Table(
    "reaction",
    metadata,
    _tenant(),
    Column("stream", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("ordinal", SmallInteger, primary_key=True),
    Column("intent", JSONB, nullable=False),
    comment="what events call for and is not carried out yet",
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("fresh", Boolean, nullable=False, comment="the stream is new: its process manager is to be started"),
    comment="streams whose process manager has something to know",
)

inbox = Table(
    "inbox",
    metadata,
    _tenant(),
    Column("person", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("stream", Text, nullable=False),
    Column("notice", Text, nullable=False),
    Column("params", JSONB, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("read_at", _INSTANT),
)

denial = Table(
    "denial",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("stream", Text),
    Column("action", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("at", _INSTANT, nullable=False, server_default=func.now()),
)

account = Table(
    "account",
    metadata,
    _tenant(),
    Column("person", Text, primary_key=True),
    Column("login", Text, nullable=False, comment="case-folded"),
    Column("password_hash", Text, comment="null: no password yet, or only single sign-on"),
    Column("must_change", Boolean, nullable=False, comment="the password is a one-time password of the office"),
    Column("password_at", _INSTANT),
    Column("totp_secret", Text, comment="sealed with a key that is not in the database"),
    Column("totp_step", BigInteger, comment="the last time step whose code was used: none is used twice"),
    Column("recovery_codes", JSONB, nullable=False, comment="SHA-256 of the codes that are left"),
    Column("oidc_subject", Text),
    Column("lang", Text),
    Column("created_at", _INSTANT, nullable=False, server_default=func.now()),
    Column("changed_at", _INSTANT, nullable=False, server_default=func.now()),
    UniqueConstraint("tenant", "login", name="account_login"),
    UniqueConstraint("tenant", "oidc_subject", name="account_oidc_subject"),
    CheckConstraint("login = lower(login) AND login <> ''", name="account_login_folded"),
    CheckConstraint("totp_secret LIKE '1.%.%'", name="account_totp_sealed"),
)

session = Table(
    "session",
    metadata,
    _tenant(),
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the secret in the cookie"),
    Column("person", Text, nullable=False),
    Column("csrf", Text, nullable=False),
    Column("lang", Text),
    Column("created_at", _INSTANT, nullable=False, server_default=func.now()),
    Column("seen_at", _INSTANT, nullable=False, server_default=func.now()),
    Column("idle_until", _INSTANT, nullable=False, comment="ends then, unless it is used before"),
    Column("expires_at", _INSTANT, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("ended_at", _INSTANT),
    Column("why", Text),
    UniqueConstraint("tenant", "digest", name="session_digest"),
    CheckConstraint("(ended_at IS NULL) = (why IS NULL)", name="session_ended"),
)
Index("session_person", session.c.tenant, session.c.person, postgresql_where=session.c.ended_at.is_(None))

attempt = Table(
    "attempt",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("subject", Text, nullable=False, comment="login:… or address:…"),
    Column("at", _INSTANT, nullable=False, server_default=func.now()),
    comment="failed sign-ins within the sliding windows",
)
Index("attempt_subject", attempt.c.tenant, attempt.c.subject, attempt.c.at)

sign_in_log = Table(
    "sign_in_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("at", _INSTANT, nullable=False, server_default=func.now()),
    Column("login", Text),
    Column("person", Text),
    Column("by", Text, comment="who did it, when it was not the person"),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    comment="what happened to accounts; the service only adds",
)
Index("sign_in_log_person", sign_in_log.c.tenant, sign_in_log.c.person, sign_in_log.c.id)

api_token = Table(
    "api_token",
    metadata,
    _tenant(),
    Column("id", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the secret, which only its holder has"),
    Column("person", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_at", _INSTANT, nullable=False, server_default=func.now()),
    Column("created_by", Text, nullable=False),
    Column("expires_at", _INSTANT, nullable=False),
    Column("last_used_at", _INSTANT, comment="within a minute"),
    Column("revoked_at", _INSTANT),
    UniqueConstraint("tenant", "digest", name="api_token_digest"),
    CheckConstraint("person <> 'system'", name="api_token_of_a_person"),
    comment="what programs sign in with",
)
Index("api_token_person", api_token.c.tenant, api_token.c.person, api_token.c.created_at)

pending = Table(
    "pending",
    metadata,
    _tenant(),
    Column("digest", LargeBinary, primary_key=True, comment="SHA-256 of the secret that the browser holds"),
    Column("purpose", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("expires_at", _INSTANT, nullable=False),
    comment="what a person is in the middle of: a second factor, single sign-on, a kept form",
)

saved_view = Table(
    "saved_view",
    metadata,
    _tenant(),
    Column("person", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("page", Text, nullable=False, comment="the path of the page, such as /filings"),
    Column("query", Text, nullable=False, comment="the query string of the address"),
    Column("created_at", _INSTANT, nullable=False, server_default=func.now()),
)

import_job = Table(
    "import_job",
    metadata,
    _tenant(),
    Column("id", Uuid, primary_key=True),
    Column("made_by", Text, nullable=False),
    Column("made_at", _INSTANT, nullable=False, server_default=func.now()),
    Column("file", Text, nullable=False, comment="the name of the sheet"),
    Column("rows", JSONB, nullable=False),
    Column("plan", JSONB, nullable=False, comment="what the sheet changes, in figures"),
    Column("faults", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("done", Integer, nullable=False, server_default=text("0")),
    Column("total", Integer, nullable=False),
    Column("confirmed_by", Text),
    Column("moved_at", _INSTANT, nullable=False, server_default=func.now(), comment="when it was last seen at work"),
    Column("finished_at", _INSTANT),
)

FUNCTIONS = {
    "append": "8b0a50d560bcf7cc1613b1615ba1bba4",
    "find_filings": "1576f923f4ff69824b98b225a2307a3c",
    "refuse_change": "4df64c9ff9b4aacaada6f47d8b0cc164",
}
"""The functions that the migrations make, each with the MD5 of its body: a database with another body is not ours."""
