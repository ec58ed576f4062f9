"""People who read, search and file all at once, on production as it stands on one machine: `make load`.

`production` starts it, `bench` fills its database, Locust plays the people in a process of its own, and what a receipt
was given for is looked for in the database afterwards. docs/performance.md has the figures of a run.
"""
