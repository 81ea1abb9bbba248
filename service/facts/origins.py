"""Where assets come from that say nothing of it themselves: as one attestation has settled it for all the shots that it names."""

from __future__ import annotations

from dataclasses import replace

from service.facts.library import Library, View


def settle(library: Library) -> None:
    """Give every silent asset the origin that was attested of it; where two attestations differ, nobody knows."""
    for view in library.of("asset"):
        if not view.body.get("origin") and len(found := _attested(library, view)) == 1:
            library.replace(replace(view, body={**view.body, "origin": found.pop()}))


def _attested(library: Library, view: View) -> set[str]:
    named = library.get(view.body.get("origin_evidence"))
    papers = [*library.about(view.id, "evidence", "origin", ("origin_of", "subject")), *([named] if named else [])]
    return {str(one.details["origin"]) for one in papers if one.type == "origin" and one.details.get("origin")}
