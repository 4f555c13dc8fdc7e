/// How OpenSSL's libcrypto is set up in this process. It is used for RS256 and ES256 alone, and in this folder alone.
#pragma once

namespace jeton::vault {

/// Sets the library up without the host's openssl.cnf (which could load providers and engines into this process), and
/// gives it locked memory for private numbers: 64 KiB, out of core dumps. What it computes with on the way lies on the
/// ordinary heap, which it wipes as it frees (the numbers of an RSA key for as long as a signature takes), and on the
/// stack, where a piece may stay until another call writes over it. Called once, early in `main`, before anything else
/// uses the library; a first use calls it too. Throws std::runtime_error with the reason and the mend where the kernel
/// refuses to lock, std::logic_error where the library was used before. Thread-safe.
void prepare_libcrypto();

}  // namespace jeton::vault
