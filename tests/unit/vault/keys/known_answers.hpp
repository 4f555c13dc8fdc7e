/// Known answers, printed by known_answers.py: none of them was computed by jeton.
#pragma once

#include <string_view>

namespace jeton::vault::known {

// clang-format off
inline constexpr std::string_view row_mac =
    "8ba40c9d7252fae2aa56bbde1b5df9105e5b5cdca73e420da91a2257a20c8155";
inline constexpr std::string_view set_of_two =
    "213993ea184de1e1d50bca7481c441eece6a8bbad33010cd917f2b84387e4aeecb58d0e442365e789913ceaec80148e756f4"
    "1b563215ae29edcebb10f1220a54";
inline constexpr std::string_view set_digest =
    "e9250c94f2481beb7b41f1a999ea28145d0dde2d1fc22a367826e099b7c01561";
inline constexpr std::string_view set_minus_one =
    "ba4c6fc0b3dff5e826d072b588a3f03b51dc618d568e23213be4f872013651db66975e22c73a4e2f5c5fb705eb6657e48cba"
    "7c8f5940608b32f8758b6b0837bf";
inline constexpr std::string_view chain =
    "db2ea994d0b0391201a18710231e8a159f864aaf95590913d2358f7b49706dea";
inline constexpr std::string_view anchor =
    "21d0fdf8100ce959d45296778df5dda48977164fd93b2402baa14ae5990538bb";
inline constexpr std::string_view value =
    "01000102030405060708090a0b0c0d0e0f1011121314151617b1c80e24cd5b365df41bbf5f3f71f6bbb74af7e2d2dd9e534b"
    "3c04c9827a74";
inline constexpr std::string_view verifier =
    "01000102030405060708090a0b0c0d0e0f10111213141516179397b161cef0ce4e252c285dc1957941cfb57efa4cd383fb27"
    "f6f60b70c2ba644bdd603385e813fbddae3cb7e8ec7b965eeadd8fbcdc33b631cbac085405b546d63200f41816c2c2dd14bc"
    "b3a80b136e";
inline constexpr std::string_view wrapped_data_key =
    "01000102030405060708090a0b0c0d0e0f10111213141516172f3819ca1358506c0a82da1038d31258cb686c6300ce068798"
    "11068998374844ebdefe3ae29651cd2ffa61d8cbb22a14";
inline constexpr std::string_view old_slot =
    "940304c735eee0b231a085edb704e8b80af6c5b2aac3727dcbf807f66024989c01000102030405060708090a0b0c0d0e0f10"
    "1112131415161749070bcd2941462d940d95e7edeabe59a2653b8646b93fbc660828361d8789ed8e1ca6cf03bec663e680b2"
    "9d5a973a49";
inline constexpr std::string_view slot_public_key =
    "189ff0f3a7707ac4f6d6d683099894788aa7118562687ba95676398cbe0c5d1c";
inline constexpr std::string_view slot_wrapped =
    "eb4622c9cb46365d41bd7016f52a93bcdc674e2f4ab0512444817caf0ab7722e01000102030405060708090a0b0c0d0e0f10"
    "11121314151617595e7a3204c4a6c5a50c050d4907b62457c617355c7deef39c97a3da17053ec2d2fc8f855b261795ed717f"
    "ed40a1a590";
inline constexpr std::string_view slot_authenticator =
    "583df7439a994ee83f55b5c20bccf85fb66f3586fd2f3a3fab7c4b7ed0070a53";
inline constexpr std::string_view slot_authenticator_key =
    "01000102030405060708090a0b0c0d0e0f1011121314151617c698bc15c9f5060eb4cbc2877104ccd1613853d30b3ae3cd4f"
    "d07ee22f1427b9dcc2abb0a69a0702bd88eedfbd39b293";
inline constexpr std::string_view passphrase_slot_public_key =
    "954599620df847b067a2687f3bb161527adeb89710d7a7f7170a63dd794ad350";
inline constexpr std::string_view passphrase_slot_wrapped =
    "eb4622c9cb46365d41bd7016f52a93bcdc674e2f4ab0512444817caf0ab7722e01000102030405060708090a0b0c0d0e0f10"
    "111213141516170e77e67d8d074b20781ad0150bcebcbd1ba389fbba5e35a648a189898621cc7b30e9c73f198c9a1c68baf1"
    "403cb77a44";
inline constexpr std::string_view passphrase_slot_authenticator =
    "6ef036ecb9fc92480174b97e576d0c07e6f36ba75721a0a3b6afddca30f5b5e2";
inline constexpr std::string_view passphrase_slot_authenticator_key =
    "01000102030405060708090a0b0c0d0e0f1011121314151617ef269b53e43da8ca22a4a30c09b23e21a6f811621cb5b79dfb"
    "333e95bcf573ec3a24598cd229288ad7cde3f69dd0465c";
inline constexpr std::string_view recovery_key = "jrk.000g40-r40m30-e20918-5gr38e-1w8124-gk8wdc";
// clang-format on

}  // namespace jeton::vault::known
