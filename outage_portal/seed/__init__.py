"""The demo's data: the real catalogue, fictional entities and people, and a year of fictional reports.

Real entities stand in the pickers; whatever happens, happens to the fictional ones. Every deed goes through the
actions at its own moment, so that histories, clocks and reminders are what the portal itself would have written.
"""
