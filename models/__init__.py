"""The data: tables, engine, settings, migrations, audit. No logic beyond constraints; imports nothing of the other packages."""
