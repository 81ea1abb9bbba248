"""One studio with everything that the pages show: a production, its people and papers, a lineage with a dataset of many
paintings, an asset that is blocked and one that is cleared, and names that want to be markup.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from service import assets, auth
from service.content.store import Store
from service.context import Actor, Context
from service.credentials import record
from service.demo import media
from service.ids import new_id
from service.records import write
from service.records.model import Draft
from service.roles import permissions_of
from service.rules import evaluate
from service.rules.pack import Pack, canonical
from service.services import Services

NOW = datetime(2026, 9, 20, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
COLLEAGUE = "Ben Counsel"
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
PAINTINGS = 12

PACK = Pack(
    {
        "pack": "house-likeness", "kind": "house", "title": "House rules on likeness",
        "rules": [
            {
                "id": "house-likeness.creation-consent", "clause": "House policy 4.2", "summary": "A replica is made only after its person signed for that.",
                "source": "https://example.org/policy", "confidence": "H", "each": "replicas",
                "require": [
                    {
                        "id": "separate-writing", "test": {"some": {"of": "replica.person.consents", "where": {"equals": ["purpose", "creation"]}}},
                        "otherwise": "block", "code": "no-creation-consent",
                        "says": "{person} has no separately signed consent to the making of {replica}.",
                        "fix": "Obtain a rider, separately signed, or drop the replica.", "owner": "business_affairs", "form": "replica-rider",
                        "needs": {"kind": "consent", "for": "replica.person", "fields": {"purposes": ["creation"]}},
                    },
                    {
                        "id": "days-paid", "test": {"is_true": "replica.paid"}, "otherwise": "obligation", "says": "{person} is owed pay for the use.",
                        "fix": "Pay it, and record the payment.", "owner": "payroll",
                        "owes": {"kind": "pay", "to": "replica.person", "quantity": "replica.days", "unit": "day", "due": "after_release"},
                    },
                ],
            },
            {
                "id": "house-likeness.asset-origin", "clause": "House policy 1.1", "summary": "Every asset has an origin.", "confidence": "M",
                "each": "assets", "require": [{"id": "origin", "test": {"present": "asset.origin"}, "otherwise": "review", "says": "{asset} has no origin.", "fix": "State it.", "owner": "post"}],
            },
        ],
    }
)  # fmt: skip


@dataclass
class World:
    """The studio, its account, and the ids of its records by a short name."""

    services: Services
    studio_id: str
    account_id: str
    email: str
    ids: dict[str, str] = field(default_factory=dict)

    def context(self, conn: Any, roles: frozenset[str] = frozenset({"studio_admin"})) -> Context:
        """Return a context in the name of the account."""
        actor = Actor(self.studio_id, self.account_id, "Ada Lawyer", roles, permissions_of(roles))
        return Context(actor, NOW, conn, self.services.ledger, self.blobs, self.services.vault)

    @property
    def blobs(self) -> Store:
        """The studio's content."""
        return self.services.blobs.of(self.studio_id)


def build(
    services: Services, *, email: str = "ada@northlight.example", roles: tuple[str, ...] = ("legal_reviewer", "rights_manager")
) -> World:
    """Make the studio and record everything."""
    now = datetime.now(UTC)
    studio_id = auth.create_studio(services.database, "Northlight", now)
    with services.database.app(studio_id) as conn:
        account_id = auth.create_account(conn, studio_id, "Ada Lawyer", roles, now, email=email, password=PASSWORD)
        world = World(services, studio_id, account_id, email)
        context = world.context(conn)
        _papers(world, context)
        _assets(world, context)
        _decisions(world, context)
    return world


def _create(world: World, context: Context, name: str, kind: str, /, **body: Any) -> str:
    world.ids[name] = write.create(context, kind, body).id
    return world.ids[name]


