"""What is kept in the database: runs and their events, artifacts, pipelines, data sets. SQLAlchemy stays in here."""
