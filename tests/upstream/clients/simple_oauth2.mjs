// A usual program with simple-oauth2. Only `socketPath` says that the token endpoint is a Unix socket.
import { refusal, tell } from './over_socket.mjs';
import { ClientCredentials } from 'simple-oauth2';

const { CLIENT_ID, CLIENT_SECRET, ISSUER, SCOPE, TOKEN_SOCKET } = process.env;
const { origin, pathname } = new URL(ISSUER);

const oauth = (authorizationMethod, secret = CLIENT_SECRET) =>
  new ClientCredentials({
    client: { id: CLIENT_ID, secret },
    auth: { tokenHost: origin, tokenPath: `${pathname}/connect/token`, revokePath: `${pathname}/revoke` },
    http: { socketPath: TOKEN_SOCKET },
    options: { authorizationMethod },
  });

async function token(client, parameters = {}) {
  const given = await client.getToken(parameters);
  if (given.expired()) throw new Error('expired on arrival');
  return given.token;
}

const errorOf = (problem) => problem.data?.payload?.error ?? problem.message;

await tell('simple-oauth2', {
  basic: () => token(oauth('header')),
  post: () => token(oauth('body')),
  peer: () => token(oauth('body', '')),
  scope: () => token(oauth('header'), { scope: SCOPE }),
  resource: () => token(oauth('header'), { resource: ISSUER }),
  refusals: async () => ({
    basic: await refusal(() => token(oauth('header', 'wrong')), errorOf),
    post: await refusal(() => token(oauth('body', 'wrong')), errorOf),
    scope: await refusal(() => token(oauth('header'), { scope: 'tn.unheard.of:r' }), errorOf),
  }),
  revocation: async () => {
    const given = await oauth('header').getToken({ scope: SCOPE });
    const { error } = await refusal(() => given.revoke('access_token'), errorOf);
    return { revoked: given.token.access_token, error };
  },
});
