"""The witness: the published vectors, every refusal of the specification, and that nothing makes it go back."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
from contextlib import closing

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.ledger import cosignature, note, submission, witness_file
from service.ledger.entry import leaf_hash
from service.ledger.merkle import EMPTY_ROOT, Growth
from service.ledger.note import Checkpoint, Malformed, Verifier
from service.ledger.submission import Submission
from service.ledger.witness import SIZE_TYPE, CannotStart, Witness
from service.ledger.witness_server import Server, main

ORIGIN = "clearance.local/std_1"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw()
LOG = Verifier(ORIGIN, PUBLIC).text()
LEAVES = [leaf_hash(bytes([number])) for number in range(60)]
OTHER = [*LEAVES[:4], leaf_hash(b"another"), *LEAVES[5:]]

# Log, checkpoints and proofs as published with another witness: a log that stands at 1, then at 3 and, in a race, at 5.
PUBLISHED_ORIGIN = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
PUBLISHED_LOG = Verifier(PUBLISHED_ORIGIN, bytes.fromhex("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f")).text()
PUBLISHED = {
    1: "old 0\n\n{origin}\n1\nKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n"
    "— {origin} UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=\n",
    3: "old 1\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nKgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n"
    "{origin}\n3\nRcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=\n\n"
    "— {origin} UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=\n",
    5: "old 1\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI=\n"
    "KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n{origin}\n5\nQrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=\n\n"
    "— {origin} UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=\n",
}


def published(size):
    return PUBLISHED[size].format(origin=PUBLISHED_ORIGIN).encode()


def request(old, size, leaves=LEAVES, *, key=KEY, origin=ORIGIN, proof=None):
    growth = Growth(old, Growth(0, (), leaves[:old]).frontier, leaves[old:size])
    signed = note.sign(Checkpoint(origin, size, growth.root), key, key.public_key().public_bytes_raw())
    return Submission(old, growth.consistency() if proof is None else proof, signed.content()).body()


@pytest.fixture
def witness(tmp_path):
    with closing(Witness(tmp_path / "witness", "legal.example/witness", [LOG])) as witness:
        yield witness


def cosigned(witness, body, answer):
    """Whether the answer is a good cosignature on the checkpoint of the request."""
    content = submission.parse(body).content
    (line,) = cosignature.parse_lines(answer.body.encode())
    return witness.cosigner.time(note.parse(content).text, line)


def test_it_cosigns_what_grows(witness):
    for seconds, (old, size) in enumerate([(0, 3), (3, 3), (3, 10), (10, 59)], 100):
        body = request(old, size)
        answer = witness.add(body, seconds)
        assert (answer.status, cosigned(witness, body, answer)) == (200, seconds)
    assert witness.state.logs[ORIGIN].size == 59


def test_published_vectors(tmp_path):
    with closing(Witness(tmp_path / "w", "example.com", [PUBLISHED_LOG])) as witness:
        assert witness.add(published(1), 1).status == 200
        answer = witness.add(published(5), 2)
        assert cosigned(witness, published(5), answer) == 2
        late = witness.add(published(3), 3)
        assert (late.status, late.body, late.media_type) == (409, "5\n", SIZE_TYPE)
        assert witness.state.logs[PUBLISHED_ORIGIN].root == "42bb57ad06420afa4882c4a63ac6a1ec77480b330b2f20dfc53a0caa5f564e36"


def test_published_vectors_one_after_the_other(tmp_path):
    with closing(Witness(tmp_path / "w", "example.com", [PUBLISHED_LOG])) as witness:
        assert [witness.add(published(size), 1).status for size in (1, 3)] == [200, 200]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"old 5", 400),
        (b"old 05\n\nx", 400),
        (b"old -1\n\nx", 400),
        (b"new 5\n\n" + request(0, 1)[7:], 400),
        (request(10, 12).replace(b"old 10", b"old 13"), 400),
        (b"old 0\n" + b"KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" * 64 + request(0, 1)[6:], 400),
        (b"old 10\nKgEA\n" + request(10, 12)[7:], 400),
        (request(10, 12)[:-3], 400),
        (request(10, 12, origin="clearance.local/std_2"), 404),
        (request(10, 12, key=Ed25519PrivateKey.from_private_bytes(bytes([7] * 32))), 403),
        (request(0, 12), 409),
        (request(5, 12), 409),
        (request(12, 15), 409),
        (request(5, 8), 409),
        (request(10, 10, OTHER), 409),
        (request(10, 12, OTHER), 422),
        (request(10, 12, proof=()), 422),
        (request(10, 10, proof=(bytes(32),)), 422),
    ],
)
def test_refusals_change_nothing(witness, body, status):
    assert witness.add(request(0, 10), 1).status == 200
    before = (witness.directory / "state.json").read_bytes()
    answer = witness.add(body, 2)
    assert answer.status == status
    assert "— " not in answer.body
    assert ((answer.body, answer.media_type) == ("10\n", SIZE_TYPE)) == (status == 409)
    assert (witness.directory / "state.json").read_bytes() == before


def test_the_empty_tree(witness):
    assert witness.add(request(0, 0), 1).status == 200
    bad = note.sign(Checkpoint(ORIGIN, 0, LEAVES[0]), KEY, PUBLIC)
    assert witness.add(Submission(0, (), bad.content()).body(), 1).status == 422
    assert (
        witness.add(Submission(0, (EMPTY_ROOT,), note.sign(Checkpoint(ORIGIN, 0, EMPTY_ROOT), KEY, PUBLIC).content()).body(), 1).status
        == 422
    )
    assert witness.add(request(0, 5, proof=(bytes(32),)), 1).status == 422


def test_a_fork_leaves_evidence_that_anybody_can_check(witness):
    witness.add(request(0, 10), 1)
    witness.add(request(10, 10, OTHER), 2)
    witness.add(request(10, 12, OTHER), 3)
    lines = [json.loads(line) for line in (witness.directory / "evidence.jsonl").read_text().splitlines()]
    assert [line["at"] for line in lines] == [2, 3]
    for line in lines:
        kept, refused = (note.verify(line[name].encode(), [note.parse_verifier(LOG)]) for name in ("cosigned", "refused"))
        assert kept.size <= refused.size
        assert kept.root != refused.root


def test_it_remembers_after_a_restart(tmp_path):
    with closing(Witness(tmp_path / "w", "legal.example/witness", [LOG])) as witness:
        witness.add(request(0, 10), 1)
        key = witness.cosigner
    with closing(Witness(tmp_path / "w")) as again:
        assert again.cosigner == key
        assert again.add(request(0, 5), 2).body == "10\n"
        assert again.add(request(10, 12), 2).status == 200


def test_many_at_once_leave_one_line(witness):
    witness.add(request(0, 10), 1)
    bodies = [request(10, size) for size in range(10, 40)] * 3
    answers = []

    def send(body):
        answers.append((submission.parse(body), witness.add(body, 5)))

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cosigned_sizes = {note.parse_checkpoint(asked.content).size for asked, answer in answers if answer.status == 200}
    assert {answer.status for _, answer in answers} <= {200, 409}
    assert len(cosigned_sizes - {10}) == 1, "two trees were cosigned from the same old size"
    assert witness.state.logs[ORIGIN].size == max(cosigned_sizes)


def test_two_keys_of_a_log_while_one_is_replaced(witness, tmp_path):
    new = Ed25519PrivateKey.from_private_bytes(bytes([9] * 32))
    assert witness.add(request(0, 5, key=new), 1).status == 403
    witness.state = witness.state.watching(Verifier(ORIGIN, new.public_key().public_bytes_raw()))
    assert witness.add(request(0, 5, key=new), 1).status == 200
    assert witness.add(request(5, 6), 1).status == 200


def test_a_directory_has_one_witness(witness):
    with pytest.raises(CannotStart, match="Another witness"):
        Witness(witness.directory)


def test_what_is_lost_is_not_begun_anew(tmp_path):
    with pytest.raises(CannotStart, match="--name"):
        Witness(tmp_path / "w")
    with pytest.raises(CannotStart, match="no key of a log"):
        Witness(tmp_path / "w", "legal.example/witness", ["nonsense"])
    Witness(tmp_path / "w", "legal.example/witness", [LOG]).close()
    with pytest.raises(CannotStart, match="keeps its name"):
        Witness(tmp_path / "w", "other.example/witness")
    with closing(Witness(tmp_path / "w")) as witness:
        witness.add(request(0, 10), 1)
    kept = (tmp_path / "w" / "state.json").read_bytes()
    (tmp_path / "w" / "state.json").write_text("{}")
    with pytest.raises(CannotStart, match="damaged"):
        Witness(tmp_path / "w")
    (tmp_path / "w" / "state.json").unlink()
    with pytest.raises(CannotStart, match="there is a key"):
        Witness(tmp_path / "w", "legal.example/witness", [LOG])
    (tmp_path / "w" / "state.json").write_bytes(kept)
    (tmp_path / "w" / "key.pem").unlink()
    with pytest.raises(CannotStart, match="key back"):
        Witness(tmp_path / "w")


def test_a_first_start_that_was_killed_is_begun_again(tmp_path):
    Witness(tmp_path / "w", "legal.example/witness", [LOG]).close()
    (tmp_path / "w" / "key.pem").unlink()
    with closing(Witness(tmp_path / "w")) as witness:
        assert witness.add(request(0, 10), 1).status == 200


def test_a_full_disk_cosigns_nothing(witness, monkeypatch):
    witness.add(request(0, 10), 1)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("service.ledger.witness.durable.replace", full)
    with pytest.raises(OSError, match="No space"):
        witness.add(request(10, 12), 2)
    monkeypatch.undo()
    assert witness.state.logs[ORIGIN].size == 10
    assert witness.add(request(10, 11), 3).status == 200


@pytest.fixture
def server(witness):
    with Server(("127.0.0.1", 0), witness) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_over_http(server, witness, capsys):
    with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)) as client:
        for method, path, body, status in [
            ("POST", "/add-checkpoint", request(0, 10), 200),
            ("POST", "/add-checkpoint", request(0, 12), 409),
            ("GET", "/", None, 200),
            ("POST", "/add-checkpoint", request(10, 12, OTHER), 422),
            ("POST", "/elsewhere", b"", 404),
            ("POST", "/add-checkpoint", b"x" * (300 << 10), 413),
        ]:
            client.request(method, path, body)
            answer = client.getresponse()
            content = answer.read().decode()
            assert (answer.status, method) == (status, method), content
            if status == 409:
                assert (content, answer.headers["Content-Type"]) == ("10\n", "text/x.tlog.size")
            if method == "GET":
                assert content == witness.cosigner.text() + "\n"
    assert "200 clearance.local/std_1 at 10: cosigned, 0 before" in capsys.readouterr().err


def test_connections_that_break_leave_the_others_alone(server, capsys):
    for sent in (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 500\r\n\r\nold", b"nonsense\r\n\r\n", b""):
        with socket.create_connection(("127.0.0.1", server.server_port)) as broken:
            broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")  # reset, not a goodbye
            broken.sendall(sent)
    with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)) as client:
        client.request("POST", "/behind/a/proxy/add-checkpoint", request(0, 10))
        assert client.getresponse().status == 200
    assert "Traceback" not in capsys.readouterr().err


def test_ipv6(witness):
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    try:
        server = Server(("::1", 0), witness)
    except OSError:
        pytest.skip("this machine has no IPv6")
    server.server_close()


def test_show_prints_a_line_for_a_policy(tmp_path, capsys):
    words = [str(tmp_path / "w"), "--name", "legal.example/witness", "--log", LOG, "--show"]
    assert main(words) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("witness legal.example/witness legal.example/witness+")
    assert second == f"# watches {ORIGIN}: 0 entries cosigned"
    assert main([str(tmp_path / "w"), "--name", "other", "--show"]) == 1
    assert "keeps its name" in capsys.readouterr().err


def test_it_is_shown_also_while_it_runs(witness, capsys):
    assert main([str(witness.directory), "--show"]) == 0
    assert capsys.readouterr().out.startswith(f"witness {witness.state.name} {witness.cosigner.text()}\n")
    assert main([str(witness.directory / "elsewhere"), "--show"]) == 1
    assert "no witness" in capsys.readouterr().err


def test_what_others_add_to_a_checkpoint_is_not_kept(witness):
    asked = submission.parse(request(0, 10))
    stranger = cosignature.cosign(note.parse(asked.content).text, "other.example", KEY, 5).line()
    assert witness.add(Submission(0, (), asked.content + stranger * 50).body(), 1).status == 200
    assert witness.state.logs[ORIGIN].checkpoint.encode() == asked.content


def test_it_is_also_one_file_that_needs_nothing_of_ours(tmp_path):
    (tmp_path / "witness.py").write_bytes(witness_file.program())
    words = [sys.executable, "-I", "witness.py", "state", "--name", "legal.example/w", "--log", LOG, "--show"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1] == f"# watches {ORIGIN}: 0 entries cosigned"
    with closing(Witness(tmp_path / "state")) as same:
        assert done.stdout.startswith(f"witness legal.example/w {same.cosigner.text()}")
        assert same.add(request(0, 10), 1).status == 200


def test_it_imports_next_to_nothing_of_ours():
    """The program is to be read by those who do not trust the rest."""
    code = "import sys, service.ledger.witness_server; print(*sorted(name for name in sys.modules if name.partition('.')[0] == 'service'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"service", "service.ledger", *witness_file.PARTS}


def test_a_submission_goes_round():
    asked = Submission(7, (bytes(32), bytes([1] * 32)), b"text\n\n\xe2\x80\x94 x AAAA\n")
    assert submission.parse(asked.body()) == asked
    assert submission.parse(Submission(0, (), b"a\n\nb").body()) == Submission(0, (), b"a\n\nb")
    with pytest.raises(Malformed):
        submission.parse(b"old 1\n\n"[:-1])
