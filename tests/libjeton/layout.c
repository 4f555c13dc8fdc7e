/* Prints what programs were compiled against: sizes, offsets and values of jeton.h. */
#include <stdio.h>

#include <jeton/jeton.h>

#define MEMBER(type, name) \
    printf("struct %s.%s at %zu, %zu bytes\n", #type, #name, offsetof(struct type, name), sizeof(((struct type *)0)->name))
#define VALUE(name) printf("%s = %ld\n", #name, (long)(name))

int main(void) {
    printf("struct jeton_options: %zu bytes\n", sizeof(struct jeton_options));
    MEMBER(jeton_options, size);
    MEMBER(jeton_options, directory);
    MEMBER(jeton_options, flags);
    MEMBER(jeton_options, reserved);
    printf("struct jeton_request: %zu bytes\n", sizeof(struct jeton_request));
    MEMBER(jeton_request, size);
    MEMBER(jeton_request, connection);
    MEMBER(jeton_request, environment);
    MEMBER(jeton_request, scope);
    MEMBER(jeton_request, resource);
    MEMBER(jeton_request, rejected_token);
    MEMBER(jeton_request, min_ttl);
    MEMBER(jeton_request, flags);
    VALUE(JETON_NO_PAGE);
    VALUE(JETON_OK);
    VALUE(JETON_E_INVALID);
    VALUE(JETON_E_MEMORY);
    VALUE(JETON_E_TIMEOUT);
    VALUE(JETON_E_UNREACHABLE);
    VALUE(JETON_E_UNTRUSTED);
    VALUE(JETON_E_ANSWER);
    VALUE(JETON_E_REFUSED);
    VALUE(JETON_E_UNAVAILABLE);
    VALUE(JETON_E_SYSTEM);
    return 0;
}
