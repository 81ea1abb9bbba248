"""The tables of the service, out of one database and into another, as PostgreSQL's own COPY text."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from psycopg import Connection, sql

from service.backup.folder import Writer
from service.content.store import CHUNK
from service.errors import StartError

FOLDER = "database"
_TABLES = """
    SELECT relname, relforcerowsecurity, array_agg(attname::text ORDER BY attnum)
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
        AND relname <> 'migration'
    GROUP BY relname, relforcerowsecurity ORDER BY relname
"""
_NEEDS = """
    SELECT child.relname, parent.relname FROM pg_constraint
    JOIN pg_class AS child ON child.oid = conrelid JOIN pg_class AS parent ON parent.oid = confrelid
    WHERE contype = 'f' AND child.relnamespace = 'public'::regnamespace
"""
# One form for all servers, whatever their configuration says.
_FORM = "SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex'; SET LOCAL client_encoding = 'UTF8'"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the columns that are stored (computed ones are computed again)."""

    name: str
    is_forced: bool
    """Row-level security binds its owner too."""
    columns: tuple[str, ...]


def tables(conn: Connection[Any]) -> list[Table]:
    """Return the tables, those first that others refer to."""
    found = {name: Table(name, forced, tuple(columns)) for name, forced, columns in conn.execute(_TABLES)}
    graph: dict[str, set[str]] = {name: set() for name in found}
    for child, parent in conn.execute(_NEEDS):
        graph[child].add(parent)
    return [found[name] for name in TopologicalSorter(graph).static_order()]


def write(conn: Connection[Any], writer: Writer) -> dict[str, dict[str, Any]]:
    """Copy every table of a snapshot into the folder and return columns and number of rows by table."""
    conn.execute(_FORM)
    return {table.name: {"columns": list(table.columns), "rows": _out(conn, table, writer)} for table in tables(conn)}


def _out(conn: Connection[Any], table: Table, writer: Writer) -> int:
    statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(*_names(table))
    with writer.file(_path(table.name)) as sink, gzip.GzipFile("", "wb", 1, sink, mtime=0) as packed, conn.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for content in copy:
                packed.write(content)
        return cursor.rowcount


def read(conn: Connection[Any], root: Path, wanted: dict[str, dict[str, Any]]) -> int:
    """Load every table from the folder, within the caller's transaction and as the owner; return the number of rows."""
    conn.execute(_FORM)
    there = tables(conn)
    if {table.name: list(table.columns) for table in there} != {name: each["columns"] for name, each in wanted.items()}:
        raise StartError("The tables of the backup are not those that its migrations make; the manifest was changed.")
    return sum(_in(conn, table, root, wanted[table.name]["rows"]) for table in there)


def _in(conn: Connection[Any], table: Table, root: Path, rows: int) -> int:
    """Load one table. Row-level security has no COPY, so a table that binds its owner does not for this moment."""
    alter = sql.SQL("ALTER TABLE {} {} ROW LEVEL SECURITY")
    if table.is_forced:
        conn.execute(alter.format(sql.Identifier(table.name), sql.SQL("NO FORCE")))
    columns, name = _names(table)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(name, columns)
    with gzip.open(root / _path(table.name), "rb") as packed, conn.cursor() as cursor:
        with cursor.copy(statement) as copy:
            shutil.copyfileobj(packed, copy, CHUNK)
        loaded = cursor.rowcount
    if table.is_forced:
        conn.execute(alter.format(sql.Identifier(table.name), sql.SQL("FORCE")))
    if loaded != rows:
        raise StartError(f"{_path(table.name)} gave {loaded} rows, and the manifest says {rows}; nothing was restored.")
    return loaded


def filled(conn: Connection[Any]) -> Iterator[str]:
    """Yield the names of tables that hold anything."""
    for table in tables(conn):
        if conn.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(sql.Identifier(table.name))).rowcount:
            yield table.name


def _names(table: Table) -> tuple[sql.Composable, sql.Composable]:
    return sql.SQL(", ").join(map(sql.Identifier, table.columns)), sql.Identifier(table.name)


def _path(name: str) -> str:
    return f"{FOLDER}/{name}.copy.gz"
