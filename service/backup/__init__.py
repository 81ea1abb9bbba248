"""Backup and restore: a folder that holds one moment of the database and the contents that its log names.

The tables are copied inside one snapshot in PostgreSQL's own COPY text, so that a running service is not held up, any server
from version 15 on can take them back, and the schema comes from the numbered migrations that made it. The programs beside the
server (`pg_dump`) refuse servers newer than themselves and cannot share the snapshot with the list of contents.
"""
