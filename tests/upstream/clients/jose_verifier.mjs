// Checks tokens with jose, each by the key set that comes with it. A question and an answer are a line of JSON each:
// {"token", "keys": a JWK set, "issuer", "audience", "now": seconds} → {"header", "claims"} or {"refused": why}.
import { createInterface } from 'node:readline';
import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto; // Node.js 18 has it, but not as a global
const jose = await import('jose');

async function verify({ token, keys, issuer, audience, now }) {
  try {
    const { payload, protectedHeader } = await jose.jwtVerify(token, jose.createLocalJWKSet(keys), {
      issuer,
      audience,
      typ: 'at+jwt',
      currentDate: new Date(now * 1000),
      requiredClaims: ['sub', 'client_id', 'jti', 'iat', 'exp'],
    });
    return { header: protectedHeader, claims: payload };
  } catch (problem) {
    return { refused: problem.code ?? String(problem) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await verify(JSON.parse(line))));
}
