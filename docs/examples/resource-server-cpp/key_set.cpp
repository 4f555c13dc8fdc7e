#include "key_set.hpp"

#include <boost/json/array.hpp>

#include "bearer.hpp"

namespace example {

std::optional<Key> KeySet::find(std::string_view kid) {
    const auto found = known(kid);
    if (found && !is_old()) return found;
    std::unique_lock asking{asking_, std::defer_lock};
    if (!found) {
        asking.lock();
    } else if (!asking.try_lock()) {
        return found;  // one that is known is good while another thread asks
    }
    fetch_if_due(kid);
    return known(kid);
}

std::optional<Key> KeySet::known(std::string_view kid) {
    const std::lock_guard lock{mutex_};
    const auto found = keys_.find(kid);
    return found == keys_.end() ? std::nullopt : std::optional{found->second};
}

bool KeySet::is_old() {
    const std::lock_guard lock{mutex_};
    return keys_.empty() || Clock::now() - fetched_ >= kept;
}

void KeySet::fetch_if_due(std::string_view kid) {
    const auto now = Clock::now();
    const bool has_none = keys_.empty();  // only who asks changes them
    if (!has_none && ((known(kid) && !is_old()) || now - tried_ < pause)) return;
    tried_ = now;
    try {
        auto published = fetch();
        const std::lock_guard lock{mutex_};
        keys_ = std::move(published);
        fetched_ = now;
    } catch (const Unavailable&) {
        if (has_none) throw;  // else those that we have are still good
    }
}

KeySet::Keys KeySet::fetch() {
    const auto answer = ask_daemon(path());
    const auto* published = answer.if_contains("keys");
    if (published == nullptr || !published->is_array()) throw Unavailable("the daemon published no keys");
    Keys keys;
    for (const auto& jwk : published->get_array()) {
        if (!jwk.is_object()) continue;
        const auto kid = text_in(jwk.get_object(), "kid");
        auto key = Key::read(jwk.get_object());
        if (key && !kid.empty()) keys.insert_or_assign(std::string{kid}, *std::move(key));
    }
    return keys;
}

/// The metadata must name the very issuer that we look for (RFC 8414 §3.3).
const std::string& KeySet::path() {
    if (!path_.empty()) return path_;
    auto issuer_path = path_of(issuer_);
    while (issuer_path.ends_with('/')) issuer_path.pop_back();
    const auto metadata = ask_daemon("/.well-known/oauth-authorization-server" + issuer_path);
    if (text_in(metadata, "issuer") != issuer_) throw Unavailable("there is no issuer " + issuer_ + " here");
    path_ = path_of(text_in(metadata, "jwks_uri"));
    return path_;
}

}  // namespace example
