/// Asking a person, and reading secrets: from stdin or with echo off, never from the command line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "cli/failure.hpp"
#include "cli/terminal.hpp"
#include "libclient/http/wipe.hpp"

namespace jeton::cli {

/// The line a person types after `question` (on stderr), without surrounding spaces; empty at the end of input.
/// Ctrl-C ends the program with 130. Only if `terminal.interactive()`.
[[nodiscard]] std::string ask_line(std::string_view question);

/// A secret of one line: typed unseen after `question` if stdin is a terminal, else all of stdin. Surrounding white
/// space is dropped. Ctrl-C turns the echo on again and ends the program with 130; whoever stops the program and
/// continues it is asked anew, unseen. Empty if nothing came. Refuses (bad_input) more than one line or more than 64
/// KiB.
[[nodiscard]] Result<client::WipedText> read_secret(const Terminal& terminal, std::string_view question);

/// Text of several lines, which may hold a secret, of at most `limit` bytes (a multiple of 1 KiB): where stdin is a
/// terminal, what is pasted or typed after `question` until Ctrl-D, seen; Ctrl-C ends the program with 130. Else all of
/// stdin. Refuses (bad_input) more than that: then `when_larger` says what to do.
[[nodiscard]] Result<client::WipedText> read_pasted(const Terminal& terminal, std::string_view question,
                                                    std::size_t limit, std::string_view when_larger);

/// Several secrets one after the other: each typed unseen if stdin is a terminal, else each a line of stdin.
class SecretInput {
public:
    explicit SecretInput(const Terminal& terminal) : terminal_(terminal) {}

    /// Like `read_secret`. Empty if nothing, or an empty line, came.
    [[nodiscard]] Result<client::WipedText> next(std::string_view question);
    /// One to be made: on a terminal typed twice, and refused (bad_input) if the two differ.
    [[nodiscard]] Result<client::WipedText> next_new(std::string_view question);
    /// Nothing more is wanted. Refuses (bad_input) lines that are left: they were meant for something else.
    [[nodiscard]] Result<void> end();

private:
    Terminal terminal_;
    client::WipedText rest_;  ///< of stdin, where it is no terminal
    bool read_ = false;
};

}  // namespace jeton::cli
