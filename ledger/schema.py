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
from sqlalchemy.dialects.postgresql import JSONB

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
    comment="one line per stream, for lists",
)
Index("item_list", item.c.tenant, item.c.machine, item.c.stream)
Index("item_unit", item.c.tenant, item.c.machine, item.c.unit, item.c.stream)

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
)
Index("appointment_post", appointment.c.tenant, appointment.c.role, appointment.c.unit)

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
