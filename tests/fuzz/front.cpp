/// What strangers and the vault send to the front.
#include <optional>
#include <string>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>

#include "daemon/base/frames.hpp"
#include "daemon/front/http/request_reader.hpp"
#include "daemon/front/peer/unit.hpp"
#include "daemon/front/routes/client_auth.hpp"
#include "daemon/front/routes/form.hpp"
#include "daemon/front/vault_client.hpp"
#include "tests/fuzz/target.hpp"

namespace jeton::fuzz {
namespace {

/// What a caller is told: a status, or nothing where the request is not whole.
std::optional<int> told(std::string_view bytes, std::size_t first) {
    using State = front::RequestReader::State;
    front::RequestReader reader{front::Limits{}};
    for (const auto arrived : {first, bytes.size()}) {
        if (arrived == 0) continue;
        const auto input = bytes.substr(0, arrived);
        auto state = reader.advance(input);
        if (state == State::head_done) state = reader.advance(input);
        if (state == State::refused) return reader.refusal()->status;
        if (state == State::complete) {
            require(reader.size() <= bytes.size(), "a request is no longer than what arrived");
            require(reader.request().target.starts_with('/'), "a request that is let through has a path");
            return 200;
        }
    }
    return std::nullopt;
}

}  // namespace

/// However the bytes are cut, the answer is the same. A head gets its end: before it, what cannot become a request any
/// more may be refused at once or when the rest has come.
void http_request(std::string_view input) {
    const auto cut = take_number(input, 256);
    if (input.empty()) return;
    std::string ended{input};
    if (!input.contains("\r\n\r\n")) ended += "\r\n\r\n";
    const auto whole = told(ended, ended.size());
    require(told(ended, cut % ended.size()) == whole, "where the first read ends makes no difference");
    require(!whole || *whole == 200 || (*whole >= 400 && *whole < 600), "a refusal has a status of one");
}

void form(std::string_view input) {
    const auto read = front::Form::parse(input);
    if (!read) return;
    require(read->parameters().size() <= front::Form::parameter_limit, "a form has few parameters");
    for (const auto& [name, value] : read->parameters()) {
        require(front::is_utf8(name) && front::is_utf8(value), "what is decoded is UTF-8");
        require(name.find('\0') == std::string::npos && value.find('\0') == std::string::npos, "no NUL comes out");
    }
}

void client_authentication(std::string_view input) {
    const auto authorization = take_part(input);
    const auto read = front::Form::parse(input);
    if (!read) return;
    const auto credentials =
        front::read_credentials(*read, authorization.empty() ? std::nullopt : std::optional{authorization});
    if (!credentials) return;
    require(credentials->method != front::ClientAuth::basic || credentials->client_id, "Basic names a client");
    require(credentials->method != front::ClientAuth::peer || !credentials->client_secret, "a peer has no secret");
    require(authorization.empty() || credentials->method == front::ClientAuth::basic,
            "with an Authorization there is no other authentication");
}

void control_group(std::string_view input) {
    const auto mounts = take_part(input);
    const auto placement = front::read_placement(input);
    require(placement.unit.name.empty() != placement.unit.unknown.empty(), "there is a unit or a reason, not both");
    require(placement.unit.name.empty() || front::is_unit_name(placement.unit.name, ".service") ||
                front::is_unit_name(placement.unit.name, ".scope"),
            "a unit is a service or a scope");
    require(placement.path.find("..") == std::string::npos || placement.path.find("/../") == std::string::npos,
            "no path leads upwards");
    (void)front::find_cgroup_mount(mounts);
}

/// A vault that says anything: the front may end the link, and goes on. One input is several frames.
void inner_frame_of_vault(std::string_view input) {
    boost::asio::io_context context{1};
    front::VaultClient client{context,
                              {.era_changed = [](const front::Era&, bool) {},
                               .token_replaced = [](std::string_view) {},
                               .ready = [] {},
                               .lost = [] {}}};
    int ends[2];
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0, "there are sockets");
    client.take_link(UniqueFd{ends[0]});
    {
        const UniqueFd vault{ends[1]};
        while (!input.empty()) {
            const auto payload = take_part(input);
            if (payload.empty() || payload.size() > 16UZ * 1024) continue;
            const auto frame = encode_frame(payload);
            (void)::send(vault.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
            context.poll();
        }
    }
    context.poll();
    require(!client.state().empty(), "the front knows a state");
}

}  // namespace jeton::fuzz
