"""What is answered about the way out of a decision: records to make, and what no record clears."""

from __future__ import annotations

from typing import Any

from schemas import vocabulary
from schemas.collections import AnyObject
from schemas.fields import Body, Choice, Flag, Nested, Several, Text


class ClearingStep(Body):
    """One thing to do. `record`: post `body` to the collection; `amend`: patch the record; `plan`: say it in the `subject` of the question, in
    the record of that key or as one more; `decide`: settle the review of the cause; `adopt`, `sign_off`: two people do so with the pack.
    """

    action = Choice("record", "amend", "plan", "decide", "adopt", "sign_off", required=True)
    kind = Text(60)
    type = Text(60)
    collection = Text(60)
    for_: Any = Text(200, data_key="for", about="the record that it is about; $key names another record of this answer")
    key = Text(100, about="what other steps call it; the steps that record can be sent as lines to /v1/batch as they stand")
    record = Text(200)
    body: Any = Nested(AnyObject, about="what the record would have to say; record it only where it is true")
    patch: Any = Nested(AnyObject)
    pack = Text(100)
    cause = Text(300)
    owner = Text(60)
    clears = Several(Text(300), most=10**4, about="the causes that it helps to clear")


class ClearingAnswer(Body):
    """The smallest set of records that clears a decision, tried by deciding again with them; no part of the set clears it."""

    decision = Text(60, required=True)
    outcome = Choice(*vocabulary.OUTCOMES, required=True, about="what was decided")
    would_be = Choice(*vocabulary.OUTCOMES, required=True, about="what would be decided with all steps done")
    complete = Flag(required=True, about="false where something is left that no record clears")
    steps = Several(Nested(ClearingStep), most=1000)
    left: Any = Several(
        Nested(AnyObject),
        most=10**5,
        about="what else has to be done, with `why` no draft clears it, the fix and its owner: `remove` an absolute bar, `mend` the thing itself, `amend` what only people know",
    )