def _papers(world: World, context: Context) -> None:
    ids = world.ids
    _create(world, context, "vendor", "party", type="organisation", name="Lumen Models Ltd")
    _create(world, context, "artist", "party", type="person", professional_name="Jonas Brandt")
    _create(
        world,
        context,
        "performer",
        "party",
        type="person",
        professional_name="Mara Quill",
        legal_name="Maria Quillfeather",
        birth_date="1991-04-02",
    )
    _create(
        world,
        context,
        "production",
        "production",
        title="The Long Tide",
        format="feature",
        photography_start="2026-08-17",
        countries=["US"],
    )
    _create(world, context, "source", "source", title="Sixty harbour paintings", owner=ids["artist"], productions=[ids["production"]])
    _create(
        world, context, "licence", "licence", grantor=ids["artist"], sources=[ids["source"]], productions=[ids["production"]],
    )  # fmt: skip
    paintings = [
        Draft("asset", {"type": "image", "name": f"Harbour {number}", "origin": "hand_made", "parents": [{"record": ids["source"]}]})
        for number in range(PAINTINGS)
    ]
    painted = write.append(context, paintings)
    members = [{"asset": each.id, "source": ids["source"], "licence": ids["licence"]} for each in painted]
    _create(world, context, "dataset", "dataset", name="Harbour look, training set", members=members)
    ids["painting"] = painted[0].id
    _create(world, context, "base", "model", name="Lumen XL 2", vendor=ids["vendor"], training_disclosure="undisclosed")
    _create(world, context, "model", "model", name="harbour-look LoRA", base_models=[ids["base"]], datasets=[ids["dataset"]])
    _create(world, context, "replica", "replica", kind="employment_based", person=ids["performer"], name="Mara, scan of 10 August")


def _assets(world: World, context: Context) -> None:
    ids = world.ids
    png = media.shot_png("0" * 64)
    _create(
        world, context, "shot", "asset", type="image", name="Shot 041, harbour at dusk", media_type="image/png", origin="generated",
        ai="generative", productions=[ids["production"]], grade="imported", created_at="2026-09-14", scenes=["41"],
    )  # fmt: skip
    came = assets.take_in(context, world.services.sandbox, ids["shot"], BytesIO(png), length=len(png), content_digest=None)
    assert came.version == 2
    sha256 = assets.digest_of(came.body, "sha256")
    assert sha256 is not None
    ids["signing"] = record.sign(context, world.services.credentials, came, sha256, record.Order(), None).id
    forged = {"asset": ids["shot"], "label": f"urn:c2pa:{uuid.uuid4()}", "form": "embedded", "state": "trusted", "signer": "Somebody else"}
    _create(world, context, "forged", "evidence", type="credential", details=forged)
    _create(
        world, context, "generation", "generation", tool={"name": "ComfyUI"}, models=[{"model": ids["model"]}], replicas=[ids["replica"]],
        outputs=[{"asset": ids["shot"]}], prompts=[{"text": "a harbour at dusk, a woman at the rail"}], productions=[ids["production"]],
    )  # fmt: skip
    _create(
        world,
        context,
        "appearance",
        "appearance",
        type="new_performance",
        asset=ids["shot"],
        person=ids["performer"],
        replica=ids["replica"],
    )
    _create(world, context, "clip", "asset", type="video", name="Shot 042", origin="camera", productions=[ids["production"]])
    _create(
        world, context, "hostile", "asset", type="image", name=HOSTILE, file_name=HOSTILE, notes=HOSTILE, origin="camera", scenes=[HOSTILE]
    )
    _create(world, context, "hostile_party", "party", type="organisation", name=HOSTILE)
    write.append(context, [Draft("asset", {"type": "image", "name": f"Frame {number:03}", "origin": "camera"}) for number in range(40)])


def facts(world: World) -> dict[str, Any]:
    """Return what a rule may look at, in the form of the rules."""
    ids = world.ids
    return {
        "v": 1, "act": "release", "at": "2026-09-20T12:00:00Z", "ahead": True, "intent": {"territories": ["US", "FR"]},
        "production": {"$ref": ids["production"]}, "replicas": [{"$ref": ids["replica"]}], "assets": [{"$ref": ids["shot"]}],
        "objects": {
            ids["production"]: {"id": ids["production"], "crafts": ["performer"], "bindings": []},
            ids["performer"]: {"id": ids["performer"], "consents": []},
            ids["replica"]: {
                "id": ids["replica"], "person": {"$ref": ids["performer"]}, "asset": {"$ref": ids["shot"]}, "days": "1.5", "paid": False,
                "path": [ids["shot"], ids["generation"], ids["replica"]],
            },
            ids["shot"]: {"id": ids["shot"], "evidence_grade": "imported"},
        },
    }  # fmt: skip


