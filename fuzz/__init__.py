"""Malformed requests, thousands of them, to every address as everybody: what an outsider sends makes no 500.

`make fuzz` lets Hypothesis bend well-formed requests (path, query, headers, form, files) and sends them to the portal
in this process, on a PostgreSQL database of its own, under the web's role and row-level security.
"""
