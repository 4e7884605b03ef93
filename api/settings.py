"""Settings of the API and the worker, from the environment: TERMLEDGER_DSN and so on."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.tokens import read_key


class Settings(BaseSettings):
    """Where things are. Secrets are read from files or the environment, and never printed."""

    model_config = SettingsConfigDict(env_prefix="TERMLEDGER_", frozen=True)

    dsn: SecretStr
    """PostgreSQL connection string of the service's login."""
    token_key_file: Path
    """File with the key that signs bearer tokens."""
    temporal: str = "127.0.0.1:7233"
    """Temporal's address."""
    namespace: str = "default"
    host: str = "127.0.0.1"
    port: int = 8080
    pool: int = Field(16, ge=2, le=200)
    """Database connections of one process."""

    def token_key(self) -> bytes:
        """Read the signing key."""
        return read_key(self.token_key_file)
