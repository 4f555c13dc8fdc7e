/**
 * Tokens that may be handed out again: while the daemon's epoch page says what the answer's header Jeton-Epoch said, the daemon was
 * alive within three seconds, and the header's seconds have not passed.
 *
 * Node.js cannot map a file, so the page is read: a few system calls instead of none. Whoever changes the page while it is read is
 * noticed by its sequence, read once more at the end. The clock is that of the page, CLOCK_BOOTTIME, as /proc/uptime tells it: to a
 * hundredth of a second, which is taken for the later one.
 */
import fs from 'node:fs';
import path from 'node:path';

const VERSION = 0x4a45544f4e455031n; // "JETONEP1"
const SIZE = 4096;
const HEARTBEAT_LASTS = 3_000_000_000n; // nanoseconds
const TICK = 10_000_000n; // of /proc/uptime
const SECOND = 1_000_000_000n;
const KEPT_LIMIT = 1024;
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** CLOCK_BOOTTIME in nanoseconds, rounded up. Throws where there is no /proc. */
function bootTime() {
    const [, seconds, hundredths] = /^(\d+)\.(\d\d) /.exec(fs.readFileSync('/proc/uptime', 'latin1'));
    return BigInt(seconds) * SECOND + BigInt(hundredths) * TICK + TICK;
}

function timeNamespace() {
    return fs.statSync('/proc/self/ns/time', { bigint: true, throwIfNoEntry: false })?.ino ?? 0n;
}

/** A page that is open for reading. */
class Page {
    #fd;
    #words = Buffer.alloc(56);

    /** The one in the socket's directory, which was checked before; undefined where none may be used. */
    static open(directory) {
        const safely = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;
        let fd;
        try {
            const around = fs.lstatSync(path.join(directory, 'page'));
            fd = fs.openSync(path.join(directory, 'page', 'epoch'), safely);
            const found = fs.fstatSync(fd);
            const good = around.isDirectory() && (around.mode & 0o022) === 0 && found.isFile() && found.uid === around.uid
                && (found.mode & 0o7777) === 0o444 && found.size === SIZE;
            const page = good ? new Page(fd) : undefined;
            if (page?.clock() === timeNamespace()) return page;
        } catch {
            // absent, or not for us: the daemon is asked every time
        }
        if (fd !== undefined) fs.closeSync(fd);
        return undefined;
    }

    constructor(fd) {
        this.#fd = fd;
    }

    #read(words, index, size) {
        if (fs.readSync(this.#fd, words, 0, size, index * 8) !== size) throw new Error('the page is short');
    }

    #word(index) {
        return LITTLE_ENDIAN ? this.#words.readBigUInt64LE(index * 8) : this.#words.readBigUInt64BE(index * 8);
    }

    clock() {
        this.#read(this.#words, 0, 56);
        return this.#word(6);
    }

    /** Does it say exactly this, and was its writer alive a moment ago? */
    says({ instance, epoch }) {
        this.#read(this.#words, 0, 56);
        const sequence = this.#word(1);
        const found = this.#word(2).toString(16).padStart(16, '0') + this.#word(3).toString(16).padStart(16, '0');
        const same = this.#word(0) === VERSION && found === instance && this.#word(4) === epoch;
        const heartbeat = this.#word(5);
        this.#read(this.#words, 1, 8);
        const again = LITTLE_ENDIAN ? this.#words.readBigUInt64LE(0) : this.#words.readBigUInt64BE(0);
        if (!same || sequence !== again || (sequence & 1n) !== 0n || /^0*$/.test(instance)) return false;
        const now = bootTime();
        return heartbeat <= now && now - heartbeat <= HEARTBEAT_LASTS;
    }

    close() {
        fs.closeSync(this.#fd);
    }
}

const pages = new Map(); // directory → Page
const kept = new Map(); // what was asked for → token
let generation = 0; // of what is kept: an answer that was asked for in an earlier one is not
let asking = identity();

function identity() {
    return `${process.geteuid()} ${process.getegid()}`;
}

function said(header) {
    const [, instance, epoch, seconds] = /^([0-9a-f]{32}) ([0-9]{1,20}) ([0-9]{1,9})$/.exec(header ?? '') ?? [];
    return instance && { instance, epoch: BigInt(epoch), seconds: BigInt(seconds) };
}

function says(directory, decided) {
    try {
        return pages.get(directory)?.says(decided) ?? false;
    } catch {
        return false;
    }
}

/** Forgets what another user was given. */
function lookWhoAsks() {
    if (identity() === asking) return;
    forget();
    asking = identity();
}

/** When a request leaves, and as whom: what the answer's seconds are counted from, and what `forget` is after. */
export function moment() {
    try {
        return { boot: bootTime(), wall: Date.now(), generation };
    } catch {
        return undefined; // no such clock: nothing is kept
    }
}

/** The token that was kept for `key`, with what is left of its life, if it may be used now. */
export function find(key, { minTtl = 0, rejectedToken } = {}) {
    lookWhoAsks();
    const token = kept.get(key);
    if (!token || !says(token.directory, token.decided)) return undefined;
    const boot = bootTime();
    const left = Math.min(Number((token.ends - boot) / SECOND), Math.floor((token.endsByWall - Date.now()) / 1000));
    if (boot >= token.reuseUntil || left <= minTtl || token.document.access_token === rejectedToken) return undefined;
    return { ...token.document, expires_in: left };
}

/** Keeps the daemon's answer to a request that left at `asked`, if its page stands by it. */
export function keep(key, directory, document, header, asked) {
    const decided = said(header);
    if (!decided || !asked || !Number.isSafeInteger(document.expires_in)) return;
    lookWhoAsks();
    if (asked.generation !== generation) return;
    if (!says(directory, decided)) {
        try {
            pages.get(directory)?.close();
        } finally {
            pages.delete(directory);
        }
        const page = Page.open(directory);
        if (page) pages.set(directory, page);
        if (!says(directory, decided)) return;
    }
    if (kept.size >= KEPT_LIMIT && !kept.has(key)) kept.delete(kept.keys().next().value);
    kept.set(key, {
        directory, decided, document,
        reuseUntil: asked.boot + decided.seconds * SECOND,
        ends: asked.boot + BigInt(document.expires_in) * SECOND,
        endsByWall: asked.wall + document.expires_in * 1000,
    });
}

/** Forgets every token: the next call asks. */
export function forget() {
    kept.clear();
    ++generation;
}
