/// What this process gives up when it starts, and gives back to a program that takes its place.
#pragma once

namespace jeton::cli {

/// Secrets pass through this process: no core dump, no stranger's debugger. A closed stream must not become a socket,
/// and a closed pipe is an error, not the end. Before anything else.
void harden_process();

/// Puts limits and signals back to what they were when this process was started. Only right before another program
/// takes its place.
void soften_for_another_program();

}  // namespace jeton::cli
