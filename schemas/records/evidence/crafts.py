"""Papers about what generative tools do to people's jobs: a layoff, a job taken over, hours cut."""

from __future__ import annotations

from typing import Final

from schemas import vocabulary
from schemas.fields import Body, Choice, Erasable, Flag, PartialDate, Several, Text
from schemas.references import Reference


class JobImpact(Body):
    """A layoff or another change to jobs, and whether it is put down to AI (IATSE: impact bargaining, severance, retraining).

    Bargaining over it is `bargaining` of kind `impact` with this record as subject; severance and retraining are
    `employment_programme`; whether anybody was displaced is for labour relations to attest (`no_displacement`).
    """

    kind = Choice("layoff", "job_taken_over", "reduced_hours", "changed_duties", "none", required=True)
    attributed_to_ai = Flag(about="whether the change is put down to a generative or other AI system")
    people = Several(Reference("party", role="affected"), most=400)
    craft = Choice(*vocabulary.CRAFTS, about="whose jobs they are, where no engagement of the people says so")
    employer = Reference("party", role="employer")
    cause = Erasable(Text(1000))
    at = PartialDate()


TYPES: Final[dict[str, type[Body]]] = {"job_impact": JobImpact}
