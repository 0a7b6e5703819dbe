/**
 * The file of bearer tokens: who may come in, as what, until when. Invariant: it holds digests and no token, is replaced whole, and a file that is damaged or of another
 * shape is refused, never read as one without tokens. A token is 256 random bits, so nobody finds it from its SHA-256 by guessing, however fast the hash; a slow one is
 * for secrets that people choose. Deliberately absent: what a server makes of it (tokens.ts).
 */
import { hash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { refuse, RefusalError } from '../../../libs/domain/refusal';
import { bad } from '../../../libs/ledger/arguments';
import { type Scope, SCOPES } from './scopes';

/** What the file keeps of a token. Times are RFC 3339. */
export interface TokenRecord {
  /** Whole numbers from 1, never given twice. */
  readonly id: string;
  /** The actor of what is recorded with the token; no two tokens that are valid have one name, whatever the case of its letters. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly sha256: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

export const TOKEN_PREFIX = 'nvl_';

export function digestOf(token: string): string {
  return hash('sha256', token, 'hex');
}

/** A token that is neither revoked nor past its time. */
export function isLive({ expiresAt, revokedAt }: TokenRecord, now: number): boolean {
  return revokedAt === null && (expiresAt === null || now < Date.parse(expiresAt));
}

/** Makes a token; `lifeMillis` undefined is for good. The token itself is nowhere but in the answer. Throws RefusalError. */
export function createToken(
  file: string,
  name: string,
  scopes: readonly Scope[],
  lifeMillis: number | undefined,
): { readonly record: TokenRecord; readonly token: string } {
  const token = TOKEN_PREFIX + randomBytes(32).toString('base64url');
  return change(file, (records) => {
    const now = Date.now();
    if (records.some((other) => sameName(other.name, name) && isLive(other, now))) {
      throw bad('--name', name, 'must not be the name of another token that is valid');
    }
    const record: TokenRecord = {
      id: String(Math.max(0, ...records.map(({ id }) => Number(id))) + 1),
      name,
      scopes: SCOPES.filter((scope) => scopes.includes(scope)),
      sha256: digestOf(token),
      createdAt: new Date(now).toISOString(),
      expiresAt: lifeMillis === undefined ? null : new Date(now + lifeMillis).toISOString(),
      revokedAt: null,
    };
    return { records: [...records, record], answer: { record, token } };
  });
}

/** Ends a token that is valid, named by its name or its id. Throws RefusalError when there is none. */
export function revokeToken(file: string, which: string): TokenRecord {
  return change(file, (records) => {
    const now = Date.now();
    const found = records.find((record) => isLive(record, now) && (record.id === which || sameName(record.name, which)));
    if (!found) throw bad('token', which, 'must be the name or the id of a token that is valid');
    const revoked = { ...found, revokedAt: new Date(now).toISOString() };
    return { records: records.map((record) => (record === found ? revoked : record)), answer: revoked };
  });
}

/** None when there is no file. Throws RefusalError. */
export function readTokens(file: string): readonly TokenRecord[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unreadable(file, error);
  }
  return parseTokens(file, text);
}

export function unreadable(file: string, error: unknown): RefusalError {
  return new RefusalError(refuse('InvalidFile', `cannot be used: ${(error as Error).message}`, { field: file }));
}

const NAME = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;
/** Throws RefusalError. No name is an id. */
export function assertName(name: string): void {
  if (!NAME.test(name)) throw bad('--name', name, 'must be a letter and up to 63 letters, digits, dots, underscores and hyphens');
}

/** The records of a file's text. Throws RefusalError, which shows nothing of the text. */
export function parseTokens(file: string, text: string): readonly TokenRecord[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // refused below
  }
  const { version, tokens: list } = (document ?? {}) as { readonly version?: unknown; readonly tokens?: unknown };
  const tokens = version === 1 && Array.isArray(list) ? (list as readonly unknown[]) : undefined;
  const broken = tokens ? tokens.findIndex((token) => !isRecord(token)) : -1;
  if (tokens && broken < 0) return tokens as TokenRecord[];
  const part = broken < 0 ? 'it is damaged or of another shape' : `its token ${broken + 1} is damaged or of another shape`;
  throw new RefusalError(refuse('InvalidFile', `must be a file of tokens, version 1: ${part}`, { field: file }));
}

function isRecord(x: unknown): boolean {
  if (typeof x !== 'object' || x === null) return false;
  const { id, name, scopes, sha256, createdAt, expiresAt, revokedAt } = x as Readonly<Record<string, unknown>>;
  return (
    matches(id, /^[1-9]\d{0,14}$/) &&
    matches(name, NAME) &&
    Array.isArray(scopes) &&
    scopes.length > 0 &&
    scopes.every((scope) => (SCOPES as readonly unknown[]).includes(scope)) &&
    matches(sha256, /^[0-9a-f]{64}$/) &&
    isTime(createdAt) &&
    (expiresAt === null || isTime(expiresAt)) &&
    (revokedAt === null || isTime(revokedAt))
  );
}

function matches(x: unknown, form: RegExp): boolean {
  return typeof x === 'string' && form.test(x);
}

function isTime(x: unknown): boolean {
  return typeof x === 'string' && /^\d{4}-\d\d-\d\dT/.test(x) && !Number.isNaN(Date.parse(x));
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Replaces the file by what `work` makes of it, one process at a time; durable when it returns. */
function change<T>(
  file: string,
  work: (records: readonly TokenRecord[]) => { readonly records: readonly TokenRecord[]; readonly answer: T },
): T {
  try {
    return locked(`${file}.lock`, () => {
      const { records, answer } = work(readTokens(file));
      replace(file, `${JSON.stringify({ version: 1, tokens: records }, null, 2)}\n`);
      return answer;
    });
  } catch (error) {
    throw error instanceof RefusalError ? error : unreadable(file, error);
  }
}

/** Readers see the old text or the new one. */
function replace(file: string, text: string): void {
  const fresh = `${file}.new`;
  rmSync(fresh, { force: true });
  const made = openSync(fresh, 'wx', 0o600);
  try {
    writeFileSync(made, text);
    fsyncSync(made);
  } finally {
    closeSync(made);
  }
  renameSync(fresh, file);
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

const LOCK_WAIT_MILLIS = 5000;

/**
 * Holds the lock file while `work` runs, without a turn of the event loop, so that no signal ends it there. A lock that a killed process left is told and never broken: whether
 * its holder still runs, perhaps on another machine, cannot be known here.
 */
function locked<T>(lock: string, work: () => T): T {
  const until = performance.now() + LOCK_WAIT_MILLIS;
  for (;;) {
    try {
      writeFileSync(lock, `${process.pid}\n`, { flag: 'wx', mode: 0o600 });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (performance.now() > until) {
        throw new RefusalError(
          refuse('InvalidFile', 'another process changes the tokens; if none does, remove this file', { field: lock }),
        );
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}
