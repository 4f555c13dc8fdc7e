#include "daemon/front/vault_client.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <exception>
#include <ranges>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include "daemon/base/log.hpp"
#include "libclient/protocol/fields.hpp"
#include "libclient/protocol/serialize.hpp"

namespace jeton::front {
namespace {

constexpr std::chrono::seconds usual_wait{2};
constexpr std::chrono::seconds successor_wait{10};
constexpr int retry_after_lost_link = 1;  ///< seconds

/// An assertion is good for one request: the next vault knows that it was shown.
bool shows_assertion(const json::value& body) {
    const auto* members = body.if_object();
    const auto* auth = members == nullptr ? nullptr : members->if_contains("auth");
    return auth != nullptr && auth->is_object() && auth->get_object().contains("client_assertion");
}

/// What may be done twice, once by a vault that ends before it answers.
bool is_repeatable(const Question& question) {
    return (question.verb == "token.issue" || question.verb == "token.introspect") && !shows_assertion(question.body);
}

Error no_vault(std::string what) {
    auto error = refuse(Errc::temporarily_unavailable, std::move(what), "try again in a moment; jeton status");
    error.retry_after = retry_after_lost_link;
    return error;
}

std::string_view text(const json::string& value) { return {value.data(), value.size()}; }

std::string_view text_member(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view{name.data(), name.size()});
    const auto* found = value == nullptr ? nullptr : value->if_string();
    if (found == nullptr) throw FrameFault("an inner frame lacks \"" + std::string{name} + "\"");
    return text(*found);
}

std::uint64_t number_member(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view{name.data(), name.size()});
    boost::system::error_code ec;
    const auto number = value == nullptr ? 0 : value->to_number<std::uint64_t>(ec);
    if (value == nullptr || ec) throw FrameFault("an inner frame lacks \"" + std::string{name} + "\"");
    return number;
}

Era era_of(const json::object& said) {
    return Era{std::string{text_member(said, "instance")}, number_member(said, "epoch")};
}

/// A word that we do not know is something that we cannot attest.
Details attests_of(const json::object& said) {
    Details details;
    const auto* asked = said.if_contains("attest");
    if (asked == nullptr) return details;
    const auto* words = asked->if_array();
    if (words == nullptr) throw FrameFault("an inner frame's \"attest\" is no list");
    for (const auto& word : *words) {
        const auto* name = word.if_string();
        if (name != nullptr && *name == "groups") {
            details.groups = true;
        } else if (name != nullptr && *name == "unit") {
            details.unit = true;
        } else {
            throw FrameFault("an inner frame asks to attest what is not known");
        }
    }
    return details;
}

const json::array& list_member(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(json::string_view{name.data(), name.size()});
    const auto* list = value == nullptr ? nullptr : value->if_array();
    if (list == nullptr) throw FrameFault("an inner frame lacks the list \"" + std::string{name} + "\"");
    return *list;
}

/// Users and groups; one that is no number of 32 bits is no identity of a peer's.
template <class Id>
std::unordered_set<Id> ids_in(const json::object& event, std::string_view name) {
    std::unordered_set<Id> ids;
    for (const auto& value : list_member(event, name)) {
        boost::system::error_code ec;
        const auto id = value.to_number<Id>(ec);
        if (ec) throw FrameFault("an inner frame's \"" + std::string{name} + "\" holds no number of a user or group");
        ids.insert(id);
    }
    return ids;
}

/// Nothing where they are too many to be told: then everybody is.
std::optional<KnownCallers> known_in(const json::value& value) {
    if (value.is_null()) return std::nullopt;
    const auto* object = value.if_object();
    if (object == nullptr) throw FrameFault("an inner frame's \"known\" is no object");
    const auto& event = *object;

    KnownCallers known{.users = ids_in<uid_t>(event, "users"),
                       .groups = ids_in<gid_t>(event, "groups"),
                       .units = {},
                       .container_users = ids_in<uid_t>(event, "container_users")};
    for (const auto& name : list_member(event, "units")) {
        const auto* unit = name.if_string();
        if (unit == nullptr) throw FrameFault("an inner frame's \"units\" holds no name");
        known.units.emplace(text(*unit));
    }
    return known;
}

