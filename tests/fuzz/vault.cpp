/// What is read from files that others may have written: slots, backups, rows; and names that people type.
#include <algorithm>
#include <array>
#include <string>
#include <variant>

#include "daemon/base/secret.hpp"
#include "daemon/vault/domain/form_field.hpp"
#include "daemon/vault/domain/names.hpp"
#include "daemon/vault/domain/scope.hpp"
#include "daemon/vault/keys/fields.hpp"
#include "daemon/vault/keys/root_key.hpp"
#include "daemon/vault/keys/slots.hpp"
#include "daemon/vault/store/audit_chain.hpp"
#include "daemon/vault/store/backup_content.hpp"
#include "tests/fuzz/target.hpp"

namespace jeton::fuzz {
namespace {

using namespace jeton::vault;

Bytes as_bytes(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace

/// A slot as it might stand in a file, against one secret: whoever does not know the secret makes none that opens.
void key_slot(std::string_view input) {
    KeySlot slot;
    slot.kind = static_cast<KeySlotKind>(take_number(input, 4));
    slot.passes = static_cast<std::int64_t>(take_number(input, 8));
    slot.memory = static_cast<std::int64_t>(take_number(input, 8));
    for (auto* part : {&slot.salt, &slot.wrapped, &slot.public_key, &slot.authenticator, &slot.authenticator_key}) {
        const auto size = take_number(input, 128);
        *part = as_bytes(input.substr(0, size));
        input.remove_prefix(std::min(size, input.size()));
    }
    slot.label = std::string{input};
    SlotSecret secret{SecretBytes{32}};
    require(!open_slot(slot, secret), "nobody seals to a secret that he does not know");
}

void backup_header(std::string_view input) {
    const auto file = as_bytes(input);
    const auto parsed = backup::parse_clear_part(file);
    if (!parsed) {
        require(!parsed.error().what.empty(), "a refusal says why");
        return;
    }
    require(parsed->size <= file.size(), "a header lies in its file");
    require(backup::parse_clear_part(backup::clear_part(parsed->header)).has_value(), "what is written can be read");
}

void backup_item(std::string_view input) {
    const auto bytes = as_bytes(input);
    const auto item = backup::parse_item(bytes);
    if (!item) return;
    Bytes again;
    backup::append(again, *item);
    FieldReader reader{again};
    const auto written = reader.bytes();
    require(written && reader.at_end(), "an item is written as one field");
    const auto reread = backup::parse_item(*written);
    require(reread && reread->index() == item->index(), "an item that is written is the same item");
    Bytes third;
    backup::append(third, *reread);
    require(third == again, "and has the same content");
}

/// A record of table `audit` with any changes in it.
void audit_row(std::string_view input) {
    Record record;
    for (const auto column : audit::columns()) {
        const bool is_number = column == "sequence" || column == "at" || column == "actor_uid" ||
                               column == "actor_pid" || column == "refused" || column == "count";
        if (is_number) {
            record.emplace_back(static_cast<std::int64_t>(take_number(input, 256)));
        } else if (column == "changes" || column == "hash") {
            record.emplace_back(as_bytes(column == "hash" ? take_part(input) : input));
        } else {
            record.emplace_back(std::string{take_part(input)});
        }
    }
    (void)audit::changes_of(record);
    static const RootKey root = RootKey::generate();
    require(!audit::checked_hash(root, Mac{}, record), "no entry is made without the key");
}

void names(std::string_view input) {
    if (const auto name = parse_connection_name(input)) {
        const auto again = parse_connection_name(name->text());
        require(again && again->text() == name->text(), "a name is read as it is written");
        require(name->text() == input, "a name is what was typed");
    }
    if (const auto name = parse_tenant_name(input)) require(name->text() == input, "a tenant is what was typed");
    if (check_environment_name(input)) require(input.size() <= 63, "the name of an environment is short");
    if (const auto scopes = split_scope(input)) {
        const auto again = split_scope(join_scope(*scopes));
        require(again && *again == *scopes, "scopes are read as they are written");
    }
    (void)check_free_text("note", input, 100);
    const auto split = input.find('=');
    if (split == std::string_view::npos) return;
    const auto fields =
        checked_form_fields({{std::string{input.substr(0, split)}, std::string{input.substr(split + 1)}}});
    if (fields)
        require(form_fields_in(form_field_texts(*fields)) == *fields, "form fields are read as they are written");
}

}  // namespace jeton::fuzz
