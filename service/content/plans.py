"""What somebody only planned and asked about, as decisions keep it: sealed as a document is, under people's keys or the studio's.

Earlier editions kept it under the studio's key in a form of its own, and before that in the clear; both are read, and can be removed.
"""

from __future__ import annotations

from service.content.encrypted import Documents, is_sealed

LIMIT = 256 * 1024 * 1024


def read(documents: Documents, studio_id: str, digest: str) -> bytes:
    """The plan as it was put; raises Erased, Unreadable, and NotFound where it was removed."""
    kept = documents.store.read(digest, limit=LIMIT)
    if kept.startswith(b"{"):
        return kept
    if not is_sealed(kept):
        return documents.vault.open(studio_id, None, kept)
    return b"".join(documents.read(studio_id, digest))


def goes_with_a_key(documents: Documents, digest: str) -> bool:
    """Whether it lies under the keys of people, so that it goes with any of them; raises NotFound."""
    with documents.store.open(digest) as file:
        head = file.read(4)
    return is_sealed(head) and documents.subject(digest) is not None
