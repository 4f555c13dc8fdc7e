/// The stream of a backup: frames that open in their order, whole and to the end, or not at all.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "daemon/base/encoding.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/keys/root_key.hpp"

namespace jeton::vault {

inline constexpr std::size_t backup_frame_plain_max = 60UZ * 1024;  ///< bytes of content in one frame
inline constexpr std::size_t backup_frame_overhead = 17;            ///< bytes that sealing adds
inline constexpr std::size_t backup_start_size = 73 + 24;           ///< bytes of `BackupSealer::start`

/// Seals one backup under a fresh key (libsodium's secretstream: XChaCha20-Poly1305). Movable. Not thread-safe.
class BackupSealer {
public:
    /// `clear`: what stands in clear before the frames. Key and frames open only behind the very same bytes.
    BackupSealer(const RootKey& root, std::span<const unsigned char> clear);

    /// What stands between the clear part and the frames: the key under root subkey `backup`, and the stream's nonce.
    [[nodiscard]] const Bytes& start() const { return start_; }
    /// The next frame. Throws std::invalid_argument above `backup_frame_plain_max`, std::logic_error behind the last.
    [[nodiscard]] Bytes seal(std::span<const unsigned char> plain, bool is_last);

private:
    SecretBytes state_;
    Bytes start_;
    bool ended_ = false;
};

/// Opens it again. Movable. Not thread-safe.
class BackupOpener {
public:
    /// Nothing where `clear` or `start` was altered, or `root` is not that of the store the backup is of.
    [[nodiscard]] static std::optional<BackupOpener> open(const RootKey& root, std::span<const unsigned char> clear,
                                                          std::span<const unsigned char> start);

    struct Frame {
        Bytes plain;
        bool is_last = false;
    };
    /// Nothing where the frame was altered or is not the next one. After that nothing opens any more.
    [[nodiscard]] std::optional<Frame> open(std::span<const unsigned char> frame);

private:
    explicit BackupOpener(SecretBytes state) : state_(std::move(state)) {}

    SecretBytes state_;
    bool ended_ = false;
};

}  // namespace jeton::vault
