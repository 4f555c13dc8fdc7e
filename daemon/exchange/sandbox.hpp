/// What the exchange gives up for good. Why: docs/decisions/0019-….md.
#pragma once

namespace jeton::exchange {

/// Before the first request. Keeps: connections to the network and to name services of the host, files that say how
/// names become addresses and which authorities the host trusts, threads. No other file, no server, no new process.
void confine_exchange();

}  // namespace jeton::exchange
