/** The answer of RFC 6749 section 5.1, with what belongs to the token. */
export interface Token {
    access_token: string;
    token_type: string;
    /** Seconds that are left. */
    expires_in: number;
    scope: string;
    /** APP/TENANT@ENVIRONMENT */
    connection: string;
    /** What the API wants beside the token, where the app has one. */
    app_key?: string;
}

export interface Place {
    /** Of the daemon's socket; default: $JETON_SOCKET_DIR, $XDG_RUNTIME_DIR/jeton, /run/jeton. */
    directory?: string;
    /** Milliseconds for everything; default 20 000. */
    timeout?: number;
}

export interface TokenOptions extends Place {
    scope?: string | string[];
    /** Seconds that must be left. */
    minTtl?: number;
    /** One that the API did not take (401): the daemon replaces it. */
    rejectedToken?: string;
    signal?: AbortSignal;
    /** false: ask every time; default: a token is handed out again while the daemon's epoch page stands by it. */
    page?: boolean;
}

export interface RouteOptions extends Place {
    /** Of the token URLs, https://HOST[:PORT]; default: DEFAULT_ORIGINS. */
    origins?: readonly string[];
    /** Ask for it as this user, and leave client ID and secret out. */
    connection?: string;
    /** For everything else; default: the global one. */
    fetch?: typeof fetch;
}

export class JetonError extends Error {
    /** The daemon's word (RFC 6749 section 5.2), "unreachable" or "untrusted". */
    code: string;
    status?: number;
    description?: string;
    /** Seconds. */
    retryAfter?: number;
}

export const DEFAULT_ORIGINS: readonly string[];
/** Forgets every token that is kept: the next call asks. */
export function forget(): void;
export function token(connection?: string, options?: TokenOptions): Promise<Token>;
export function fetchWith(options?: RouteOptions): typeof fetch;
export function install(options?: RouteOptions): typeof fetch;
export function dispatcher(undici: any, options?: Pick<RouteOptions, 'origins' | 'directory'>): any;
export function socketDirectory(): string;
export function checkDirectory(directory: string): void;
