"""Facts: what a rule may look at, gathered once per decision, as plain data.

`gather` reads the records that bear on a question (lineage, people, papers, events) in a bounded number of queries and
derives from them what the rules ask: families of replicas, consents as they stand towards each use, hours between notice and
session, licences against the intent. Everything below it is pure.
"""

from service.facts.gather import Facts, assemble, gather

__all__ = ["Facts", "assemble", "gather"]
