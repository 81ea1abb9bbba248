"""The wire format of every kind of record, one module a family."""
