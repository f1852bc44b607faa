"""What we remember: record sets, delegations, servers, failures.

Each has a bound of its own, and every method takes the time as an argument.
"""
