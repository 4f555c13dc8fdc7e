// Clients that prove by a private key who they are (RFC 7523), each as its manual says. The key is a PEM file.
import { overSocket, tell } from './over_socket.mjs';
import { readFileSync } from 'node:fs';

import { SignJWT, importPKCS8 } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

const { ISSUER, CLIENT_ID, SCOPE, PRIVATE_KEY, ALGORITHM, KID } = process.env;
const issuer = new URL(ISSUER);
const scope = { scope: SCOPE };
const key = await importPKCS8(readFileSync(PRIVATE_KEY, 'utf8'), ALGORITHM, { extractable: true });

async function byOauth4webapi() {
  const options = { [oauth.customFetch]: overSocket, [oauth.allowInsecureRequests]: true };
  const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options });
  const server = await oauth.processDiscoveryResponse(issuer, found);
  const client = { client_id: CLIENT_ID };
  const response = await oauth.clientCredentialsGrantRequest(server, client, oauth.PrivateKeyJwt(key), scope, options);
  return oauth.processClientCredentialsResponse(server, client, response);
}

async function byOpenidClient() {
  const config = await openid.discovery(issuer, CLIENT_ID, undefined, openid.PrivateKeyJwt({ key, kid: KID }), {
    algorithm: 'oauth2',
    execute: [openid.allowInsecureRequests],
    [openid.customFetch]: overSocket,
  });
  return openid.clientCredentialsGrant(config, scope);
}

async function byHand() {
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: ALGORITHM, typ: 'client-authentication+jwt' })
    .setIssuer(CLIENT_ID)
    .setSubject(CLIENT_ID)
    .setAudience(ISSUER)
    .setIssuedAt()
    .setExpirationTime('1m')
    .setJti(crypto.randomUUID())
    .sign(key);
  const response = await overSocket(`${ISSUER}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      ...scope,
    }),
  });
  return response.json();
}

await tell('oauth4webapi', { oauth4webapi: byOauth4webapi, 'openid-client': byOpenidClient, jose: byHand });
