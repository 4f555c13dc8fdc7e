/// What a request waits for because it takes the processor for long: done beside the loop, outside any transaction.
#pragma once

#include <cstddef>

#include "daemon/vault/issuer/key_pair.hpp"
#include "daemon/vault/services/unlocking.hpp"

namespace jeton::vault {

struct SlowWork {
    StretchNeed passphrases;      ///< to be stretched: a second for each
    std::size_t rs256_pairs = 0;  ///< to be made: 0.4 s for each

    [[nodiscard]] bool empty() const { return passphrases.empty() && rs256_pairs == 0; }
};

/// What of it has been done for one request so far. Movable.
struct SlowResults {
    Stretched stretched;
    KeyPairs key_pairs;

    void add(SlowResults more) {
        stretched.add(std::move(more.stretched));
        key_pairs.add(std::move(more.key_pairs));
    }
};

}  // namespace jeton::vault
