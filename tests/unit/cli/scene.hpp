/// One run of `jeton` as a person sees it: a scripted daemon answers, what was asked and shown is kept.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.hpp"

namespace jeton::cli::testing {

/// What the daemon of a scene answers to one request.
struct Answer {
    std::string body;
    int status = 200;
    std::string fields = {};  ///< further header lines, each with its CR LF
};

/// What came of a run. The directory of the daemon's sockets stands as DIRECTORY in the texts.
struct Shown {
    int code = -1;
    std::string out, err;
    std::vector<std::string> asked;  ///< "GET /v1/apps", `POST /v1/apps {"app":"x"}`, "token socket: GET /healthz"
};

/// A pipe: nobody can be asked, nothing is cut or coloured.
inline constexpr Terminal pipe{};
/// A person in front of a coloured terminal with `width` columns.
[[nodiscard]] Terminal terminal(std::size_t width);

/// Runs `jeton` with `words`. The daemon gives `answers` in their order; a request beyond them gets none. What is
/// asked on `where` is answered with the lines `typed`.
[[nodiscard]] Shown run(const std::vector<std::string>& words, const std::vector<Answer>& answers,
                        const Terminal& where = pipe, const std::vector<std::string>& typed = {});

/// The same for a part of `jeton`; `program` returns the exit code.
[[nodiscard]] Shown run(const std::function<int()>& program, const std::vector<Answer>& answers,
                        const std::vector<std::string>& typed = {});

/// The file `name` of tests/unit/cli/golden.
[[nodiscard]] std::string golden_file(std::string_view name);

/// Runs `words` over the answer golden/NAME.json: on a terminal, on a narrow one and in a pipe it must look like
/// golden/NAME.txt (escape characters stand as ␛ there); with --json it must be the document, byte for byte.
/// With JETON_GOLDEN=write in the environment the text is written instead, and the test fails so that somebody reads
/// it.
void check_golden(const std::string& name, const std::vector<std::string>& words);

/// The same for something else that was shown.
void check_golden_text(const std::string& name, std::string text);

}  // namespace jeton::cli::testing
