/// Recognises a repeated question without keeping it: the question may hold a secret.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

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

/// The bytes of a request as they came, recognised when they come again; and the question that they put.
struct RequestPrint {
    std::size_t size;                     ///< of the request
    std::array<unsigned char, 16> bytes;  ///< SipHash-2-4 with 128 bits of output, keyed
    Fingerprint question;
};

class Fingerprinter {
public:
    /// Draws random keys, which live as long as the object.
    Fingerprinter();
    [[nodiscard]] Fingerprint of(const Peer& peer, const Request& request) const;

    /// `question` is that of `request`.
    [[nodiscard]] RequestPrint print(const Request& request, const Fingerprint& question) const;
    /// Whether `input` begins with the bytes of that request.
    [[nodiscard]] bool begins_with(std::string_view input, const RequestPrint& request) const;

private:
    SecretBytes key_;
    SecretBytes bytes_key_;
};

}  // namespace jeton::front
