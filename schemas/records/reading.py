"""What a reader found in a manifest of content credentials: the little that a conformance rubric and an honest label ask for."""

from __future__ import annotations

from typing import Final

from schemas.fields import Body, Choice, Flag, Nested, Several, Text, Whole

_MOST: Final = 400


class ReadAction(Body):
    """One action of the manifest, in the order of the manifest."""

    action = Text(200, required=True, about="as written: c2pa.created, c2pa.opened …")
    digital_source_type = Text(200)
    created = Flag(about="whether it stands in an assertion that the signer itself created, not one it gathered")
    ingredients = Whole(about="how many ingredients it links to")
    parameters = Several(Text(200), most=100, about="names of parameters that are not of the specification")


class ReadIngredient(Body):
    """One ingredient of the manifest."""

    label = Text(200)
    relationship = Text(60)
    has_manifest = Flag()
    has_results = Flag(about="whether results of its validation are recorded")
    digital_source_type = Text(200)


class Reading(Body):
    """What stands in a manifest. A list that is `[]` was read and is empty; what is absent was not looked for."""

    label = Text(300, about="of the active manifest")
    generator = Text(500)
    specification = Text(30, about="the version of the specification that the generator names; absent when it names none")
    actions = Several(Nested(ReadAction), most=_MOST)
    actions_complete = Choice("all", "not_all", "not_said", about="what allActionsIncluded says in every actions assertion")
    assertions = Several(Text(200), most=_MOST, about="labels")
    ingredients = Several(Nested(ReadIngredient), most=_MOST)
    hard_binding = Choice("match", "mismatch", "none", "not_checked")
    linked_hashes = Several(Text(200), most=100, about="hash assertions that point elsewhere by url; [] none")
    ai_disclosure = Flag()
    time_stamp = Choice("trusted", "untrusted", "invalid", "none")
    signature = Choice("trusted", "valid", "invalid")
    validated = Flag(about="whether results of a validation are there at all")
    failures = Several(Text(200), most=_MOST, about="failure codes of the file itself; [] none")
    lineage = Several(Text(200), most=_MOST, about="failure codes of its ingredients, however deep; [] none")
