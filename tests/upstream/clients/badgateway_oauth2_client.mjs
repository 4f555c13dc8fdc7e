// @badgateway/oauth2-client: its `fetch` goes over the socket, its endpoints come from the metadata.
import { overSocket, refusal, tell } from './over_socket.mjs';
import { OAuth2Client } from '@badgateway/oauth2-client';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE, TOKEN } = process.env;
const { origin, pathname } = new URL(ISSUER);

const client = (more) =>
  new OAuth2Client({
    discoveryEndpoint: `${origin}/.well-known/oauth-authorization-server${pathname}`,
    clientId: CLIENT_ID,
    fetch: overSocket,
    ...more,
  });
const withSecret = (authenticationMethod, clientSecret = CLIENT_SECRET) => client({ clientSecret, authenticationMethod });

// The library has its own names for the members of an answer; what is told here has those of RFC 6749.
async function token(one, parameters) {
  const given = await one.clientCredentials(parameters);
  return {
    access_token: given.accessToken,
    token_type: given.extraParams?.token_type ?? 'Bearer',
    expires_in: Math.round((given.expiresAt - Date.now()) / 1000),
    scope: given.scope?.join(' '),
  };
}

const errorOf = (problem) => problem.oauth2Code ?? problem.code;

await tell('@badgateway/oauth2-client', {
  discovery: async () => {
    const one = client();
    await one.discover();
    return one.serverMetadata;
  },
  basic: () => token(withSecret('client_secret_basic')),
  post: () => token(withSecret('client_secret_post')),
  scope: () => token(withSecret('client_secret_basic_interop'), { scope: [SCOPE] }),
  resource: () => token(withSecret('client_secret_basic'), { resource: [ISSUER, ISSUER] }),
  refusals: async () => ({
    basic: await refusal(() => token(withSecret('client_secret_basic', 'wrong')), errorOf),
    post: await refusal(() => token(withSecret('client_secret_post', 'wrong')), errorOf),
    scope: await refusal(() => token(withSecret('client_secret_basic'), { scope: ['tn.unheard.of:r'] }), errorOf),
  }),
  introspection: async () => ({
    live: await client().introspect({ accessToken: TOKEN }),
    unknown: await client().introspect({ accessToken: 'no.such.token' }),
  }),
  revocation: async () => {
    const one = withSecret('client_secret_basic');
    const given = await one.clientCredentials();
    await one.revoke(given);
    await one.revoke({ ...given, accessToken: 'no.such.token' });
    return { revoked: given.accessToken };
  },
});
