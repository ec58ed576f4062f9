"""The demo: the portal, a pretend Nafath and the background work on one machine, with no service installed."""
