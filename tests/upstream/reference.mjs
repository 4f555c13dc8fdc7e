#!/usr/bin/env node
// oidc-provider as it is, on a Unix socket, with the routes of one of jeton's environments: what a well-known server
// answers to the same request. Only client credentials, introspection and revocation are switched on.
//
// The first line of standard input is JSON: {"socket", "issuer", "client_id", "client_secret", "scope", "resource",
// "unlisted_scope"}, and "access_token_format": "jwt" where tokens shall be signed. Prints "ready" when it listens; ends when standard input does.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import Provider, { errors } from 'oidc-provider';

const METADATA = '/.well-known/oauth-authorization-server';

console.info = () => {}; // notices of the library; standard output carries the one "ready"
console.warn = console.info;

function signingKey() {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'EdDSA' };
}

function reference(settings) {
  const { pathname } = new URL(settings.issuer);
  const provider = new Provider(settings.issuer, {
    clients: [
      {
        client_id: settings.client_id,
        client_secret: settings.client_secret,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        scope: settings.scope,
        id_token_signed_response_alg: 'EdDSA', // it is not asked for any, but insists on an algorithm that it has
      },
    ],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    scopes: [...settings.scope.split(' '), settings.unlisted_scope],
    responseTypes: [],
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    routes: {
      token: `${pathname}/token`,
      introspection: `${pathname}/introspect`,
      revocation: `${pathname}/revoke`,
      jwks: `${pathname}/jwks`,
    },
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => settings.resource,
        getResourceServerInfo: (_ctx, resource) => {
          if (resource !== settings.resource) throw new errors.InvalidTarget();
          const accessTokenFormat = settings.access_token_format ?? 'opaque';
          const jwt = accessTokenFormat === 'jwt' ? { sign: { alg: 'EdDSA' } } : undefined;
          return { scope: settings.scope, audience: resource, accessTokenFormat, accessTokenTTL: 900, jwt };
        },
      },
    },
  });
  // It has the metadata of OpenID Connect only; RFC 8414 has the same document elsewhere (its §5).
  provider.use((ctx, next) => {
    if (ctx.path === `${METADATA}${pathname}`) ctx.path = '/.well-known/openid-configuration';
    return next();
  });
  return provider.callback();
}

const input = createInterface({ input: process.stdin });
input.once('line', (line) => {
  const settings = JSON.parse(line);
  createServer(reference(settings)).listen(settings.socket, () => console.log('ready'));
});
input.on('close', () => process.exit(0));
