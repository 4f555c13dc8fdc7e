// openid-client, pointed at the socket by `customFetch`; it finds everything else by discovery.
import { overSocket, privateKey, refusal, tell } from './over_socket.mjs';
import * as openid from 'openid-client';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE, TOKEN, P256_KEY } = process.env;

const found = (authentication) =>
  openid.discovery(new URL(ISSUER), CLIENT_ID, undefined, authentication, {
    algorithm: 'oauth2',
    execute: [openid.allowInsecureRequests],
    [openid.customFetch]: overSocket,
  });

async function token(authentication, parameters) {
  return openid.clientCredentialsGrant(await found(authentication), parameters);
}

const basic = openid.ClientSecretBasic(CLIENT_SECRET);
// A 401 with a challenge is told as such, with the answer: its body has the code.
async function errorOf(problem) {
  if (!(problem instanceof openid.WWWAuthenticateChallengeError)) return problem.error ?? problem.code;
  if (problem.cause[0].scheme !== 'basic') return problem.code;
  return (await problem.response.json()).error;
}

await tell('openid-client', {
  discovery: async () => (await found(basic)).serverMetadata(),
  basic: () => token(basic),
  post: () => token(openid.ClientSecretPost(CLIENT_SECRET)),
  private_key_jwt: async () => {
    const config = await found(openid.PrivateKeyJwt(await privateKey(P256_KEY, { name: 'ECDSA', namedCurve: 'P-256' })));
    return [await openid.clientCredentialsGrant(config), await openid.clientCredentialsGrant(config)];
  },
  peer: () => token(openid.None()),
  scope: () => token(basic, { scope: SCOPE }),
  resource: () => token(basic, { resource: ISSUER }),
  refusals: async () => ({
    basic: await refusal(() => token(openid.ClientSecretBasic('wrong')), errorOf),
    post: await refusal(() => token(openid.ClientSecretPost('wrong')), errorOf),
    scope: await refusal(() => token(basic, { scope: 'tn.unheard.of:r' }), errorOf),
  }),
  introspection: async () => {
    const config = await found(openid.None());
    return {
      live: await openid.tokenIntrospection(config, TOKEN),
      unknown: await openid.tokenIntrospection(config, 'no.such.token'),
    };
  },
  revocation: async () => {
    const config = await found(basic);
    const { access_token } = await openid.clientCredentialsGrant(config);
    await openid.tokenRevocation(config, access_token);
    await openid.tokenRevocation(config, 'no.such.token');
    return { revoked: access_token };
  },
});
