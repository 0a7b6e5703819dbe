/** The bearer tokens of a running server, found by their digests. Follows the file: what is made, revoked or past its time there counts here within a second. */
import { HttpProblem } from '../problems';
import { invalidToken } from './bearer';
import { type Caller, callerOf } from './scopes';
import { digestOf, isLive, parseTokens, type TokenRecord } from './token-file';
import { WatchedFile } from './watched-file';

interface Known {
  readonly record: TokenRecord;
  readonly caller: Caller;
}

export class Tokens {
  private readonly file: WatchedFile<ReadonlyMap<string, Known>>;
  private seen = false;

  constructor(path: string) {
    this.file = new WatchedFile(
      path,
      (text) =>
        new Map(
          parseTokens(path, text).map((record) => [record.sha256, { record, caller: callerOf(record.name, record.scopes) }] as const),
        ),
    );
  }

  /** Whether there is a file, or was one since this process started: then nobody comes in without a token any more. */
  get configured(): boolean {
    if (this.seen) return true;
    try {
      this.seen = this.file.current() !== undefined;
    } catch {
      this.seen = true;
    }
    return this.seen;
  }

  /** Throws RefusalError when the file is there and none of tokens, and what the system throws. */
  check(): void {
    this.file.current();
  }

  /** The caller that a token names; undefined when it is not one of the file. Throws HttpProblem for one that is valid no more, and while the file cannot be read. */
  callerOf(token: string): Caller | undefined {
    let known: Known | undefined;
    try {
      known = this.file.current()?.get(digestOf(token));
    } catch {
      throw new HttpProblem('AccessUnavailable', 'the tokens of this server cannot be read');
    }
    if (!known) return undefined;
    const { record, caller } = known;
    if (isLive(record, Date.now())) return caller;
    throw invalidToken(record.revokedAt === null ? `the token expired at ${record.expiresAt}` : 'the token was revoked');
  }
}
