/// What sanitizers do in the programs of the daemon: they clear their environment, and start each other without one.
/// The first report ends the process; its words are in the log, where the tests look for them.

extern "C" {

const char* __asan_default_options();   // NOLINT(bugprone-reserved-identifier): so clang's runtime calls it
const char* __ubsan_default_options();  // NOLINT(bugprone-reserved-identifier)
const char* __tsan_default_options();   // NOLINT(bugprone-reserved-identifier)

// Leaks are looked for by another process, which may not look into these.
const char* __asan_default_options() { return "abort_on_error=1:detect_leaks=0"; }
const char* __ubsan_default_options() { return "halt_on_error=1:abort_on_error=1:print_stacktrace=1"; }
const char* __tsan_default_options() { return "halt_on_error=1:abort_on_error=1:second_deadlock_stack=1"; }
}
