"""What a stranger would try, tried: a running portal and a pretend Nafath on this machine, PostgreSQL behind them.

`make attack` runs the list and stops at the first attack that gets through. Each is a test as well:
tests/test_attacks.py says which.
"""
