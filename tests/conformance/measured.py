"""What this run has measured: filled by the tests in the order of their files."""

CLIENTS = {}  # client → {"version": …, capability → True}
DIFFERENCES = {}  # rule → the names of the requests whose answers differ by it
COMPARED = []  # the names of all requests that both servers were asked
