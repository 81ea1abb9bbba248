"""The ledger page says who vouches for the log, and shouts when a witness has seen a fork."""

from __future__ import annotations

from flask.testing import FlaskClient

from service.ledger import anchors
from service.ledger.anchors import Anchor, State
from service.services import Services
from tests.web.world import NOW, World


def test_who_vouches_for_the_log(client: FlaskClient, services: Services, world: World) -> None:
    assert "another history of this log" not in client.get("/").get_data(as_text=True)
    assert "Vouched for by others" not in client.get("/ledger").get_data(as_text=True)
    with services.database.ledger() as conn:
        for name, kind in (("legal", "witness"), ("notary", "time_stamp")):
            anchors.add(conn, Anchor(name, kind, world.studio_id, "key", "http://outside.invalid"), NOW)
        anchors.note_state(conn, world.studio_id, State("notary", "ok", "", 3, NOW))
    html = client.get("/ledger").get_data(as_text=True)
    assert "Vouched for by others" in html
    assert "time-stamp authority" in html
    assert "3 entries" in html
    assert "nothing yet" in html
    assert 'role="alert"' not in html
    with services.database.ledger() as conn:
        anchors.note_state(conn, world.studio_id, State("legal", "forked", "FORK: <stop> writing here.", 9, NOW))
    html = client.get("/ledger").get_data(as_text=True)
    assert 'role="alert">FORK: &lt;stop&gt; writing here.' in html
    assert html.index("legal") < html.index("notary")
    assert "FORK: &lt;stop&gt; writing here." in client.get("/").get_data(as_text=True)
