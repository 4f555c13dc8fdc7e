// A strict client: oauth4webapi checks every answer against the RFCs. Only `customFetch` says that this is a Unix socket.
import { overSocket, privateKey, refusal, tell } from './over_socket.mjs';
import * as oauth from 'oauth4webapi';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE, TOKEN, ED25519_KEY } = process.env;
const options = { [oauth.customFetch]: overSocket, [oauth.allowInsecureRequests]: true };
const issuer = new URL(ISSUER);
const client = { client_id: CLIENT_ID };
const basic = oauth.ClientSecretBasic(CLIENT_SECRET);

async function discovered() {
  const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options });
  return oauth.processDiscoveryResponse(issuer, response);
}

const server = await discovered();

async function token(authentication, parameters = {}) {
  const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, options);
  return oauth.processClientCredentialsResponse(server, client, response);
}

async function introspected(value) {
  const response = await oauth.introspectionRequest(server, client, oauth.None(), value, options);
  return oauth.processIntrospectionResponse(server, client, response);
}

async function revoked(value) {
  return oauth.processRevocationResponse(await oauth.revocationRequest(server, client, basic, value, options));
}

async function byPrivateKey() {
  const authentication = oauth.PrivateKeyJwt(await privateKey(ED25519_KEY, { name: 'Ed25519' }));
  return [await token(authentication), await token(authentication)];
}

// A 401 with a challenge is told as such, with the answer: its body has the code.
async function errorOf(problem) {
  if (!(problem instanceof oauth.WWWAuthenticateChallengeError)) return problem.error ?? problem.code;
  if (problem.cause[0].scheme !== 'basic') return problem.code;
  return (await problem.response.json()).error;
}

await tell('oauth4webapi', {
  discovery: discovered,
  basic: () => token(basic),
  post: () => token(oauth.ClientSecretPost(CLIENT_SECRET)),
  private_key_jwt: byPrivateKey,
  peer: () => token(oauth.None()),
  scope: () => token(basic, { scope: SCOPE }),
  resource: () => token(basic, { resource: ISSUER }),
  refusals: async () => ({
    basic: await refusal(() => token(oauth.ClientSecretBasic('wrong')), errorOf),
    post: await refusal(() => token(oauth.ClientSecretPost('wrong')), errorOf),
    scope: await refusal(() => token(basic, { scope: 'tn.unheard.of:r' }), errorOf),
  }),
  introspection: async () => ({ live: await introspected(TOKEN), unknown: await introspected('no.such.token') }),
  revocation: async () => {
    const { access_token } = await token(basic, { scope: SCOPE });
    await revoked(access_token);
    await revoked('no.such.token');
    return { revoked: access_token };
  },
  jwt: () => {
    const request = new Request('http://resource.example/', { headers: { Authorization: `Bearer ${TOKEN}` } });
    return oauth.validateJwtAccessToken(server, request, ISSUER, options);
  },
});
