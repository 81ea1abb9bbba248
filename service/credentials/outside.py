"""Reads a signed file as a stranger would: with the C2PA library alone and one anchor, and nothing else of ours.

`python -m service.credentials.outside FILE MEDIA_TYPE CA.PEM [SIDECAR]` prints the validation state.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from c2pa import Context, Reader


def state(file: Path, media_type: str, anchor: Path, sidecar: Path | None = None) -> str:
    """Return the state that the library gives: Trusted, Valid or Invalid; raises the library's error for anything else."""
    settings = {
        "trust": {"anchors": [{"trust_kind": "manifest", "trust_uri": "urn:anchor", "trust_anchors": anchor.read_text()}]},
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
        "core": {"allowed_network_hosts": []},
    }
    manifest = sidecar.read_bytes() if sidecar else None
    with file.open("rb") as stream, Reader(media_type, stream, manifest, context=Context.from_dict(settings)) as reader:
        return str(json.loads(reader.json())["validation_state"])


if __name__ == "__main__":
    words = sys.argv[1:]
    sys.stdout.write(state(Path(words[0]), words[1], Path(words[2]), Path(words[3]) if len(words) > 3 else None) + "\n")
