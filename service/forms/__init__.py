"""Papers that clear a finding, filled from records and marked as drafts for counsel."""
