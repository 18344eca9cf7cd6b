"""Opens the SQL database of a home folder and brings its schema up to date."""

from __future__ import annotations

from pathlib import Path

import orjson
from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_MS = 30_000
"""How long a writer waits for another before it gives up, in milliseconds."""


def open_database(url: str) -> Engine:
    """Return an engine for a database URL; SQLite gets WAL, foreign keys and a busy time-out."""
    # a search reads a hundred small values of JSON: orjson takes a fifth of the standard library's time
    engine = create_engine(url, json_deserializer=orjson.loads)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
    return engine


def migrate(engine: Engine, scripts: Path, version_table: str, head: str) -> None:
    """Bring a schema to its newest revision; does nothing, quickly, where it is there already.

    Args:
        engine: The database.
        scripts: The folder that holds ``versions/``.
        version_table: Each package keeps its own revision in a table of this name.
        head: The newest revision, so that an up-to-date database costs one query.
    """
    if _revision(engine, version_table) == head:
        return
    # Alembic takes a quarter of a second to import, and is needed once in the life of a database
    from alembic.config import Config
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(scripts))
    script = ScriptDirectory.from_config(config)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            # the driver begins no transaction for a change of schema: a kill would leave half of it
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": version_table,
                "fn": lambda revision, _: script._upgrade_revs("head", revision),
            },
        )
        with Operations.context(context):
            context.run_migrations()


def _revision(engine: Engine, version_table: str) -> str | None:
    if not inspect(engine).has_table(version_table):
        return None
    with engine.connect() as connection:
        # the table's name is a constant of the calling package
        found = connection.execute(text(f"SELECT version_num FROM {version_table}")).scalar()  # noqa: S608
    return None if found is None else str(found)


def _configure_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
