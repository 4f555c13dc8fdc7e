"""What this run has measured: filled by the tests in the order of their files, read by the last one."""

import collections

Compared = collections.namedtuple("Compared", "name here there rules")  # rules: why the two answers differ

CLIENTS = {}  # client → {"version": …, capability → True}
COMPARED = []  # of each request that both servers were asked
