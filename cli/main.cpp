/// `jeton`: reads the command line, asks the daemon, shows the answer. It holds no rule of the life cycle.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "cli/context.hpp"
#include "cli/process.hpp"
#include "cli/verbs.hpp"

int main(int argc, char** argv) try {
    using namespace jeton::cli;
    harden_process();
    CommandLine line;
    add_verbs_for(line, {argv, static_cast<std::size_t>(argc)});

    const auto parsed = line.parse(argc, argv);
    Context context{line.globals(), Terminal::of_this_process(line.globals().color)};
    context.write(parsed.output);
    std::fputs(parsed.error.c_str(), stderr);
    if (!parsed.action) return context.finish(parsed.exit_code);

    // All was written, and what must be wiped was the action's: the grammar is left to the kernel, which is quicker.
    std::_Exit(context.finish((*parsed.action)(context)));
} catch (const std::exception& fault) {
    std::fprintf(stderr, "jeton: %s\n", fault.what());
    return EXIT_FAILURE;
}
