/// Recognises a repeated question without keeping it: the question may hold a secret.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>

#include "daemon/base/secret.hpp"
#include "daemon/front/http/message.hpp"
#include "daemon/front/peer/attest.hpp"

namespace jeton::front {

/// Keyed BLAKE2b-256 (RFC 7693) over who asks and all that decides the answer: groups and unit where they were asked
/// for, because then something depends on them.
using Fingerprint = std::array<unsigned char, 32>;

struct FingerprintHash {
    std::size_t operator()(const Fingerprint& print) const noexcept {
        std::size_t hash = 0;
        std::memcpy(&hash, print.data(), sizeof hash);
        return hash;
    }
};

class Fingerprinter {
public:
    /// Draws a random key, which lives as long as the object.
    Fingerprinter();
    [[nodiscard]] Fingerprint of(const Peer& peer, const Request& request) const;

private:
    SecretBytes key_;
};

}  // namespace jeton::front
