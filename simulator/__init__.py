"""A pretend Nafath for development: its own process, settings and database, reached by HTTP only."""
