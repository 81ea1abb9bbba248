-- A job that fails is tried again within its slot, with growing pauses, and so is one whose host went away amid it: the row says which
-- attempt it is and from when on whoever ticks may begin the next; null once it is done. Rows of slots that are over are removed.
ALTER TABLE tick ADD COLUMN attempt integer NOT NULL DEFAULT 1, ADD COLUMN again_at timestamptz;
GRANT UPDATE, DELETE ON tick TO clearance_ledger;
