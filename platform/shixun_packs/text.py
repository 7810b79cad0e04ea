"""What packs are made of: text in both languages, slugs, versions, and the base of all pack models."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text.strip()


Text = Annotated[str, AfterValidator(_not_blank)]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")]
Version = Annotated[str, Field(pattern=r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$")]


class PackModel(BaseModel):
    """Base of everything read from TOML: exact types, no unknown keys, unchangeable."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class LocalText(PackModel):
    """A text in Chinese and English, neither of them empty."""

    zh: Text
    en: Text

    def get(self, lang: str) -> str:
        """The text for a language tag (`zh`, `zh-CN`, `zh_Hans_CN`, `en` …): Chinese for zh, English for all others."""
        return self.zh if lang.lower().startswith("zh") else self.en


class LocalList(PackModel):
    """A list of texts in both languages, entry by entry."""

    zh: list[Text] = Field(min_length=1)
    en: list[Text] = Field(min_length=1)

    @model_validator(mode="after")
    def _same_length(self) -> LocalList:
        if len(self.zh) != len(self.en):
            raise ValueError(f"has {len(self.zh)} entries in zh and {len(self.en)} in en")
        return self

    def get(self, lang: str) -> list[str]:
        """The list for a language tag, as `LocalText.get`."""
        return self.zh if lang.lower().startswith("zh") else self.en
