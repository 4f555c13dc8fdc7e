/// `jeton`: reads the command line, asks the daemon, shows the answer. It holds no rule of the life cycle.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "cli/context.hpp"
#include "cli/process.hpp"
#include "cli/verbs.hpp"

namespace {

void print(std::FILE* stream, const std::string& text) { std::fwrite(text.data(), 1, text.size(), stream); }

}  // namespace

int main(int argc, char** argv) try {
    using namespace jeton::cli;
    harden_process();
    CommandLine line;
    add_verbs_for(line, {argv, static_cast<std::size_t>(argc)});

    const auto parsed = line.parse(argc, argv);
    print(stdout, parsed.output);
    print(stderr, parsed.error);
    if (!parsed.action) return parsed.exit_code;

    Context context{line.globals(), Terminal::of_this_process(line.globals().color)};
    // All was written, and what must be wiped was the action's: the grammar is left to the kernel, which is quicker.
    std::_Exit(context.finish((*parsed.action)(context)));
} catch (const std::exception& fault) {
    std::fprintf(stderr, "jeton: %s\n", fault.what());
    return EXIT_FAILURE;
}
