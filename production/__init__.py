"""Production's own parts, read by the image and by docker-compose.yml; and the walk through them on one machine.

`make production-check` starts them without a container engine, walks from signing in to the mail that arrives, and
prints what was expected and what was seen. The drill of what dies under them is `faults`.
"""
