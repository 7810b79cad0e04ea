"""Signed head lists as files: reading them, and checking that they were signed and follow from each other."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from shixun.ledger.chain import genesis
from shixun.ledger.findings import Finding
from shixun.ledger.keys import fingerprint, signed_by

HEADS_FORMAT = "shixun-ledger-heads/1"


@dataclass(frozen=True)
class SignedList:
    """One head list. `heads`: hash_0 of a chain → (length, hash). `text` is what the signature is over."""

    number: int
    previous: str | None
    heads: dict[str, tuple[int, str]]
    key: str
    text: bytes
    signature: str
    public_key: str

    def head_of(self, center_id: str) -> tuple[int, str] | None:
        """Length and hash that the list gives for a center's chain."""
        return self.heads.get(genesis(center_id))

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text).hexdigest()


def parse(document: dict[str, Any]) -> SignedList:
    """A list from its file's content. Raises `ValueError` for anything else."""
    try:
        text = document["list"].encode()
        body = json.loads(text)
        if body["format"] != HEADS_FORMAT:
            raise ValueError(f"not a head list of the format {HEADS_FORMAT}")
        return SignedList(
            number=int(body["number"]),
            previous=body["previous"],
            heads={item["chain"]: (int(item["length"]), str(item["head"])) for item in body["heads"]},
            key=str(body["key"]),
            text=text,
            signature=str(document["signature"]),
            public_key=str(document["public_key"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a head list: {error}") from None


def read(path: Path) -> list[SignedList]:
    """The lists of a file, or of all `heads-*.json` below a folder."""
    files = sorted(path.rglob("heads-*.json")) if path.is_dir() else [path]
    return [parse(json.loads(file.read_text(encoding="utf-8"))) for file in files]


def unique(lists: Iterable[SignedList]) -> list[SignedList]:
    """Each list once, by number. Two different ones of the same number both stay: that is a finding."""
    return sorted({(item.number, item.text, item.signature): item for item in lists}.values(), key=lambda i: i.number)


def check(lists: list[SignedList], key: Ed25519PublicKey | None) -> tuple[list[SignedList], list[Finding]]:
    """Split lists into those that carry the signature of `key` and findings. None: the key that the first one names."""
    key = key or (_own_key(lists[0]) if lists else None)
    trusted: list[SignedList] = []
    findings: list[Finding] = []
    longest: dict[str, int] = {}
    for item in lists:
        if key is None or fingerprint(key) != item.key or not signed_by(key, item.signature, item.text):
            findings.append(Finding("signature", values={"list": item.number}))
            continue
        last = trusted[-1] if trusted else None
        if last is not None and last.number == item.number and last.text != item.text:
            findings.append(Finding("list-twice", values={"list": item.number}))
        if last is not None and last.number + 1 == item.number and item.previous != last.digest:
            findings.append(Finding("list-link", values={"list": item.number}))
        if any(item.heads.get(chain, (0, ""))[0] < length for chain, length in longest.items()):
            findings.append(Finding("list-shrinks", values={"list": item.number}))
        longest.update({c: max(length, longest.get(c, 0)) for c, (length, _head) in item.heads.items()})
        trusted.append(item)
    return trusted, findings


def _own_key(item: SignedList) -> Ed25519PublicKey | None:
    try:
        own = load_pem_public_key(item.public_key.encode())
    except ValueError:
        return None
    return own if isinstance(own, Ed25519PublicKey) else None
