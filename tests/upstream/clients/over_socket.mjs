// What the Node clients here share: the way to the socket, and how they tell what they got.
// Their settings come from the environment: TOKEN_SOCKET, ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE, TOKEN, and the files
// ED25519_KEY and P256_KEY of private keys that the client may use in the place of its secret.
import { readFileSync } from 'node:fs';
import { createPrivateKey, webcrypto } from 'node:crypto';

import { Agent, fetch } from 'undici';

globalThis.crypto ??= webcrypto; // Node.js 18 has it, but not as a global

const dispatcher = new Agent({ connect: { socketPath: process.env.TOKEN_SOCKET }, pipelining: 1 });

/// `fetch`, but every URL is asked of the token socket.
export const overSocket = (url, options) => fetch(url, { ...options, dispatcher });

/// A private key for `private_key_jwt`.
export function privateKey(file, algorithm) {
  const key = createPrivateKey(readFileSync(file)).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', key, algorithm, false, ['sign']);
}

/// The version of an installed package.
export function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url))).version;
}

/// Tries each capability once and prints one JSON document: what it gave, or `refused` with what the library told.
export async function tell(name, capabilities) {
  const told = {};
  for (const [capability, attempt] of Object.entries(capabilities)) {
    try {
      told[capability] = await attempt();
    } catch (problem) {
      told[capability] = { refused: problem.error ?? problem.code ?? problem.name, why: String(problem.stack) };
    }
  }
  console.log(JSON.stringify({ version: versionOf(name), told }));
  await dispatcher.close();
}

/// What the library told of a refusal; a success is none.
export async function refusal(attempt, read) {
  try {
    await attempt();
  } catch (problem) {
    return { error: await read(problem) };
  }
  return { error: null };
}
