"""Records as documents of the field's standards, one file a standard; and ODRL policies back into licences."""
