/// The vault as the routes see it: a question with an attested peer, an answer with the era it was decided in.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/error.hpp"
#include "daemon/front/http/task.hpp"
#include "daemon/front/peer/attest.hpp"
#include "daemon/front/tokens/era.hpp"
#include "libclient/protocol/json.hpp"

namespace jeton::front {

namespace json = protocol::json;

struct Question {
    json::object peer;        ///< as `docs/inner-protocol.md` has it
    std::string_view socket;  ///< "token" or "control"
    std::string_view verb;
    json::value body;  ///< in `protocol::wiped_storage()`: it may hold a secret
    std::chrono::seconds patience{30};
};

struct Answer {
    Era era;                               ///< empty where the vault did not answer
    json::value done;                      ///< in `protocol::wiped_storage()`
    std::optional<std::string> next = {};  ///< of a listing: the cursor at which it goes on
    std::optional<Error> refused;          ///< then `done` is null
    bool unsure = false;  ///< then it was sent, and no answer came: it may have been done, or be done yet
};

class Vault {
public:
    virtual ~Vault() = default;
    /// Always comes back: without a vault, or past the question's patience, with `temporarily_unavailable`.
    [[nodiscard]] virtual Task<Answer> ask(Question question) = 0;
    /// "unsealed", "sealed" or "uninitialised", as the vault last said; "sealed" while there is none.
    [[nodiscard]] virtual std::string_view state() const = 0;
    /// What bindings, pairs and roles ask of peers on the token socket; everything while no vault has said it.
    [[nodiscard]] virtual Details attests() const = 0;
    /// Whether something is bound or granted to this peer; everybody is known while no vault has said whom it knows.
    [[nodiscard]] virtual bool knows(const Peer&) const { return true; }
};

}  // namespace jeton::front
