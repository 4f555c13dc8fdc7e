// A usual program with simple-oauth2. Only `socketPath` says that the token endpoint is a Unix socket.
// AUTHORIZATION: "header" (HTTP Basic) or "body" (the pair in the form).
import { ClientCredentials } from 'simple-oauth2';

const oauth = new ClientCredentials({
  client: { id: process.env.CLIENT_ID, secret: process.env.CLIENT_SECRET },
  auth: { tokenHost: 'http://localhost', tokenPath: process.env.TOKEN_PATH },
  http: { socketPath: process.env.TOKEN_SOCKET },
  options: { authorizationMethod: process.env.AUTHORIZATION ?? 'header' },
});

const token = await oauth.getToken({});
if (token.expired()) throw new Error('expired on arrival');
console.log(JSON.stringify(token.token));
