"""Free words that stand in the log in the clear, and why: everything else that a person can write freely is sealed.

A sealed field lies under the key of the one person whom its record is about, prompts and what belongs to them under the keys of
all of them, a document's title, notes and content under a key of the document's own, and what is about nobody, or about several
people, under the studio's (`service.records.subjects`). A field belongs here only if rules read its words, if it is the name of a
thing by which people look for it, or if it was written to be published; a test compares this list with the schemas.
"""

from __future__ import annotations

from typing import Final

READ_BY_RULES: Final = (
    "consent/scope/tools", "consent/scope/product_lines", "evidence/details[credit]/before", "evidence/details[credit]/after",
    "evidence/details[credit]/reason", "evidence/details[credit]/role", "evidence/details[credit_notice]/credits",
    "evidence/details[credit_notice]/names/role", "evidence/details[separated_rights]/factors", "evidence/details[duty_assignment]/duty",
    "evidence/details[approval]/shots", "evidence/details[assignment_terms]/displaced_jobs", "role/character/identifying",
)  # fmt: skip
"""What rules compare word for word: a credit as it is worded, a duty, the factors of a determination. It names jobs and things."""

OF_THINGS: Final = (
    "name", "title", "working_titles", "label", "file_name", "path", "value", "version", "tool", "tools", "tool_version", "system",
    "vendor_name", "provider", "job_id", "request_id", "run", "where", "region", "clause", "heading", "position", "contract", "reference",
    "rate_key", "key", "rule", "rules", "requirement", "cause", "causes", "code", "category", "audience", "product_line", "product_lines",
    "unmatched", "unread", "between", "settings", "moderation", "referral", "operator_role", "roles", "subject", "source", "place", "issuer",
)  # fmt: skip
"""Names, numbers and places of things, and settings of tools, by the name of their field."""

OF_CREDENTIALS: Final = (
    "action", "assertions", "detector", "content_producer", "content_propagator", "produce_id", "propagate_id", "unique_id", "failures",
    "digital_source_type", "digital_source_types", "generator", "instance_id", "lineage", "linked_hashes", "parameters", "signer", "trust_list",
)  # fmt: skip
"""What a signed file says of itself to everybody who has it."""

PUBLISHED: Final = (
    "evidence/details[ai_use]/human_authorship", "evidence/details[ai_use]/disclosure/text", "evidence/details[ai_use]/disclosure/placement",
    "evidence/details[disclosure_overlay]/text", "evidence/details[disclosure_plan]/text", "evidence/details[disclosure_plan]/accessibility",
    "evidence/details[registration]/excluded", "source/rights_statement",
    "source/opt_outs/found",
)  # fmt: skip
"""Words for the public, a register, a buyer or an award."""

OF_THE_STUDIO: Final = (
    "asset/guardrails", "evidence/details[transfer]/controls", "evidence/details[access_policy]/controls", "licence/excluded",
    "evidence/details[vendor_determination]/conditions", "evidence/details[training_job]/purpose",
    "evidence/details[training_job]/intended_outputs", "model/training/purpose", "production/other_crafts_determined/basis",
    "evidence/details[pack_sign_off]/readers/statement", "evidence/details[rule_pack]/statement",
    "dataset/list_reading/without_licence/names", "dataset/list_reading/not_on_schedule/names", "dataset/list_reading/people_not_stated/names",
)  # fmt: skip
"""What a studio says of its models, tools, contracts and packs, and names its files, in records that are about no person."""

BY_THE_SERVICE: Final = ("decision/summary", "review/question", "obligation/text", "obligation/reason", "delivery/remarks/says")
"""The service's own sentences, made of rules without anybody's name; `reason` is asked for with the words "no personal data"."""
