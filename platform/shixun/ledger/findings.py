"""What the verifier can find, in words. It runs where the platform's translations are not, so it carries both languages."""

from dataclasses import dataclass, field
from typing import Any

TEXTS: dict[str, dict[str, str]] = {
    "missing": {
        "zh": "第 {seq} 条记录缺失：此处出现的是第 {found} 条",
        "en": "entry {seq} is missing: number {found} stands in its place",
    },
    "order": {
        "zh": "第 {seq} 条处次序错乱：此处出现的是第 {found} 条",
        "en": "the order breaks at entry {seq}: number {found} stands in its place",
    },
    "deleted": {
        "zh": "第 {seq} 条的凭证已被删除，仅剩其封存记录",
        "en": "entry {seq} was deleted: only its seal is left",
    },
    "unreadable": {"zh": "第 {seq} 条无法读取", "en": "entry {seq} can't be read"},
    "changed": {
        "zh": "第 {seq} 条（{entry}）或其在链中的位置被改动：哈希不符",
        "en": "entry {seq} ({entry}) or its place was changed: its hash does not fit",
    },
    "foreign": {
        "zh": "第 {seq} 条（{entry}）属于另一个中心",
        "en": "entry {seq} ({entry}) belongs to another center",
    },
    "column": {
        "zh": "第 {seq} 条（{entry}）的检索列 {column} 与其原文不一致",
        "en": "entry {seq} ({entry}): the column {column} differs from the canonical text",
    },
    "unsealed": {
        "zh": "凭证 {entry} 既未封存，也不在待封存之列",
        "en": "entry {entry} is neither sealed nor waiting for it",
    },
    "truncated": {
        "zh": "链尾被截断：已公布的链头清单第 {list} 号记有 {length} 条，自第 {seq} 条起缺失",
        "en": "the tail was cut off: published head list {list} covers {length} entries, those from {seq} on are gone",
    },
    "rewritten": {
        "zh": "第 {first} 至 {last} 条之间的记录在链头清单第 {list} 号公布之后被改写",
        "en": "something between entries {first} and {last} was rewritten after head list {list} was published",
    },
    "signature": {
        "zh": "链头清单第 {list} 号的签名无效",
        "en": "head list {list} does not carry the signature of the key",
    },
    "list-link": {
        "zh": "链头清单第 {list} 号与其前一号不衔接",
        "en": "head list {list} does not follow from the one before it",
    },
    "list-shrinks": {
        "zh": "链头清单第 {list} 号记录的链比之前的更短",
        "en": "head list {list} gives a chain as shorter than an earlier list did",
    },
    "list-twice": {
        "zh": "存在两份不同的链头清单，编号均为 {list}",
        "en": "there are two different head lists with the number {list}",
    },
    "header": {
        "zh": "导出文件开头所写的长度（{length}）或链头与其中的记录不符",
        "en": "the export's own length ({length}) or head does not fit its records",
    },
    "statement-format": {"zh": "声明的格式未知", "en": "the statement's format is unknown"},
    "statement-center": {"zh": "声明属于另一个中心", "en": "the statement is about another center"},
    "statement-head": {
        "zh": "声明所依据的链头（第 {seq} 条）不在这份导出的链中",
        "en": "the head that the statement names (entry {seq}) is not in this chain",
    },
    "statement-rule": {"zh": "声明无法重新计数：{error}", "en": "the statement can't be counted again: {error}"},
    "figure": {
        "zh": "数字“{figure}”不符（{part}）：声明为 {said}，重新计数为 {is}",
        "en": "the figure {figure} is wrong ({part}): stated {said}, counted {is}",
    },
    "chain": {"zh": "中心 {center}：{length} 条，链头 {head}", "en": "center {center}: {length} entries, head {head}"},
    "lists": {
        "zh": "链头清单 {lists} 份，签名覆盖至第 {signed_length} 条，密钥指纹 {key}",
        "en": "{lists} head lists, signed up to entry {signed_length}, key {key}",
    },
    "key-pinned": {"zh": "（由您指定的密钥核对）", "en": " (checked with the key that you gave)"},
    "key-own": {
        "zh": "（密钥来自文件本身：请与另行取得的指纹核对）",
        "en": " (the key came with the file: compare its fingerprint with one from elsewhere)",
    },
    "no-lists": {
        "zh": "没有已签名的链头清单：只能证明链自身一致",
        "en": "no signed head list: this shows only that the chain is consistent in itself",
    },
    "figures": {"zh": "{year} 年重新计数：{counted}", "en": "counted again for {year}: {counted}"},
    "ok": {"zh": "核验通过。", "en": "All of it holds."},
    "broken": {"zh": "核验未通过。", "en": "This does not hold."},
}


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold; `code` is a key of `TEXTS`, `seq` and `entry` say where."""

    code: str
    seq: int | None = None
    entry: str | None = None
    values: dict[str, Any] = field(default_factory=dict)


def explain(finding: Finding, language: str) -> str:
    """The finding as a sentence in `zh` or `en`."""
    values = {key: _short(value) for key, value in finding.values.items()}
    return TEXTS[finding.code][language].format(**{"seq": finding.seq, "entry": finding.entry, **values})


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "…"
