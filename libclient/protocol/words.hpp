/// Words that appear on more than one side of a socket. One spelling, here.
#pragma once

#include <cstddef>
#include <string_view>

namespace jeton::protocol {

inline constexpr std::string_view version = JETON_VERSION;

inline constexpr std::string_view token_socket_name = "token.sock";      ///< in the runtime directory
inline constexpr std::string_view control_socket_name = "control.sock";  ///< in the control directory

inline constexpr std::string_view client_header = "Jeton-Client";  ///< the control socket requires it, value "1"
inline constexpr std::string_view epoch_header = "Jeton-Epoch";    ///< INSTANCE EPOCH SECONDS

inline constexpr std::string_view peer_auth_method = "urn:jeton:client-auth:peer";

inline constexpr std::size_t body_limit = 64UZ * 1024;     ///< bytes of one HTTP body
inline constexpr std::size_t frame_limit = 1024UZ * 1024;  ///< bytes of one inner frame, without its length

}  // namespace jeton::protocol
