/// What `jeton exec` puts into the environment of its command: `--env NAME=member` and the lines of `--env-file`.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/failure.hpp"
#include "libclient/http/wipe.hpp"

namespace jeton::cli {

/// What there is of a connection.
enum class Member {
    access_token,  ///< as it is now; it is not renewed in the environment
    token_file,    ///< the path of a file that holds a token that is renewed
    app_key,
    connection,
    app,
    tenant,
    environment,
    token_url,  ///< this one and the two below: with --serve
    client_id,
    client_secret,
};

/// The daemon must be asked for it; the others stand in the connection's name or are made here.
[[nodiscard]] bool needs_token(Member member);
/// It is made by --serve.
[[nodiscard]] bool needs_server(Member member);

/// `jeton://APP/TENANT@ENVIRONMENT/member`.
struct Reference {
    std::string connection;
    Member member;
};

/// One variable: a text as it is, or what a reference stands for.
struct Setting {
    std::string name;
    std::variant<client::WipedText, Reference> value;
    std::string where;  ///< "--env" or "FILE, line N", for messages
};

/// The reference in `text`; its connection must have the shape of one, an unknown member is told with the nearest.
/// Refuses (usage).
[[nodiscard]] Result<Reference> read_reference(std::string_view text);

/// `NAME=member` of `connection`, or `NAME=jeton://…`. Refuses (usage).
[[nodiscard]] Result<Setting> read_env_option(std::string_view word, const std::string& connection);

/// The settings of a file: what begins with `jeton://` is a reference, anything else stays as it is. Refuses
/// (bad_input) with file and line.
[[nodiscard]] Result<std::vector<Setting>> read_env_file(std::string_view text, std::string_view file);

}  // namespace jeton::cli
