"""The eight roles and what each may do; permissions are `<noun>.<verb>` and checked by name, nothing is inferred."""

from __future__ import annotations

READ = ("records.read", "ledger.read", "rules.read", "lineage.read", "decisions.read", "media.read")

GRANTS: dict[str, tuple[str, ...]] = {
    "rights_manager": (
        *READ,
        "rights.write",
        "assets.write",
        "generations.write",
        "evidence.write",
        "documents.write",
        "documents.read",
        "people.write",
        "productions.write",
        "confidential.read",
        "decisions.write",
        "impact.read",
        "media.verify",
    ),
    "legal_reviewer": (
        *READ,
        "evidence.write",
        "documents.read",
        "documents.write",
        "consents.write",
        "people.write",
        "rights.write",
        "productions.write",
        "personal.read",
        "confidential.read",
        "privileged.read",
        "decisions.write",
        "reviews.decide",
        "waivers.write",
        "adoptions.write",
        "releases.write",
        "holds.write",
        "impact.read",
        "media.verify",
        "agreements.write",
    ),
    "consent_manager": (
        *READ,
        "consents.write",
        "people.write",
        "documents.write",
        "documents.read",
        "evidence.write",
        "personal.read",
        "impact.read",
        "media.verify",
    ),
    "production": (
        *READ,
        "productions.write",
        "people.write",
        "assets.write",
        "generations.write",
        "evidence.write",
        "decisions.write",
        "releases.write",
        "deliveries.write",
        "media.sign",
        "media.verify",
        "impact.read",
        "documents.write",
    ),
    "vendor": ("records.read", "media.read", "assets.write", "generations.write", "media.verify"),
    "auditor": (
        *READ,
        "documents.read",
        "personal.read",
        "confidential.read",
        "impact.read",
        "media.verify",
        "accounts.read",
    ),
    "service": (
        *READ,
        "assets.write",
        "generations.write",
        "rights.write",
        "evidence.write",
        "decisions.write",
        "releases.write",
        "deliveries.write",
        "media.sign",
        "media.verify",
        "impact.read",
    ),
}
"""Role → permissions; `studio_admin` holds them all."""

ADMINISTRATION = ("accounts.read", "accounts.write", "keys.write", "erasure.write")

PERMISSIONS: frozenset[str] = frozenset(permission for granted in GRANTS.values() for permission in granted) | frozenset(ADMINISTRATION)

ROLES: tuple[str, ...] = ("studio_admin", *GRANTS)


def permissions_of(roles: frozenset[str]) -> frozenset[str]:
    """Return the union of what the roles carry; an unknown role carries nothing."""
    if "studio_admin" in roles:
        return PERMISSIONS
    return frozenset(permission for role in roles for permission in GRANTS.get(role, ()))
