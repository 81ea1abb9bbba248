"""What was signed with a certificate: the assets whose manifests have to be signed again when it is no longer trusted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from psycopg.rows import class_row

from schemas import dates
from service import errors
from service.context import Context

_HEXADECIMAL: Final = re.compile(r"(?:0x)?((?:[0-9a-f]:?){1,80})", re.IGNORECASE)
# Only what holds one of the spellings is parsed; a hit is compared in full afterwards.
_SIGNINGS: Final = """
SELECT told #>> '{asset}' AS asset, told #>> '{serial}' AS serial, told #>> '{signer}' AS signer, told #>> '{signed_at}' AS signed_at
FROM (
    SELECT convert_from(entry.bytes, 'UTF8')::json #> '{body,details}' AS told FROM head
    JOIN entry ON entry.studio_id = head.studio_id AND entry.index = head.index
    WHERE head.studio_id = %(studio_id)s AND head.kind = 'evidence' AND head.type = 'credential'
      AND (%(within)s::text[] IS NULL OR head.productions = '{}' OR head.productions && %(within)s::text[])
      AND EXISTS (SELECT FROM unnest(%(spellings)s::bytea[]) AS spelt WHERE position(spelt IN entry.bytes) > 0)
) AS signing
"""


@dataclass(frozen=True, slots=True)
class _Signing:
    asset: str
    serial: str | None
    signer: str | None
    signed_at: str | None


def assets(context: Context, serial: str, *, issuer: str | None = None, trusted_until: str | None = None) -> list[str]:
    """The assets signed with the certificate, and not surely before it lost its trust; `NotFound` where it signed none.

    A signing that does not say by whom or when is counted in: what is not known may have to be done again.
    """
    found = [one for one in _signings(context, serial) if issuer is None or _issued_by(one, issuer)]
    if not found:
        told = f"No asset that you may see was signed with a certificate of the serial {serial[:60]!r}"
        remedy = (
            f" by the issuer {issuer[:60]!r}; leave issuer out to see every issuer."
            if issuer
            else "; credential evidence says which there are."
        )
        raise errors.NotFound(told + remedy, "not_found")
    return sorted(
        {one.asset for one in found if not (trusted_until and one.signed_at and dates.surely_before(one.signed_at, trusted_until))}
    )


def _signings(context: Context, serial: str) -> list[_Signing]:
    limits, spellings = context.actor.productions, _spellings(serial)
    values = {
        "studio_id": context.studio_id,
        "within": None if limits is None else sorted(limits),
        "spellings": [one.encode() for one in sorted(spellings)],
    }
    with context.conn.cursor(row_factory=class_row(_Signing)) as cursor:
        return [one for one in cursor.execute(_SIGNINGS, values) if one.serial in spellings]


def _spellings(serial: str) -> frozenset[str]:
    """The serial as it is written, and in decimal where it is hexadecimal beyond doubt: revocation lists write `0A:1B`, manifests decimal."""
    match = _HEXADECIMAL.fullmatch(serial)
    return frozenset({serial, *([str(int(match[1].replace(":", ""), 16))] if match and not serial.isdigit() else [])})


def _issued_by(signing: _Signing, issuer: str) -> bool:
    return signing.signer is None or signing.signer.casefold().endswith(f", {issuer.casefold()}")
