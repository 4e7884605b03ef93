"""Settings of the API and the worker, from the environment: TERMLEDGER_DSN and so on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ledger.sessions import Limits

T = TypeVar("T")


class Settings(BaseSettings):
    """Where things are. Secrets are read from files or the environment, and never printed."""

    model_config = SettingsConfigDict(env_prefix="TERMLEDGER_", frozen=True)

    dsn: SecretStr
    """PostgreSQL connection string of the service's login."""
    temporal: str = "127.0.0.1:7233"
    """Temporal's address."""
    namespace: str = "default"
    host: str = "127.0.0.1"
    port: int = 8080
    pool: int = Field(16, ge=2, le=200)
    """Database connections of one process."""
    tenant: str | None = None
    """Whom people sign in to; not needed when there is only one. Without it the sign-in page asks."""
    public_url: str | None = Field(None, pattern=r"^https?://[^/?#\s]+$")
    """Where people find the pages, such as https://ledger.example.org. With https, cookies are only sent encrypted."""
    session_idle_hours: float = Field(8, gt=0, le=24 * 30)
    """A session that is not used for so long has ended."""
    session_days: float = Field(14, gt=0, le=366)
    """A session ends then, however it is used."""
    totp_keys_file: Path | None = None
    """File with the keys that second factors are sealed with; `termledger totp-keys new` makes one."""
    oidc_issuer: str | None = Field(None, pattern=r"^https?://[^?#\s]+$")
    """The address of a single sign-on (OpenID Connect)."""
    oidc_client_id: str | None = Field(None, validate_default=True)
    oidc_secret_file: Path | None = Field(None, validate_default=True)
    """File with the client's secret."""
    oidc_label: str = "SSO"
    """What the single sign-on is called on the sign-in page."""
    oidc_claim: str = "preferred_username"
    """The claim that holds a person's login here. Set it to one that people cannot change themselves."""

    @field_validator("oidc_client_id", "oidc_secret_file")
    @classmethod
    def _comes_with_an_issuer(cls, value: T, info: ValidationInfo) -> T:
        if value is None and info.data.get("oidc_issuer") is not None:
            raise ValueError("needed beside oidc_issuer")
        return value

    @property
    def is_https(self) -> bool:
        """Whether people reach the pages encrypted."""
        return self.public_url is not None and self.public_url.startswith("https://")

    @property
    def session_limits(self) -> Limits:
        """How long sessions live."""
        return Limits(timedelta(hours=self.session_idle_hours), timedelta(days=self.session_days))

    def oidc_secret(self) -> str:
        """Read the client's secret."""
        assert self.oidc_secret_file is not None, "asked for only where single sign-on is set up"
        return self.oidc_secret_file.read_text().strip()
