def test_smoke(client, world):
    for path in [
        "/",
        "/assets",
        "/assets/rows",
        "/records",
        "/ledger",
        "/ledger/rows",
        f"/assets/{world.ids['shot']}",
        f"/decisions/{world.ids['blocked']}",
        f"/decisions/{world.ids['hostile_decision']}",
        *(f"/records/{key}" for key in world.ids.values()),
    ]:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.get_data(as_text=True)[:3000])
