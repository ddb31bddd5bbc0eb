"""Settings from the environment or `.env`; the defaults run the demo."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.networks import parse_networks

RESERVED_FILES = 128
"""Files that connections leave for databases, logs and our own requests to providers."""


class Settings(BaseSettings):
    """What differs between installations; the names are the environment variables', in capitals."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    log_level: str = "INFO"
    trusted_proxies: str = "127.0.0.1,::1"
    max_connections: int = Field(1000, ge=1)
    max_connections_per_address: int = Field(128, ge=1)
    read_timeout_seconds: int = Field(15, ge=1, le=300)
    data_dir: Path = Path("data")
    database_url: str = ""
    redis_url: str = ""
    public_url: str = ""
    secret_key: str = ""
    secret_key_previous: str = ""

    access_token_minutes: int = Field(15, ge=1, le=1440)
    refresh_token_days: int = Field(30, ge=1, le=400)
    cors_origins: str = ""
    limit_anonymous: int = Field(100, ge=1)
    limit_signed_in: int = Field(1000, ge=1)
    sign_in_codes_per_day: int = Field(200, ge=1)
    shops_by_anyone: bool = False

    telegram_bot_token: str = ""
    telegram_owner_bot_token: str = ""
    telegram_api_url: str = "https://api.telegram.org"
    telegram_webhook_secret: str = ""

    twilio_account_sid: str = ""
    twilio_auth_token: str = ""
    twilio_sms_from: str = ""
    twilio_whatsapp_from: str = ""
    twilio_messaging_service_sid: str = ""
    twilio_api_url: str = "https://api.twilio.com"
    twilio_content_sids: str = ""
    twilio_rates: str = ""

    stripe_secret_key: str = ""
    stripe_webhook_secret: str = ""
    stripe_api_url: str = "https://api.stripe.com"
    razorpay_key_id: str = ""
    razorpay_key_secret: str = ""
    razorpay_webhook_secret: str = ""
    razorpay_api_url: str = "https://api.razorpay.com"

    metrics_port: int = Field(0, ge=0, le=65535)
    metrics_token: str = ""
    ready_outbox_seconds: int = Field(1800, ge=1)
    ready_worker_seconds: int = Field(120, ge=1)

    smtp_url: str = ""
    mail_from: str = ""

    keep_talks_days: int = Field(7, ge=2)
    keep_codes_days: int = Field(30, ge=2)
    keep_inbox_days: int = Field(90, ge=2)
    keep_outbox_days: int = Field(180, ge=2)
    keep_holds_days: int = Field(30, ge=2)
    keep_sign_ins_days: int = Field(90, ge=2)
    keep_audit_days: int = Field(730, ge=30)

    @field_validator("public_url", "telegram_api_url", "twilio_api_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        # Twilio signs PUBLIC_URL + path: a trailing slash would break every signature.
        return value.rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        parse_networks(value)
        return value

    @field_validator("database_url")
    @classmethod
    def _with_async_driver(cls, value: str) -> str:
        # Hosting panels provide URLs without a driver; ours are the async ones.
        for plain, ours in (
            ("postgres://", "postgresql+asyncpg://"),
            ("postgresql://", "postgresql+asyncpg://"),
            ("sqlite://", "sqlite+aiosqlite://"),
        ):
            if value.startswith(plain):
                return ours + value.removeprefix(plain)
        return value

    @property
    def effective_database_url(self) -> str:
        """Return `DATABASE_URL`, else the URL of a SQLite file in `DATA_DIR`."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'slotline.db'}"

    @property
    def twilio_content_url(self) -> str:
        """Return the base of Twilio's Content API, which has a different host than its API."""
        if self.twilio_api_url == type(self).model_fields["twilio_api_url"].default:
            return "https://content.twilio.com"
        return self.twilio_api_url

    @property
    def twilio_messaging_url(self) -> str:
        """Return the base of Twilio's Messaging API, which has a different host than its API."""
        if self.twilio_api_url == type(self).model_fields["twilio_api_url"].default:
            return "https://messaging.twilio.com"
        return self.twilio_api_url

    @property
    def public_base_url(self) -> str:
        """Return the base URL of links sent to people, without a trailing slash."""
        return self.public_url or f"http://{self.host}:{self.port}"
