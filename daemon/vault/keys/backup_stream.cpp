#include "daemon/vault/keys/backup_stream.hpp"

#include <stdexcept>
#include <utility>

#include <sodium.h>

#include "daemon/vault/keys/aead.hpp"
#include "daemon/vault/keys/fields.hpp"

namespace jeton::vault {
namespace {

using State = crypto_secretstream_xchacha20poly1305_state;

constexpr std::size_t wrapped_size = detail::box_overhead + key_size;
constexpr std::size_t nonce_size = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
static_assert(backup_start_size == wrapped_size + nonce_size);
static_assert(backup_frame_overhead == crypto_secretstream_xchacha20poly1305_ABYTES);
static_assert(key_size == crypto_secretstream_xchacha20poly1305_KEYBYTES);
static_assert(alignof(State) == 1, "the state lives in plain bytes of locked memory");

State* state_in(SecretBytes& bytes) { return reinterpret_cast<State*>(bytes.data()); }

Fields bound_to(std::span<const unsigned char> clear) {
    Fields fields{"jeton backup key"};
    fields.bytes(clear);
    return fields;
}

}  // namespace

BackupSealer::BackupSealer(const RootKey& root, std::span<const unsigned char> clear) : state_(sizeof(State)) {
    SecretBytes key{key_size};
    crypto_secretstream_xchacha20poly1305_keygen(key.data());
    start_ = detail::close_box(root.subkey(RootPurpose::backup), bound_to(clear).span(), key.span());
    start_.resize(backup_start_size);
    crypto_secretstream_xchacha20poly1305_init_push(state_in(state_), start_.data() + wrapped_size, key.data());
}

Bytes BackupSealer::seal(std::span<const unsigned char> plain, bool is_last) {
    if (plain.size() > backup_frame_plain_max) throw std::invalid_argument("a frame of a backup is too long");
    if (ended_) throw std::logic_error("the last frame of a backup was sealed already");
    ended_ = is_last;
    Bytes frame(plain.size() + backup_frame_overhead);
    const auto tag =
        is_last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
    crypto_secretstream_xchacha20poly1305_push(state_in(state_), frame.data(), nullptr, plain.data(), plain.size(),
                                               nullptr, 0, static_cast<unsigned char>(tag));
    return frame;
}

std::optional<BackupOpener> BackupOpener::open(const RootKey& root, std::span<const unsigned char> clear,
                                               std::span<const unsigned char> start) {
    if (start.size() != backup_start_size) return std::nullopt;
    const auto key =
        detail::open_box(root.subkey(RootPurpose::backup), bound_to(clear).span(), start.first(wrapped_size));
    if (!key || key->size() != key_size) return std::nullopt;
    SecretBytes state{sizeof(State)};
    if (crypto_secretstream_xchacha20poly1305_init_pull(state_in(state), start.data() + wrapped_size, key->data()) != 0)
        return std::nullopt;
    return BackupOpener{std::move(state)};
}

std::optional<BackupOpener::Frame> BackupOpener::open(std::span<const unsigned char> frame) {
    if (ended_ || frame.size() < backup_frame_overhead) return std::nullopt;
    Frame opened{Bytes(frame.size() - backup_frame_overhead), false};
    unsigned char tag = 0;
    if (crypto_secretstream_xchacha20poly1305_pull(state_in(state_), opened.plain.data(), nullptr, &tag, frame.data(),
                                                   frame.size(), nullptr, 0) != 0) {
        ended_ = true;
        return std::nullopt;
    }
    opened.is_last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    ended_ = opened.is_last;
    return opened;
}

}  // namespace jeton::vault
