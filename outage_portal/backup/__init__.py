"""What is kept for the day on which the machine is gone: the database and the uploads, and how to tell that they are
whole. Keys are in no backup (docs/operations.md)."""
