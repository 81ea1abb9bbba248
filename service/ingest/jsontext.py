"""JSON from strangers: bounded, and read so that no number changes on the way.

Generators write `NaN` where JSON has none, and seeds beyond 2^53: integers stay integers, decimals become `Decimal`, NaN and the
infinities become `None`. Whatever cannot be read is `errors.Invalid` with the pointer the caller names.
"""

import json
from decimal import Decimal
from typing import Any

from service import errors


def parse(text: str | bytes, pointer: str, limit: int) -> Any:
    """Return the value of `text`; refuses more than `limit` characters, broken JSON and nesting too deep to walk."""
    if len(text) > limit:
        raise errors.TooLarge(f"The JSON at {pointer} is longer than {limit} bytes.", code="metadata_too_large")
    try:
        return json.loads(text, parse_float=_decimal, parse_constant=_none)
    except RecursionError:
        raise errors.invalid(pointer, "The JSON is nested too deeply to be read; send a flatter one.", "too_deep") from None
    except ValueError as error:
        raise errors.invalid(pointer, f"This is not JSON: {str(error)[:120]}. Send the text as the tool wrote it.", "not_json") from None


def _decimal(text: str) -> Decimal | None:
    value = Decimal(text)
    return value if abs(value.adjusted()) < 400 else None


def _none(_: str) -> None:
    """NaN and the infinities say nothing."""
    return
