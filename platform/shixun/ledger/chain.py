"""The chain of one center, as arithmetic. Nothing here needs a database: the offline verifier uses the same lines.

hash_0 = SHA-256(canonical {"center": id, "format": "shixun-ledger/1"}), so a chain can't be passed off as another center's;
hash_n = SHA-256(hash_{n-1} ‖ canonical bytes of entry n). Hashes are lower-case hex in files and in the database.
"""

import hashlib

import rfc8785

CHAIN_FORMAT = "shixun-ledger/1"


def genesis(center_id: str) -> str:
    """hash_0 of a center's chain, hex."""
    return hashlib.sha256(rfc8785.dumps({"format": CHAIN_FORMAT, "center": center_id})).hexdigest()


def link(previous: str, canonical: bytes) -> str:
    """hash_n, hex, of an entry's canonical bytes after `previous` (hex)."""
    return hashlib.sha256(bytes.fromhex(previous) + canonical).hexdigest()
