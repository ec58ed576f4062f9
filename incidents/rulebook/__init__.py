"""The policy as an admin reads, compares, tries and completes it. Reads and words only; what writes is in `actions`."""
