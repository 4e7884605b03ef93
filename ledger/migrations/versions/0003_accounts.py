"""Accounts, sessions, tokens; saved views and imports."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for statement in (*_TABLES, *_GRANTS):
        op.execute(statement)


_TABLES = (
    """CREATE TABLE account (
    tenant TEXT NOT NULL,
    person TEXT NOT NULL,
    login TEXT NOT NULL,
    password_hash TEXT,
    must_change BOOLEAN NOT NULL,
    password_at TIMESTAMP WITH TIME ZONE,
    totp_secret TEXT,
    totp_step BIGINT,
    recovery_codes JSONB NOT NULL,
    oidc_subject TEXT,
    lang TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (tenant, person),
    CONSTRAINT account_login UNIQUE (tenant, login),
    CONSTRAINT account_oidc_subject UNIQUE (tenant, oidc_subject),
    CONSTRAINT account_login_folded CHECK (login = lower(login) AND login <> '')
)""",
    "COMMENT ON COLUMN account.login IS 'case-folded'",
    "COMMENT ON COLUMN account.password_hash IS 'null: no password yet, or only single sign-on'",
    "COMMENT ON COLUMN account.must_change IS 'the password is a one-time password of the office'",
    "COMMENT ON COLUMN account.totp_step IS 'the last time step whose code was used: none is used twice'",
    "COMMENT ON COLUMN account.recovery_codes IS 'SHA-256 of the codes that are left'",
    """CREATE TABLE session (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    digest BYTEA NOT NULL,
    person TEXT NOT NULL,
    csrf TEXT NOT NULL,
    lang TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    idle_until TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    why TEXT,
    PRIMARY KEY (tenant, id),
    CONSTRAINT session_digest UNIQUE (tenant, digest),
    CONSTRAINT session_ended CHECK ((ended_at IS NULL) = (why IS NULL))
)""",
    "CREATE INDEX session_person ON session (tenant, person) WHERE ended_at IS NULL",
    "COMMENT ON COLUMN session.digest IS 'SHA-256 of the secret in the cookie'",
    "COMMENT ON COLUMN session.idle_until IS 'ends then, unless it is used before'",
    """CREATE TABLE attempt (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    tenant TEXT NOT NULL,
    subject TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (id)
)""",
    "CREATE INDEX attempt_subject ON attempt (tenant, subject, at)",
    "COMMENT ON TABLE attempt IS 'failed sign-ins within the sliding windows'",
    "COMMENT ON COLUMN attempt.subject IS 'login:… or address:…'",
    """CREATE TABLE sign_in_log (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    tenant TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    login TEXT,
    person TEXT,
    by TEXT,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (id)
)""",
    "CREATE INDEX sign_in_log_person ON sign_in_log (tenant, person, id)",
    """CREATE TABLE api_token (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    digest BYTEA NOT NULL,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT[] NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    created_by TEXT NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (tenant, id),
    CONSTRAINT api_token_digest UNIQUE (tenant, digest),
    CONSTRAINT api_token_of_a_person CHECK (person <> 'system')
)""",
    "CREATE INDEX api_token_person ON api_token (tenant, person, created_at)",
    "COMMENT ON TABLE api_token IS 'what programs sign in with'",
    "COMMENT ON COLUMN api_token.digest IS 'SHA-256 of the secret, which only its holder has'",
    "COMMENT ON COLUMN api_token.last_used_at IS 'within a minute'",
    "COMMENT ON TABLE sign_in_log IS 'what happened to accounts; the service only adds'",
    "COMMENT ON COLUMN sign_in_log.by IS 'who did it, when it was not the person'",
    """CREATE TABLE pending (
    tenant TEXT NOT NULL,
    digest BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    data JSONB NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (tenant, digest)
)""",
    "COMMENT ON TABLE pending IS 'what a person is in the middle of: a second factor, single sign-on, a kept form'",
    "COMMENT ON COLUMN pending.digest IS 'SHA-256 of the secret that the browser holds'",
    """CREATE TABLE saved_view (
    tenant TEXT NOT NULL,
    person TEXT NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    page TEXT NOT NULL,
    query TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    PRIMARY KEY (tenant, person, id)
)""",
    "COMMENT ON COLUMN saved_view.page IS 'the path of the page, such as /filings'",
    "COMMENT ON COLUMN saved_view.query IS 'the query string of the address'",
    """CREATE TABLE import_job (
    tenant TEXT NOT NULL,
    id UUID NOT NULL,
    made_by TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    file TEXT NOT NULL,
    rows JSONB NOT NULL,
    plan JSONB NOT NULL,
    faults JSONB NOT NULL,
    state TEXT NOT NULL,
    done INTEGER DEFAULT 0 NOT NULL,
    total INTEGER NOT NULL,
    confirmed_by TEXT,
    moved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (tenant, id)
)""",
    "COMMENT ON COLUMN import_job.file IS 'the name of the sheet'",
    "COMMENT ON COLUMN import_job.plan IS 'what the sheet changes, in figures'",
    "COMMENT ON COLUMN import_job.moved_at IS 'when it was last seen at work'",
)

_GRANTS = (
    "GRANT SELECT, INSERT ON sign_in_log TO termledger_service",
    "GRANT SELECT, INSERT, UPDATE ON api_token TO termledger_service",
    """GRANT SELECT, INSERT, UPDATE, DELETE ON account, session, attempt, pending, saved_view, import_job
       TO termledger_service""",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO termledger_service",
)
