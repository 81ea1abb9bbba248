"""The HTTP API: one module a noun; importing all of them fills the register of operations."""

from __future__ import annotations

from importlib import import_module

from service.api.operation import REGISTER, Operation

MODULES = (
    "records",
    "batch",
    "item_lists",
    "imports",
    "deliveries",
    "lineage",
    "events",
    "erasure",
    "generations",
    "cards",
    "reservations",
    "exports",
    "content",
    "credentials",
    "decisions",
    "forms",
    "releases",
    "reviews",
    "rule_packs",
    "simulations",
    "answers",
    "bundles",
    "ledger",
    "anchors",
    "status",
)
"""Every module of operations, in the order in which their paths are matched and documented."""


def load_operations() -> list[Operation]:
    """Import every module and return what they declared, in their order, whichever was imported first."""
    order = {import_module(f"service.api.{module}").__name__: place for place, module in enumerate(MODULES)}
    return sorted(REGISTER, key=lambda declared: order.get(declared.view.__module__, len(order)))  # what a bench declares comes last
