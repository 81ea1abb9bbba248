"""The signer: it only ever signs what continues its mark, whatever database it is shown, and forgets nothing it has signed."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import closing

import pytest

from service.errors import StartError, Unavailable
from service.ledger import note
from service.ledger.entry import leaf_hash
from service.ledger.merkle import EMPTY_ROOT, Growth
from service.ledger.note import Checkpoint
from service.ledger.signer import Forked, Signer, Step

ORIGIN = "clearance.local/std_1"
LEAVES = [leaf_hash(bytes([number])) for number in range(50)]


@pytest.fixture
def signer(tmp_path):
    with closing(Signer(tmp_path / "log")) as signer:
        yield signer


def step(first, size, leaves=LEAVES, origin=ORIGIN):
    growth = Growth(first, Growth(0, (), leaves[:first]).frontier, leaves[first:size])
    return Step(Checkpoint(origin, size, growth.root), growth.consistency())


def begin(signer, *sizes, origin=ORIGIN):
    with signer.turn() as turn:
        turn.begin([origin])
    before = 0
    for size in sizes:
        advance(signer, step(before, size, origin=origin))
        before = size


def advance(signer, *steps):
    with signer.turn() as turn:
        turn.prepare(steps)
        return turn.sign()


def test_it_signs_what_continues_and_remembers_it(signer):
    begin(signer, 3, 10)
    mark = signer.mark(ORIGIN)
    assert mark.checkpoint.size == 10
    assert note.verify(signer.note(mark).content(), [signer.verifier(ORIGIN)]) == mark.checkpoint
    with closing(Signer(signer.directory)) as again:
        assert again.mark(ORIGIN) == mark
        assert again.public == signer.public


def test_what_is_behind_or_different_is_refused(signer):
    begin(signer, 10)
    other = [*LEAVES[:4], LEAVES[49], *LEAVES[5:]]
    for wrong in (step(5, 8), step(10, 12, other), Step(Checkpoint(ORIGIN, 10, EMPTY_ROOT), ()), Step(step(10, 12).checkpoint, ())):
        with pytest.raises(Forked, match="restored from an older copy or changed"):
            advance(signer, wrong)
    assert signer.mark(ORIGIN).checkpoint == step(0, 10).checkpoint


def test_what_is_prepared_and_not_committed_leaves_nothing(signer):
    begin(signer, 10)
    mark, journal = signer.mark(ORIGIN), (signer.directory / "marks").read_bytes()
    other = step(10, 14, [*LEAVES[:10], *LEAVES[20:40]])
    with signer.turn() as turn:
        turn.prepare([step(10, 14)])
        assert turn.mark(ORIGIN) == mark
    assert (signer.mark(ORIGIN), (signer.directory / "marks").read_bytes()) == (mark, journal)
    with signer.turn() as turn:
        assert turn.sign() == [], "the next turn knows nothing of it"
    (signed,) = advance(signer, other)
    assert note.verify(signed.content(), [signer.verifier(ORIGIN)]) == other.checkpoint == signer.mark(ORIGIN).checkpoint


def test_a_turn_does_not_sign_two_histories_of_a_log(signer):
    begin(signer, 10)
    one, other, more = step(10, 14), step(10, 14, [*LEAVES[:10], *LEAVES[20:40]]), step(14, 20)
    with signer.turn() as turn:
        with pytest.raises(Forked):
            turn.prepare([one, other])
        assert turn.sign() == [], "refused together"
        turn.prepare([one])
        with pytest.raises(Forked):
            turn.prepare([other])
        turn.prepare([more])
        assert [len(turn.sign()), signer._mark(ORIGIN).checkpoint.size] == [2, 20]


def test_marks_of_many_logs_are_asked_for_at_once(signer):
    begin(signer, 3)
    begin(signer, origin="clearance.local/std_2")
    with signer.turn() as turn:
        marks = turn.marks([ORIGIN, "clearance.local/std_2", "clearance.local/std_3"])
    assert {origin: mark.checkpoint.size for origin, mark in marks.items()} == {ORIGIN: 3, "clearance.local/std_2": 0}


def test_a_mark_that_a_crash_left_behind_is_extended(signer):
    begin(signer, 10)
    advance(signer, step(10, 25))
    assert signer.mark(ORIGIN).checkpoint.size == 25


def test_a_log_without_a_mark_is_refused(signer):
    with pytest.raises(Forked, match="never signed"):
        advance(signer, step(0, 5))
    with signer.turn() as turn:
        turn.trust(step(0, 5).checkpoint)
    advance(signer, step(5, 6))


def test_an_earlier_tree_is_signed_again_byte_for_byte(signer):
    begin(signer)
    (first,) = advance(signer, step(0, 3))
    advance(signer, step(3, 10))
    proof = step(3, 10).consistency
    assert signer.again(step(0, 3).checkpoint, signer.mark(ORIGIN), proof) == first
    with pytest.raises(Forked):
        signer.again(Checkpoint(ORIGIN, 3, EMPTY_ROOT), signer.mark(ORIGIN), proof)


def test_a_torn_line_does_not_count_and_is_overwritten(signer):
    begin(signer, 3)
    with (signer.directory / "marks").open("ab") as file:
        file.write(b"clearance.local/std_1 9 AAAA")
    with closing(Signer(signer.directory)) as after:
        assert after.mark(ORIGIN).checkpoint.size == 3
        advance(after, step(3, 7))
    with closing(Signer(signer.directory)) as again:
        assert again.mark(ORIGIN).checkpoint.size == 7


def test_a_mark_that_could_not_be_synced_is_no_mark_for_anybody(signer, monkeypatch):
    """It may be in memory only: read as if it were kept, it would be gone after a power cut, or a hole before the next."""
    begin(signer, 3)
    with closing(Signer(signer.directory)) as beside, monkeypatch.context() as failing:
        failing.setattr("service.ledger.signer.os.fdatasync", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "broken")))
        with pytest.raises(Unavailable, match="marks cannot be written"):
            advance(signer, step(3, 10))
        assert beside.mark(ORIGIN).checkpoint.size == signer.mark(ORIGIN).checkpoint.size == 3
        failing.undo()
        advance(beside, step(3, 12))
        assert signer.mark(ORIGIN).checkpoint.size == 12
    assert [int(line.split()[1]) for line in (signer.directory / "marks").read_bytes().splitlines()] == [3, 12]


def test_marks_that_cannot_be_read_stop_it(signer):
    begin(signer, 3)
    with (signer.directory / "marks").open("ab") as file:
        file.write(b"clearance.local/std_1 nine AAAA AAAA\n")
    with closing(Signer(signer.directory)) as after, pytest.raises(StartError, match="damaged"):
        after.mark(ORIGIN)


def test_two_signers_see_each_other(signer):
    begin(signer, 3)
    with closing(Signer(signer.directory)) as other:
        advance(other, step(3, 5))
        assert signer.mark(ORIGIN).checkpoint.size == 5
        advance(signer, step(5, 6))
        advance(other, step(6, 9))
    assert signer.mark(ORIGIN).checkpoint.size == 9


def test_the_journal_is_compacted_and_others_follow(signer, monkeypatch):
    monkeypatch.setattr("service.ledger.signer._COMPACT_BYTES", 500)
    with closing(Signer(signer.directory)) as other:
        begin(signer, *range(1, 20))
        begin(other, 1, origin="clearance.local/std_2")
        begin_at = other.mark(ORIGIN)
        assert begin_at.checkpoint.size == 19
        for size in range(20, 30):
            advance(signer, step(size - 1, size))
        assert other.mark(ORIGIN).checkpoint.size == 29
        assert signer.mark("clearance.local/std_2").checkpoint.size == 1
    assert (signer.directory / "marks").stat().st_size < 2_000


def test_a_forked_process_opens_its_own_files(signer):
    begin(signer, 3)
    child = os.fork()
    if not child:
        try:
            advance(signer, step(3, 4))
        finally:
            os._exit(0 if signer.mark(ORIGIN).checkpoint.size == 4 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert signer.mark(ORIGIN).checkpoint.size == 4


def test_a_lost_key_is_not_replaced_in_silence(signer):
    begin(signer, 3)
    (signer.directory / "key.pem").unlink()
    with pytest.raises(StartError, match="put a copy back"):
        Signer(signer.directory)
    (signer.directory / "marks").unlink()
    with closing(Signer(signer.directory)) as other:
        assert other.public != signer.public


def test_only_the_owner_reads_the_key(signer):
    begin(signer, 1)
    for name in ("key.pem", "marks", "lock"):
        assert stat.S_IMODE((signer.directory / name).stat().st_mode) == 0o600
