"""The catalogue as spreadsheets: what a file would change is shown first, and written at one word or not at all."""

from entities.importing.catalogue import EntityImport, ServiceImport
from entities.importing.plan import CatalogueImport, Plan, StaleImport
from entities.importing.sheets import MAX_BYTES, MAX_ROWS, SheetRefused

__all__ = [
    "MAX_BYTES",
    "MAX_ROWS",
    "CatalogueImport",
    "EntityImport",
    "Plan",
    "ServiceImport",
    "SheetRefused",
    "StaleImport",
]
