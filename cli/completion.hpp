/// What may stand next on a command line of `jeton`: verbs, options and values, found by walking the grammar itself, so
/// that no list of them is kept a second time (decision 0036).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace jeton::cli {

class Context;

/// Where the words come from that an argument takes.
enum class Source : std::uint8_t {
    free_text,  ///< nobody knows them before they are typed
    grammar,    ///< the grammar has them all
    // what the daemon lists
    apps,
    bindings,
    connections,
    environments,
    key_slots,
    pairs,
    public_keys,  ///< of the connection that stands before
    role_scope,   ///< apps or tenants, by the role that stands before
    scopes,
    secrets,  ///< by prefix, of the connection that stands before
    tenants,
    tickets,
    // what the host has, and the shell looks up
    commands,
    files,
    groups,
    users,
};

/// Where the words of an argument come from. `verb` is "app tenant add"; `name` an option, "--app", or what stands in
/// its help for a word without one, "CONNECTION". Nothing is known of a name that this table lacks: a test finds it.
[[nodiscard]] bool knows_argument(std::string_view verb, std::string_view name);
[[nodiscard]] Source source_of(std::string_view verb, std::string_view name);

/// A word that may stand next.
struct Candidate {
    std::string word;
    std::string about;  ///< one line; may be empty
};

/// What is known of the word at the cursor without asking anybody.
struct Completion {
    std::vector<Candidate> candidates;   ///< that go on with what was typed: verbs, options, choices
    Source source = Source::grammar;     ///< where further words come from
    std::string typed;                   ///< what they must begin with
    std::string prefix;                  ///< what stands before each of them in the same word: "--tenant="
    std::vector<std::string> arguments;  ///< the words of the verb without those of its options
    bool user = false, system = false;   ///< which daemon is meant
};

/// `words`: all behind the program's name; the last one is the one at the cursor, as far as it is typed.
[[nodiscard]] Completion complete(const CLI::App& program, const std::vector<std::string>& words);

/// The candidates, and those that the daemon has now. It is asked for half a second at most; where it is away, sealed,
/// or shows the caller nothing, there are none of its. Only words that mean nothing to a shell are taken from it.
[[nodiscard]] std::vector<Candidate> candidates_of(const Context& context, const Completion& completion);

}  // namespace jeton::cli
