-- Which kind of record refers to a target, as a column of its own: under row-level security only a plain comparison may use an
-- index, and a title is named by every shot of it while a decision asks for its bindings and papers alone.
ALTER TABLE reference ADD COLUMN source_kind text GENERATED ALWAYS AS (left(source, 3)) STORED;
CREATE INDEX reference_by_target_and_kind ON reference (studio_id, target, source_kind, index);
