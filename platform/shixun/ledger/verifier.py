"""The offline verifier: `python -m shixun.ledger.verifier EXPORT [--statement FILE] [--heads FILE|FOLDER] [--key FILE]`.

It needs Python, `rfc8785` and `cryptography`, no database and no web framework, and trusts nothing of the platform: it computes
a center's chain from the exported records, holds it against head lists that somebody kept elsewhere, checks their signatures, and
counts every figure of a statement again. An export is a text file of JSON lines: a header, the records in order of their
sequence numbers, then the newest signed head list. Exit status: 0 all holds, 1 something is broken, 2 it can't be read.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shixun.ledger import signatures
from shixun.ledger.chain import genesis, link
from shixun.ledger.findings import TEXTS, Finding, explain
from shixun.ledger.keys import fingerprint, load_public
from shixun.ledger.signatures import SignedList

EXPORT_FORMAT = "shixun-ledger-export/1"
STATEMENT_FORMAT = "shixun-statement/1"
# The counting lives in a feature above the ledger, so it is reached by name: (statement, records) -> figures.
RECOUNT = ("shixun.volume.statement", "recount")
Records = Iterable[tuple[int, dict[str, Any]]]
Recount = Callable[[dict[str, Any], Callable[[], Records]], dict[str, dict[str, Any]]]


@dataclass
class Report:
    """What was checked and what was found. `findings` is in the order of the chain: the first one names where it breaks."""

    center: str = ""
    length: int = 0
    head: str = ""
    lists: int = 0
    signed_length: int = 0
    key: str | None = None
    key_pinned: bool = False
    figures: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.findings

    def as_json(self, language: str) -> dict[str, Any]:
        found = asdict(self)
        found["findings"] = [{**asdict(item), "text": explain(item, language)} for item in self.findings]
        return {"ok": self.ok, **found}


class ChainCheck:
    """Follows one chain record by record. Only the first break is reported: what comes after it proves nothing."""

    def __init__(self, center_id: str, watch: Iterable[int] = ()) -> None:
        self.center_id = center_id
        self.length = 0
        self.head = genesis(center_id)
        self.broken: Finding | None = None
        self._watch = set(watch)
        self.at: dict[int, str] = {0: self.head}  # hashes at the lengths that head lists speak of

    def feed(self, seq: int, stored_hash: str, canonical: bytes | None) -> dict[str, Any] | None:
        """Take the next record; returns it parsed, or None once the chain is broken. `canonical` None: the entry is gone."""
        expected, self.length = self.length + 1, self.length + 1
        if self.broken is not None:
            return None
        if seq != expected:
            code = "missing" if seq > expected else "order"
            self.broken = Finding(code, seq=expected, values={"found": seq})
            return None
        if canonical is None:
            self.broken = Finding("deleted", seq=seq)
            return None
        try:
            record = json.loads(canonical)
            entry = record["id"]
        except (ValueError, KeyError, TypeError):
            self.broken = Finding("unreadable", seq=seq)
            return None
        self.head = link(self.head, canonical)
        if self.head != stored_hash:
            self.broken = Finding("changed", seq=seq, entry=entry)
            return None
        if record.get("center") != self.center_id:
            self.broken = Finding("foreign", seq=seq, entry=entry)
            return None
        if seq in self._watch:
            self.at[seq] = self.head
        return record  # type: ignore[no-any-return]

    def hold_against(self, lists: list[SignedList]) -> list[Finding]:
        """What the chain and the signed heads of this center say of each other, in order of the lists."""
        found: list[Finding] = [self.broken] if self.broken is not None else []
        sound = 0
        for item in sorted(lists, key=lambda one: one.number):
            claimed = item.head_of(self.center_id)
            if claimed is None or (self.broken is not None and claimed[0] >= (self.broken.seq or 0)):
                continue
            length, head = claimed
            if length > self.length:
                found.append(Finding("truncated", seq=self.length + 1, values={"list": item.number, "length": length}))
                break
            if self.at.get(length) != head:
                values = {"list": item.number, "first": sound + 1, "last": length}
                found.append(Finding("rewritten", seq=sound + 1, values=values))
                break
            sound = length
        return found


def verify_export(
    path: Path,
    *,
    statements: Iterable[dict[str, Any]] = (),
    lists: Iterable[SignedList] = (),
    key: Ed25519PublicKey | None = None,
    recount: Recount | None = None,
) -> Report:
    """Check one export and what is claimed from it. Raises `ValueError` where the file isn't an export.

    `lists` are head lists from elsewhere, on top of the one in the export; `key` is the key that must have signed them
    (without it the lists' own key is used, which a forger could have brought: `Report.key_pinned` says which it was).
    """
    header, embedded = _frame(path)
    center_id = header["center"]["id"]
    report = Report(center=center_id, key_pinned=key is not None)
    every = signatures.unique([*embedded, *lists])
    report.lists = len(every)
    trusted, findings = signatures.check(every, key)
    claims = list(statements)
    watch = lengths(trusted, center_id)
    watch += [claim.get("ledger", {}).get("seq", 0) for claim in claims]
    check = ChainCheck(center_id, watch)
    for seq, stored, canonical in _lines(path):
        check.feed(seq, stored, canonical)
    report.length, report.head = check.length, check.head
    if trusted:
        report.key = trusted[-1].key
        report.signed_length = watch[len(trusted) - 1]
    elif key is not None:
        report.key = fingerprint(key)
    report.findings = check.hold_against(trusted) + findings
    if (check.length, check.head) != (header.get("length"), header.get("head")) and check.broken is None:
        report.findings.append(Finding("header", seq=check.length, values={"length": header.get("length")}))
    for claim in claims:
        figures, wrong = verify_statement(claim, check, lambda: _records(path), recount or default_recount())
        report.figures[str(claim.get("year"))] = figures
        report.findings += wrong
    return report


def lengths(lists: Iterable[SignedList], center_id: str) -> list[int]:
    """The lengths that lists give for a center's chain, 0 where they don't know it."""
    return [(item.head_of(center_id) or (0, ""))[0] for item in lists]


def verify_statement(
    claim: dict[str, Any], check: ChainCheck, records: Callable[[], Records], recount: Recount
) -> tuple[dict[str, Any], list[Finding]]:
    """Count a statement's figures again from the records up to the head that it names."""
    if claim.get("format") != STATEMENT_FORMAT:
        return {}, [Finding("statement-format")]
    if claim["center"]["id"] != check.center_id:
        return {}, [Finding("statement-center")]
    seq = claim["ledger"]["seq"]
    if check.at.get(seq) != claim["ledger"]["hash"]:
        return {}, [Finding("statement-head", seq=seq)]

    def until() -> Iterator[tuple[int, dict[str, Any]]]:
        return (item for item in records() if item[0] <= seq)

    try:
        counted = recount(claim, until)
    except (ValueError, KeyError, TypeError) as error:
        return {}, [Finding("statement-rule", values={"error": str(error)})]
    findings = []
    for name in sorted(claim["figures"].keys() | counted.keys()):
        said, is_ = claim["figures"].get(name, {}), counted.get(name, {})
        for part in ("value", "entries"):
            if said.get(part) != is_.get(part):
                values = {"figure": name, "part": part, "said": said.get(part), "is": is_.get(part)}
                findings.append(Finding("figure", values=values))
                break
    return {name: item["value"] for name, item in counted.items()}, findings


def default_recount() -> Recount:
    """The platform's own counting, which needs neither Flask nor a database."""
    found: Recount = getattr(import_module(RECOUNT[0]), RECOUNT[1])
    return found


def _parsed(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                item = json.loads(line)
            except ValueError as error:
                raise ValueError(f"{path}:{number}: not a line of an export: {error}") from None
            if not isinstance(item, dict):
                raise ValueError(f"{path}:{number}: not a line of an export")
            yield item


def _frame(path: Path) -> tuple[dict[str, Any], list[SignedList]]:
    """The header and the head lists of an export."""
    header: dict[str, Any] | None = None
    lists = []
    for item in _parsed(path):
        if item.get("type") == "header":
            header = item
        elif item.get("type") == "head-list":
            lists.append(signatures.parse(item))
    if header is None or header.get("format") != EXPORT_FORMAT:
        raise ValueError(f"{path}: not an export of a ledger ({EXPORT_FORMAT})")
    return header, lists


def _lines(path: Path) -> Iterator[tuple[int, str, bytes]]:
    for item in _parsed(path):
        if item.get("type") == "record":
            yield item["seq"], item["hash"], item["record"].encode()


def _records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for seq, _hash, canonical in _lines(path):
        yield seq, json.loads(canonical)


def summary(report: Report, language: str) -> str:
    """The report as people read it."""
    lines = [TEXTS["chain"][language].format(**asdict(report))]
    if report.lists:
        pinned = "key-pinned" if report.key_pinned else "key-own"
        lines.append(TEXTS["lists"][language].format(**asdict(report)) + TEXTS[pinned][language])
    else:
        lines.append(TEXTS["no-lists"][language])
    for year, figures in report.figures.items():
        counted = ", ".join(f"{name} = {value}" for name, value in figures.items())
        lines.append(TEXTS["figures"][language].format(year=year, counted=counted))
    lines += ["✗ " + explain(item, language) for item in report.findings]
    lines.append(TEXTS["ok" if report.ok else "broken"][language])
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m shixun.ledger.verifier", description=__doc__)
    parser.add_argument("export", type=Path)
    parser.add_argument("--statement", type=Path, action="append", default=[], help="a statement of figures (JSON)")
    parser.add_argument("--heads", type=Path, action="append", default=[], help="published head lists: file or folder")
    parser.add_argument("--key", type=Path, help="public key (PEM) that must have signed them")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    default = "zh" if os.environ.get("LANG", "").startswith("zh") else "en"
    parser.add_argument("--lang", choices=["zh", "en"], default=default)
    args = parser.parse_args(arguments)
    try:
        report = verify_export(
            args.export,
            statements=[json.loads(path.read_text(encoding="utf-8")) for path in args.statement],
            lists=[item for path in args.heads for item in signatures.read(path)],
            key=load_public(args.key) if args.key else None,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    text = json.dumps(report.as_json(args.lang), ensure_ascii=False) if args.json else summary(report, args.lang)
    sys.stdout.write(text + "\n")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
