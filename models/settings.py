"""Every setting of the product in one place: environment (`CALMDESK_…`, nested with `__`) over an optional TOML file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from models.settings_detection import DetectionSettings
from models.settings_figures import FigureSettings
from models.settings_intake import IntakeSettings
from models.settings_learning import LearningSettings
from models.settings_notices import NoticeSettings
from models.settings_public import PublicSettings
from models.settings_records import RecordsSettings
from models.settings_solutions import SolutionSettings

CONFIG_VARIABLE = "CALMDESK_CONFIG"


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AuthSettings(_Group):
    """Signing in."""

    token_hours: float = Field(default=12, gt=0, le=24 * 30, description="Hours until an access token expires")
    lockout_failures: int = Field(default=5, ge=3, le=100, description="Wrong passwords in a row that lock an account")
    lockout_minutes: float = Field(default=15, ge=1, le=24 * 60, description="Minutes an account stays locked")


class StreamSettings(_Group):
    """One live conversation and what the server takes of them."""

    window_packets: int = Field(default=300, ge=10, le=10_000, description="Packets a phone may send above the last acknowledged one")
    session_seconds_max: int = Field(default=6 * 3600, ge=60, le=24 * 3600, description="Longest conversation, in seconds of audio")
    resume_grace_seconds: float = Field(
        default=600, ge=5, le=24 * 3600, description="Seconds an interrupted conversation waits for its phone"
    )
    send_queue: int = Field(default=1000, ge=50, le=100_000, description="Messages kept for a phone that reads slowly before it is dropped")
    hello_seconds: float = Field(default=10, ge=1, le=120, description="Seconds a new connection has to say hello")
    max_sessions: int = Field(default=8, ge=1, le=1000, description="Conversations at the same time; more are told to come back")
    free_bytes_min: int = Field(default=200_000_000, ge=1_000_000, description="Free bytes below which no new audio is taken")


class AsrSettings(_Group):
    """Speech to text."""

    model: str = Field(
        default="bundled", min_length=1, description="`bundled`, a folder with a CTranslate2 model, or a hub name (`large-v3-turbo`)"
    )
    device: Literal["cpu", "cuda", "auto"] = Field(default="cpu", description="Where the model runs")
    compute_type: Literal["auto", "int8", "int8_float16", "float16", "float32"] = Field(
        default="auto", description="Number format of the weights; `auto` is int8 on the CPU and float16 on a GPU"
    )
    threads: int = Field(default=2, ge=1, le=128, description="CPU threads of one transcription")
    beam: int = Field(default=5, ge=1, le=20, description="Hypotheses kept while decoding a final")
    listen_twice: Literal["auto", "on", "later", "off"] = Field(
        default="auto",
        description="A second listening to doubtful finals: `on` before the text is told (better, later), `later` after it (adds terms); "
        "`auto` is `on` with a GPU and `later` without",
    )
    partial_interval: float = Field(default=0.8, ge=0.2, le=10, description="Seconds between two partial transcripts of one utterance")


class PromptSettings(_Group):
    """How much is put on the staff member's screen."""

    session_cap: int = Field(default=12, ge=1, le=200, description="Prompts in one conversation at most")
    cool_down_seconds: float = Field(default=45, ge=5, le=600, description="Seconds between two prompts of one kind")
    max_on_screen: int = Field(default=3, ge=1, le=5, description="Prompt cards on the phone at the same time")
    language: Literal["zh", "en"] = Field(default="zh", description="Language of the prompt's reasons")


class Settings(BaseSettings):
    """The whole configuration. Unknown names in the file are refused, so that a typing error is found at start."""

    model_config = SettingsConfigDict(env_prefix="CALMDESK_", env_nested_delimiter="__", extra="forbid", frozen=True)

    data_dir: Path = Field(default=Path("var"), description="Folder of the database, recordings and caches")
    database_url: str = Field(
        default_factory=lambda data: f"sqlite+aiosqlite:///{data['data_dir'] / 'calmdesk.db'}",
        description="SQLAlchemy address; SQLite in the data folder, or `postgresql+psycopg://user@host/name`",
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="Address to listen on; `0.0.0.0` lets phones on the network in")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on; 0 picks a free one")
    tls: Literal["off", "self-signed", "files"] = Field(
        default="off", description="HTTPS; a phone opens its microphone only over HTTPS or localhost"
    )
    tls_certificate: Path | None = Field(default=None, description="PEM certificate chain for `tls = files`")
    tls_key: Path | None = Field(default=None, description="PEM private key for `tls = files`")
    log_json: bool = Field(default=False, description="Log one JSON object a line instead of text for people")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least severe log line that is written")
    library_dir: Path | None = Field(default=None, description="Folder with scripts and lexicon; without it the packaged ones are used")
    auth: AuthSettings = Field(default_factory=AuthSettings)
    stream: StreamSettings = Field(default_factory=StreamSettings)
    asr: AsrSettings = Field(default_factory=AsrSettings)
    detection: DetectionSettings = Field(default_factory=DetectionSettings)
    prompts: PromptSettings = Field(default_factory=PromptSettings)
    figures: FigureSettings = Field(default_factory=FigureSettings)
    learning: LearningSettings = Field(default_factory=LearningSettings)
    intake: IntakeSettings = Field(default_factory=IntakeSettings)
    notices: NoticeSettings = Field(default_factory=NoticeSettings)
    public: PublicSettings = Field(default_factory=PublicSettings)
    records: RecordsSettings = Field(default_factory=RecordsSettings)
    solutions: SolutionSettings = Field(default_factory=SolutionSettings)

    @model_validator(mode="after")
    def _tls_files_named(self) -> Settings:
        if self.tls == "files" and (self.tls_certificate is None or self.tls_key is None):
            raise ValueError("tls = files needs tls_certificate and tls_key")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=_config_file())


def _config_file() -> Path:
    """The file named by the environment has to exist; the one beside the process is optional."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named and not Path(named).is_file():
        raise FileNotFoundError(f"{CONFIG_VARIABLE} names {named}, which is not a file")
    return Path(named or "calmdesk.toml")


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings, read once."""
    return Settings()


def _fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _fields(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, field


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "in the data folder"
    return "none" if field.default is None else f"`{field.default}`"


def _range(field: FieldInfo) -> str:
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    found: list[Any] = [(sign, getattr(rule, name)) for rule in field.metadata for name, sign in signs.items() if hasattr(rule, name)]
    if found:
        return " ".join(f"{sign} {value}" for sign, value in found)
    options = getattr(field.annotation, "__args__", ())
    return " ".join(f"`{option}`" for option in options if isinstance(option, str))


def settings_table() -> str:
    """`docs/settings.md`, whole: one row a setting with its variable, default, range and meaning."""
    rows = [
        f"| `{name}` | `CALMDESK_{name.upper().replace('.', '__')}` | {_default(field)} | {_range(field)} | {field.description} |"
        for name, field in _fields(Settings)
    ]
    head = [
        "# Settings",
        "",
        "Generated by `calmdesk docs`. Order: environment variable, then the TOML file named by `CALMDESK_CONFIG` (or `calmdesk.toml` in",
        "the working folder; `auth.token_hours` is `token_hours` in the table `[auth]`), then the default.",
        "",
        "| setting | variable | default | range | meaning |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"
