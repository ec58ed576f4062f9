"""Whether the background work keeps up, for the people who keep the portal and for their alarms."""
