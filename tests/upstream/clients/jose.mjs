// What a resource server does with jose: the token is checked by the key set, which is fetched over the socket.
import { overSocket, refusal, tell } from './over_socket.mjs';
import * as jose from 'jose';

const { ISSUER, TOKEN, TOKENS } = process.env; // TOKENS: of each algorithm, JSON
const jwks = new URL(`${ISSUER}/jwks`);
const keys = jose.createRemoteJWKSet(jwks, { [jose.customFetch]: overSocket });
const expected = { issuer: ISSUER, audience: ISSUER, typ: 'at+jwt', requiredClaims: ['sub', 'client_id', 'jti', 'iat', 'exp'] };

async function thumbprints() {
  const { keys: published } = await (await overSocket(jwks)).json();
  return Promise.all(published.map(async (key) => ({ kid: key.kid, thumbprint: await jose.calculateJwkThumbprint(key), key })));
}

/// By the keys of the issuer that the token names: the one that was expected, or one beside it.
async function algorithmOf(token) {
  const { iss: issuer } = jose.decodeJwt(token);
  const own = jose.createRemoteJWKSet(new URL(`${issuer}/jwks`), { [jose.customFetch]: overSocket });
  return (await jose.jwtVerify(token, own, { ...expected, issuer, audience: issuer })).protectedHeader.alg;
}

/// Another first byte of the signature: never a second spelling of the same one.
function forged(token) {
  const at = token.lastIndexOf('.') + 1;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

await tell('jose', {
  keys: thumbprints,
  jwt: async () => {
    const { payload, protectedHeader } = await jose.jwtVerify(TOKEN, keys, expected);
    return { ...payload, header: protectedHeader };
  },
  algorithms: async () => {
    const entries = Object.entries(JSON.parse(TOKENS));
    return Object.fromEntries(await Promise.all(entries.map(async ([name, token]) => [name, await algorithmOf(token)])));
  },
  forgery: () => refusal(() => jose.jwtVerify(forged(TOKEN), keys, expected), (problem) => problem.code),
});
