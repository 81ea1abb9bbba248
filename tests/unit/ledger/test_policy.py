"""Policies: how the file is read, which mistakes are named, and when enough witnesses have cosigned."""

from __future__ import annotations

import itertools

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.ledger import cosignature, note, policy
from service.ledger.cosignature import Cosigner
from service.ledger.note import Checkpoint, Malformed, Note, Signature
from service.ledger.policy import Unusable

ORIGIN = "clearance.local/std_1"
TREE = Checkpoint(ORIGIN, 42, bytes(range(32)))
LOG, NEW_LOG, *WITNESSES = [Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)) for number in range(1, 8)]


def public(key):
    return key.public_key().public_bytes_raw()


LOG_KEY, NEW_LOG_KEY = (note.Verifier(ORIGIN, public(key)).text() for key in (LOG, NEW_LOG))
KEYS = [Cosigner(f"w{number}.example", public(key)).text() for number, key in enumerate(WITNESSES)]
NESTED = f"""
# two of ours, and either of theirs
log {LOG_KEY} https://log.example/

witness X1 {KEYS[0]}
witness X2\t{KEYS[1]}   https://w1.example/
witness X3 {KEYS[2]}
group X 2 X1 X2 X3
  witness Y1 {KEYS[3]}
  witness Y2 {KEYS[4]}
group Y any Y1 Y2
group X-and-Y all X Y
quorum X-and-Y
"""


def signed(*numbers, key=LOG, seconds=100, tree=TREE):
    made = note.sign(tree, key, public(key))
    lines = [cosignature.cosign(made.text, f"w{number}.example", WITNESSES[number], seconds + number) for number in numbers]
    return Note(made.text, (*made.signatures, *lines)).content()


def test_every_combination_counts_as_the_file_says():
    rules = policy.parse(NESTED.encode())
    for numbers in itertools.chain.from_iterable(itertools.combinations(range(5), count) for count in range(6)):
        judged = policy.judge(rules, signed(*numbers))
        assert judged.holds == (len({0, 1, 2} & set(numbers)) >= 2 and bool({3, 4} & set(numbers))), numbers
        assert judged.checkpoint == TREE
        assert judged.seen == {("X1", "X2", "X3", "Y1", "Y2")[number]: 100 + number for number in numbers}


def test_the_sentence_names_who_is_missing():
    judged = policy.judge(policy.parse(NESTED.encode()), signed(1))
    assert judged.says == "Not enough witnesses have cosigned it for the quorum X-and-Y: X2 of those named; missing: X1, X3, Y1, Y2."


def test_addresses_are_kept():
    assert policy.parse(NESTED.encode()).addresses == {LOG_KEY: "https://log.example/", "X2": "https://w1.example/"}


def test_no_witness_may_be_asked_for():
    judged = policy.judge(policy.parse(f"log {LOG_KEY}\nquorum none".encode()), signed())
    assert judged.holds
    assert "only the log's own signature" in judged.says


def test_the_log_must_be_known():
    rules = policy.parse(b"quorum none")
    with pytest.raises(InvalidSignature):
        policy.judge(rules, signed())
    assert policy.judge(rules, signed(), [note.parse_verifier(LOG_KEY)]).holds
    with pytest.raises(InvalidSignature):
        policy.judge(policy.parse(f"log {NEW_LOG_KEY}\nquorum none".encode()), signed())
    other = Checkpoint("clearance.local/std_2", 42, TREE.root)
    with pytest.raises(InvalidSignature):
        policy.judge(policy.parse(f"log {LOG_KEY}\nquorum none".encode()), signed(tree=other))


def test_while_a_key_is_replaced_either_is_enough():
    rules = policy.parse(f"log {LOG_KEY}\nlog {NEW_LOG_KEY}\nquorum none".encode())
    for key in (LOG, NEW_LOG):
        assert policy.judge(rules, signed(key=key)).log.key == public(key)


def test_a_false_cosignature_of_a_named_witness_spoils_the_note():
    rules = policy.parse(f"log {LOG_KEY}\nwitness w {KEYS[0]}\nquorum none".encode())
    witness = cosignature.parse_cosigner(KEYS[0])
    false = Signature(witness.name, witness.key_id(), b"\x00" * 72)
    with pytest.raises(Malformed, match="witness w is false"):
        policy.judge(rules, signed() + false.line())


def test_the_same_witness_does_not_count_twice():
    rules = policy.parse(f"log {LOG_KEY}\nwitness a {KEYS[0]}\nwitness b {KEYS[1]}\ngroup g 2 a b\nquorum g".encode())
    twice = signed(0) + cosignature.cosign(TREE.text(), "w0.example", WITNESSES[0], 50).line()
    judged = policy.judge(rules, twice)
    assert (judged.holds, judged.seen) == (False, {"a": 50})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("quorum none\n\x01", "0x01"),
        ("quorum none\r\n", "0x0d"),
        ("", "no quorum line"),
        ("quibble w1\nquorum none", "Line 1: 'quibble'"),
        ("witness w1 {w} https://a # comment\nquorum w1", "write it as: witness"),
        ("log\nquorum none", "write it as: log"),
        ("log garbage\nquorum none", "Line 1: not an Ed25519"),
        ("log {w}\nquorum none", "of this use"),
        ("log {log}\nlog {log}\nquorum none", "Line 2: this log key"),
        ("witness w1\nquorum none", "write it as: witness"),
        ("witness w1 {log}\nquorum w1", "of this use"),
        ("witness none {w}\nquorum none", "none is taken"),
        ("witness w1 {w}\nwitness w1 {v}\nquorum w1", "Line 2: the name w1 is taken"),
        ("witness w1 {w}\nwitness w2 {w}\nquorum w1", "nobody counts twice"),
        ("witness w1 {w}\ngroup w1 any w1\nquorum w1", "the name w1 is taken"),
        ("witness w1 {w}\ngroup g 1\nquorum w1", "write it as: group"),
        ("witness w1 {w}\ngroup none any w1\nquorum none", "none is taken"),
        ("witness w1 {w}\ngroup g 0 w1\nquorum g", "from 1 to 1"),
        ("witness w1 {w}\ngroup g -1 w1\nquorum g", "from 1 to 1"),
        ("witness w1 {w}\ngroup g 2 w1\nquorum g", "from 1 to 1"),
        ("witness w1 {w}\ngroup g any w2\nquorum g", "w2 is no witness"),
        ("group g any w1\nwitness w1 {w}\nquorum g", "Line 1: w1 is no witness"),
        ("witness w1 {w}\ngroup g any none w1\nquorum g", "none is no witness"),
        ("witness w1 {w}\ngroup g all w1 w1\nquorum g", "more than once"),
        ("witness w1 {w}\nwitness w2 {v}\ngroup g any w1 w2\ngroup h any w1\nquorum g", "more than once"),
        ("witness w1 {w}\nquorum w1\nquorum w1", "a quorum line already"),
        ("quorum unknown", "unknown is no witness"),
        ("quorum w1\nwitness w1 {w}", "w1 is no witness"),
        ("quorum", "write it as: quorum"),
    ],
)
def test_mistakes_are_named(text, says):
    with pytest.raises(Unusable, match=says):
        policy.parse(text.format(w=KEYS[0], v=KEYS[1], log=LOG_KEY).encode())


def test_odd_names_are_names():
    text = b"witness all %s\nwitness K\x80 %s\ngroup group 2 all K\x80\nquorum group\n" % (KEYS[0].encode(), KEYS[1].encode())
    assert policy.parse(text).satisfied({"all": 1, b"K\x80".decode(errors="surrogateescape"): 1})
