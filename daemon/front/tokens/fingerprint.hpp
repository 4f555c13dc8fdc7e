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

/// Who asks, as far as anything depends on it: keyed BLAKE2b-128 (RFC 7693) over user and group, and over groups and
/// unit where they were asked for.
using Identity = std::array<unsigned char, 16>;

/// SipHash-2-4 with 128 bits of output, under a key of this process.
using Digest = std::array<unsigned char, 16>;

/// A question: all that decides its answer, and who asks, which two questions of one digest would still differ in.
struct Fingerprint {
    Digest question{};
    Identity asker{};

    friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

/// The bytes of a whole request, and who sent them. What has one print is one question.
struct RequestPrint {
    std::size_t size{};  ///< of the request
    Digest bytes{};
    Identity sender{};

    friend bool operator==(const RequestPrint&, const RequestPrint&) = default;
};

/// Nobody can choose a digest.
struct PrintHash {
    std::size_t operator()(const Fingerprint& print) const noexcept { return head_of(print.question); }
    std::size_t operator()(const RequestPrint& print) const noexcept { return head_of(print.bytes); }

private:
    static std::size_t head_of(const Digest& digest) {
        std::size_t head = 0;
        std::memcpy(&head, digest.data(), sizeof head);
        return head;
    }
};

class Fingerprinter {
public:
    /// Draws random keys, which live as long as the object.
    Fingerprinter();
    [[nodiscard]] Identity identity(const Peer& peer) const;
    [[nodiscard]] Fingerprint of(const Identity& asker, const Request& request) const;
    [[nodiscard]] RequestPrint print(const Identity& sender, std::string_view bytes) const;

private:
    SecretBytes identity_key_;
    SecretBytes digest_key_;
};

}  // namespace jeton::front