/// A word that is not in the list, or a refusal that is malformed, is the daemon's own error.
Error refusal_of(const json::value& value) {
    protocol::Fields fields{value};
    const auto name = fields.text("error");
    auto error = refuse(Errc::server_error, fields.text("error_description"), fields.text_or("next", ""));
    if (const auto seconds = fields.optional_integer("retry_after", 0, 86'400))
        error.retry_after = static_cast<int>(*seconds);
    if (const auto word = protocol::word_named(name)) error.code = word->code;
    if (const auto problem = fields.problem()) log::error("a refusal of the vault is not understood: {}", *problem);
    return error;
}

}  // namespace

/// One connection to one vault.
struct VaultClient::Link {
    explicit Link(StreamSocket end) : socket(std::move(end)) {}
    ~Link() {
        for (auto& frame : outgoing) protocol::wipe(frame);
    }

    StreamSocket socket;
    FrameDecoder decoder;
    std::deque<std::string> outgoing;
    bool writing = false;
    bool greeted = false;  ///< has said hello: questions may be sent
    bool ending = false;   ///< has said that it ends: none may any more
};

/// A question on its way.
struct VaultClient::Waiter {
    explicit Waiter(asio::io_context& context) : timer(context) {}
    ~Waiter() {
        protocol::wipe(frame);
        protocol::wipe(copy);
    }

    Timer timer;
    std::string frame;  ///< empty once it is sent
    std::string copy;   ///< to be sent once more, should the link end; empty where it must not
    std::chrono::seconds patience{};
    bool extended = false;  ///< the timer was set anew: look again
    std::optional<Answer> answer;
};

VaultClient::VaultClient(asio::io_context& context, Listeners listeners)
    : context_(context), listeners_(std::move(listeners)) {}

VaultClient::~VaultClient() = default;

Task<Answer> VaultClient::ask(Question question) {
    const auto id = ++last_id_;
    const auto waiter = std::make_shared<Waiter>(context_);
    const bool repeatable = is_repeatable(question);
    {
        json::object request(protocol::wiped_storage());
        request["id"] = id;
        request["peer"] = std::move(question.peer);
        request["socket"] = json::string_view{question.socket.data(), question.socket.size()};
        request["verb"] = json::string_view{question.verb.data(), question.verb.size()};
        request["body"] = std::move(question.body);
        auto payload = protocol::serialize_once(request);
        waiter->frame = encode_frame(payload);
        protocol::wipe(payload);
    }
    if (repeatable) waiter->copy = waiter->frame;
    waiter->patience = question.patience;
    waiters_.emplace(id, waiter);
    if (link_ && link_->greeted && !link_->ending) {
        send(*waiter);
    } else {
        waiter->timer.expires_after(wait_for_link(*waiter));
    }
    do {
        waiter->extended = false;
        boost::system::error_code ignored;
        co_await waiter->timer.async_wait(asio::redirect_error(use_task, ignored));
    } while (waiter->extended && !waiter->answer);
    waiters_.erase(id);

    Answer answer;
    if (waiter->answer) {
        answer = std::move(*waiter->answer);
    } else {
        answer.unsure = waiter->frame.empty();
        answer.refused = no_vault(answer.unsure ? "the vault does not answer" : "the vault is not there");
    }
    co_return answer;
}

void VaultClient::send(Waiter& waiter) {
    waiter.extended = true;
    waiter.timer.expires_after(waiter.patience);
    link_->outgoing.push_back(std::move(waiter.frame));
    waiter.frame.clear();
    if (link_->writing) return;
    link_->writing = true;
    asio::co_spawn(context_.get_executor(), write(link_), [](const std::exception_ptr& fault) {
        if (fault) log::error("writing to the vault failed");
    });
}

/// All that waits leaves together: what the vault reads at once it does in one group, with one commit.
Task<void> VaultClient::write(std::shared_ptr<Link> link) {
    boost::system::error_code ec;
    std::vector<asio::const_buffer> frames;
    while (!ec && !link->outgoing.empty()) {
        frames.clear();
        for (const auto& frame : link->outgoing | std::views::take(frames_at_once))
            frames.push_back(asio::buffer(frame));
        co_await asio::async_write(link->socket, frames, asio::redirect_error(use_task, ec));
        for ([[maybe_unused]] const auto& written : frames) {
            protocol::wipe(link->outgoing.front());
            link->outgoing.pop_front();
        }
    }
    link->writing = false;
    if (ec) {
        lose(link, ec.message());
    } else if (link->ending) {
        ask_no_more(*link);
    }
}

/// When the vault has read the end of what we send, it has read all of it.
void VaultClient::ask_no_more(Link& link) {
    link.ending = true;
    boost::system::error_code ignored;
    if (!link.writing) link.socket.shutdown(StreamSocket::shutdown_send, ignored);
}

std::chrono::steady_clock::duration VaultClient::wait_for_link(const Waiter& waiter) const {
    const auto successor = successor_until_ - std::chrono::steady_clock::now();
    return std::min<std::chrono::steady_clock::duration>(
        std::max<std::chrono::steady_clock::duration>(usual_wait, successor), waiter.patience);
}

void VaultClient::take_link(UniqueFd link) {
    if (const auto former = std::exchange(link_, nullptr)) {
        boost::system::error_code ignored;
        former->socket.close(ignored);
        forget_vault("another vault has taken its place");
    }
    StreamSocket socket{context_.get_executor(), asio::local::stream_protocol{}, link.get()};
    (void)link.release();  // the socket closes it from here on
    link_ = std::make_shared<Link>(std::move(socket));
    asio::co_spawn(context_.get_executor(), read(link_), [](const std::exception_ptr& fault) {
        if (fault) log::error("reading from the vault failed");
    });
}

Task<void> VaultClient::read(std::shared_ptr<Link> link) {
    std::array<char, 16'384> bytes;
    const auto room = asio::buffer(bytes);
    std::string why;
    while (why.empty()) {
        boost::system::error_code ec;
        const auto count = co_await link->socket.async_read_some(room, asio::redirect_error(use_task, ec));
        try {
            if (ec) why = ec.message();
            link->decoder.feed({bytes.data(), count});
            explicit_bzero(bytes.data(), count);
            while (auto payload = link->decoder.next()) {
                if (link != link_) co_return;
                receive(*link, std::move(*payload));
            }
        } catch (const std::exception& fault) {
            why = fault.what();
        }
    }
    lose(link, why);
}

void VaultClient::receive(Link& link, std::string payload) {
    auto document = protocol::parse_strict(payload, protocol::wiped_storage());
    protocol::wipe(payload);
    if (!document) throw FrameFault("an inner frame is not understood: " + document.error().what);
    const auto* object = document->if_object();
    if (object == nullptr) throw FrameFault("an inner frame is no object");
    if (object->contains("event")) {
        receive_event(link, *object);
    } else {
        receive_answer(*object, *document);
    }
}

void VaultClient::receive_event(Link& link, const json::object& event) {
    const auto name = text_member(event, "event");
    if (name == "token_replaced") {
        // In its turn: whoever was answered before it, in the same read even, has seen the answer by then, and what was
        // kept of it goes, too. Whoever is answered later sees that answer later.
        std::string connection{text_member(event, "connection")};
        asio::post(context_.get_executor(),
                   [this, connection = std::move(connection)] { listeners_.token_replaced(connection); });
        return;
    }
    if (name == "ending") {
        successor_until_ = std::chrono::steady_clock::now() + successor_wait;
        return ask_no_more(link);
    }
    if (name != "hello" && name != "epoch") throw FrameFault("an inner event is not known");
    enter(event);
    if (link.greeted) return;
    if (name != "hello") throw FrameFault("the vault did not say hello first");
    link.greeted = true;
    for (const auto& [id, waiter] : waiters_) {
        if (!waiter->frame.empty()) send(*waiter);
    }
    if (!was_ready_) {
        was_ready_ = true;
        listeners_.ready();
    }
}

void VaultClient::enter(const json::object& said) {
    const auto state = text_member(said, "state");
    if (state != "unsealed" && state != "sealed" && state != "uninitialised")
        throw FrameFault("an inner state is not known");
    state_ = state;
    if (state != "unsealed" || text_member(said, "event") == "hello") known_.reset();
    if (const auto* known = said.if_contains("known")) known_ = known_in(*known);
    attests_ = attests_of(said);
    listeners_.era_changed(era_of(said), state == "unsealed");
}

void VaultClient::receive_answer(const json::object& answer, json::value& document) {
    const auto found = waiters_.find(number_member(answer, "id"));
    if (found == waiters_.end()) return;  // its asker has given up
    Answer given;
    given.era = era_of(answer);
    if (const auto* refused = answer.if_contains("refused")) {
        given.refused = refusal_of(*refused);
    } else if (auto* done = document.get_object().if_contains("done")) {
        given.done = std::move(*done);
        if (answer.contains("next")) given.next = text_member(answer, "next");
    } else {
        throw FrameFault("an inner answer says neither done nor refused");
    }
    found->second->answer = std::move(given);
    found->second->timer.cancel();
}

void VaultClient::lose(const std::shared_ptr<Link>& link, std::string_view why) {
    boost::system::error_code ignored;
    link->socket.close(ignored);
    if (link != link_) return;
    link_.reset();
    forget_vault(why);
    if (listeners_.lost) listeners_.lost();
}

void VaultClient::forget_vault(std::string_view why) {
    state_ = "sealed";
    attests_ = everything;
    known_.reset();
    if (!ending_) log::warning("the link to the vault has ended: {}", why);
    listeners_.era_changed(Era{}, false);  // what changes now, nobody tells us
    for (const auto& [id, waiter] : waiters_) {
        if (waiter->frame.empty() && !waiter->answer) give_up_or_repeat(*waiter);
    }
}

void VaultClient::give_up_or_repeat(Waiter& waiter) {
    if (!ending_ && !waiter.copy.empty()) {
        waiter.frame = std::exchange(waiter.copy, {});
        waiter.extended = true;
        waiter.timer.expires_after(wait_for_link(waiter));
        return;
    }
    Answer lost;
    lost.unsure = true;
    lost.refused = no_vault("the vault has ended while it was working on this");
    waiter.answer = std::move(lost);
    waiter.timer.cancel();
}

}  // namespace jeton::front
