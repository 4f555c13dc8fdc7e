#!/usr/bin/env node
// An issuer for agents that hold a refresh token: oidc-provider on http://localhost, with one client and one refresh
// token that is there from the start, as if somebody had logged in. tests/bench gives it to oidc-agent.
//
// The first line of standard input is JSON: {"client_id", "client_secret"}. Prints a line of JSON when it listens:
// {"issuer", "refresh_token"}; ends when standard input does.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import Provider from 'oidc-provider';

const SCOPE = 'openid offline_access';
const DAY = 86400;

console.info = () => {}; // notices of the library; standard output carries the one line
console.warn = console.info;

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' };
}

function issuerOf(issuer, settings) {
  return new Provider(issuer, {
    clients: [
      {
        client_id: settings.client_id,
        client_secret: settings.client_secret,
        application_type: 'native',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: ['http://localhost:8080'],
      },
    ],
    scopes: SCOPE.split(' '),
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    rotateRefreshToken: false,
    ttl: { AccessToken: DAY, Grant: DAY, IdToken: DAY, RefreshToken: DAY },
    features: { devInteractions: { enabled: false } },
  });
}

async function refreshToken(provider, settings) {
  const grant = new provider.Grant({ accountId: 'somebody', clientId: settings.client_id });
  grant.addOIDCScope(SCOPE);
  const grantId = await grant.save();
  const client = await provider.Client.find(settings.client_id);
  const token = new provider.RefreshToken({
    client,
    accountId: 'somebody',
    grantId,
    scope: SCOPE,
    gty: 'authorization_code',
    authTime: Math.floor(Date.now() / 1000),
    claims: {},
  });
  return token.save();
}

const input = createInterface({ input: process.stdin });
input.once('line', (line) => {
  const settings = JSON.parse(line);
  const server = createServer();
  server.listen(0, '127.0.0.1', async () => {
    const issuer = `http://localhost:${server.address().port}`;
    const provider = issuerOf(issuer, settings);
    provider.on('server_error', (_ctx, error) => console.error('refreshing:', error));
    server.on('request', provider.callback());
    console.log(JSON.stringify({ issuer, refresh_token: await refreshToken(provider, settings) }));
  });
});
input.on('close', () => process.exit(0));
