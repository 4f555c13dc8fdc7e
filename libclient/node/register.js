// node --import jeton/register PROGRAM: its fetch() takes the requests for a token to the daemon's socket.
// JETON_CONNECTION: leave the program's client ID and secret out. JETON_TOKEN_ORIGINS: of the token URL, several by spaces.
import { install } from './index.js';

install({
    connection: process.env.JETON_CONNECTION || undefined,
    origins: process.env.JETON_TOKEN_ORIGINS?.match(/\S+/g) ?? undefined,
});