def _decisions(world: World, context: Context) -> None:
    ids = world.ids
    evaluation = evaluate.run([PACK], facts(world), {"adoptions": [{"digest": PACK.digest}], "signoffs": [{"digest": PACK.digest}]})
    ids["blocked"] = _decision(world, context, ids["shot"], evaluation.bytes(), evaluation.outcome, len(evaluation.causes), "theatrical-us")
    hostile = evaluation.document() | {"outcome": "review"}
    hostile["causes"] = [
        {**cause, "says": HOSTILE, "fix": HOSTILE, "clause": HOSTILE, "owner": HOSTILE, "pack": HOSTILE} for cause in hostile["causes"]
    ]
    hostile["rules"] = [{**rule, "summary": HOSTILE, "clause": HOSTILE, "source": "javascript:alert(1)"} for rule in hostile["rules"]]
    ids["hostile_decision"] = _decision(world, context, ids["hostile"], canonical(hostile), "review", 1, None)
    cleared = {
        "v": 1,
        "evaluator": 1,
        "outcome": "cleared",
        "findings": [],
        "rules": [],
        "causes": [],
        "clearing": [],
        "coverage": {},
        "valid_until": None,
        "rests_on": None,
    }
    ids["cleared"] = _decision(world, context, ids["clip"], canonical(cleared), "cleared", 0, None)
    _create(world, context, "release", "release", decision=ids["cleared"], assets=[ids["clip"]], released_at="2026-09-20T13:00:00Z")
    _create(world, context, "reel", "delivery", name="Reel 3", productions=[ids["production"]], items=[{"asset": ids["clip"]}])
    _create(world, context, "reel_out", "release", decision=ids["cleared"], delivery=ids["reel"], released_at="2026-09-20T14:00:00Z")
    _create(
        world, context, "review", "review", decision=ids["blocked"], productions=[ids["production"]], cause="house-likeness.asset-origin#origin", question="Is the origin of Shot 041 settled?",
        role="legal", state="open", reason="Counsel doubts it.",
    )  # fmt: skip
    _create(
        world, context, "obligation", "obligation", type="pay", state="open", productions=[ids["production"]], decision=ids["blocked"], text="Pay for 1.5 estimated days",
        owed_to=ids["performer"], owner="payroll", due_at="2026-09-30", amount={"amount": "1204.00", "currency": "USD"},
    )  # fmt: skip


def _decision(world: World, context: Context, subject: str, findings: bytes, outcome: str, causes: int, profile: str | None) -> str:
    ids = world.ids
    blob = context.blobs.put(findings)
    read = context.blobs.put(canonical([[ids["shot"], 2], [ids["performer"], 1], [ids["replica"], 1]]))
    size = context.ledger.head(context.conn, world.studio_id).size  # type: ignore[union-attr]
    body: dict[str, Any] = {
        "subjects": [subject], "production": ids["production"], "act": "release", "at": "2026-09-20T12:00:00Z", "ahead": True,
        "intent": {"territories": ["US", "FR"], "media": ["theatrical", "streaming"], "window": {"start": "2027-01-01", "end": "2030-12-31"}, "purpose": "final"},
        "outcome": outcome, "summary": "Blocked (1 to clear, 1 to decide).", "cause_count": causes,
        "facts": {"sha256": blob.sha256, "bytes": blob.size}, "findings": {"sha256": blob.sha256, "bytes": blob.size},
        "read": {"sha256": read.sha256, "bytes": read.size, "count": 3},
        "packs": [{"id": PACK.id, "digest": PACK.digest, "mode": "blocking", "signed_off": True}], "evaluator": 1, "log_size": size,
        "valid_until": "2030-12-31T00:00:00Z", "decided_by": world.account_id, "productions": [ids["production"]],
    } | ({"profile": profile} if profile else {})  # fmt: skip
    return write.create(context, "decision", body).id


def studio(services: Services) -> World:
    """Return another studio, with an account of its own."""
    studio_id = auth.create_studio(services.database, "Southwind", datetime.now(UTC))
    with services.database.app(studio_id) as conn:
        account_id = auth.create_account(conn, studio_id, "Other", ("studio_admin",), datetime.now(UTC))
    return World(services, studio_id, account_id, "")


def foreign(services: Services, kind: str = "asset", **body: Any) -> str:
    """Return the id of a record in another studio."""
    theirs = studio(services)
    with services.database.app(theirs.studio_id) as conn:
        return write.create(theirs.context(conn), kind, body or {"type": "image", "name": "Theirs"}).id


def unknown(prefix: str) -> str:
    """Return an id that nobody has."""
    return new_id(prefix, NOW)
