"""The security log as auditors read it: filtered, told in sentences, taken out, its chain followed."""
