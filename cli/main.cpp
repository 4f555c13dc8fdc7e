/// `jeton`: reads the command line, asks the daemon, shows the answer. It holds no rule of the life cycle.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/context.hpp"
#include "cli/verbs.hpp"

namespace {

/// Secrets pass through this process: no core dump, no stranger's debugger. A closed stream must not become a socket.
void harden_process() {
    ::prctl(PR_SET_DUMPABLE, 0);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    std::signal(SIGPIPE, SIG_IGN);
    for (int stream = ::open("/dev/null", O_RDWR); stream >= 0 && stream <= 2;) stream = ::open("/dev/null", O_RDWR);
}

void print(std::FILE* stream, const std::string& text) { std::fwrite(text.data(), 1, text.size(), stream); }

}  // namespace

int main(int argc, char** argv) try {
    using namespace jeton::cli;
    harden_process();
    CommandLine line;
    add_all_verbs(line);

    const auto parsed = line.parse(argc, argv);
    print(stdout, parsed.output);
    print(stderr, parsed.error);
    if (!parsed.action) return parsed.exit_code;

    Context context{line.globals(), Terminal::of_this_process(line.globals().color)};
    return context.finish((*parsed.action)(context));
} catch (const std::exception& fault) {
    std::fprintf(stderr, "jeton: %s\n", fault.what());
    return EXIT_FAILURE;
}
