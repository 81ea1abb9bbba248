"""Content: storing bytes, their digests and real types, and the secrets beside them."""
