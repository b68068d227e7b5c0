"""Alembic's entry: runs on the connection that `models.migrations` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from models.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True)
context.run_migrations()
