/**
 * JSON Web Tokens of one issuer: signature by its keys, issuer, audience and times, and what it says of the caller. Invariant: only signatures that a public key checks, so that
 * no key known to others signs; a token without an end is none. A verified token is remembered until it ends, ten minutes at most, which is how long a withdrawn key may live on.
 */
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { bad } from '../../../libs/ledger/arguments';
import { HttpProblem } from '../problems';
import { invalidToken } from './bearer';
import { isLoopback } from './local';
import { type Caller, callerOf, SCOPES } from './scopes';
import { digestOf, unreadable } from './token-file';
import { WatchedFile } from './watched-file';

export interface IssuerOptions {
  /** As the tokens' `iss` says it. */
  readonly issuer: string;
  /** What the tokens' `aud` must have. */
  readonly audience: string;
  /** A URL or a file of a JSON Web Key Set; by default /.well-known/jwks.json of the issuer. */
  readonly jwks?: string | undefined;
}

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
const TOLERANCE_SECONDS = 5;
const REMEMBERED = 10_000;
const REMEMBERED_MILLIS = 600_000;
/** Whatever else goes wrong with keys is no fault of the token. */
const NO_KEY = new Set(['ERR_JWKS_NO_MATCHING_KEY', 'ERR_JWKS_MULTIPLE_MATCHING_KEYS', 'ERR_JOSE_NOT_SUPPORTED']);

export class Issuer {
  private readonly jose = require('jose') as typeof import('jose');
  private readonly keys: JWTVerifyGetKey;
  private readonly verified = new Map<string, { readonly caller: Caller; readonly until: number }>();

  /** Throws RefusalError when the keys' place is none. */
  constructor(private readonly options: IssuerOptions) {
    const { issuer, jwks = `${issuer.replace(/\/$/, '')}/.well-known/jwks.json` } = options;
    const keys = /^https?:/i.test(jwks) ? this.remoteKeys(jwks) : this.localKeys(jwks);
    this.keys = async (...header) => {
      try {
        return await keys(...header);
      } catch (error) {
        if (NO_KEY.has((error as { readonly code?: string }).code ?? '')) throw error;
        throw new HttpProblem('AccessUnavailable', 'the keys of the issuer cannot be had');
      }
    };
  }

  /** The caller behind a token that was verified before. */
  remembered(token: string): Caller | undefined {
    const found = this.verified.get(digestOf(token));
    return found && Date.now() < found.until ? found.caller : undefined;
  }

  /** Throws HttpProblem for a token that is not valid, and when the keys cannot be had. */
  async verify(token: string): Promise<Caller> {
    const { issuer, audience } = this.options;
    let payload: JWTPayload;
    try {
      ({ payload } = await this.jose.jwtVerify(token, this.keys, {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        clockTolerance: TOLERANCE_SECONDS,
        requiredClaims: ['exp', 'sub'],
      }));
    } catch (error) {
      throw error instanceof HttpProblem ? error : invalidToken(fault(error as { readonly code?: string; readonly claim?: string }));
    }
    const caller = callerOf(actorOf(payload), scopesOf(payload));
    const until = Math.min((payload.exp! + TOLERANCE_SECONDS) * 1000, Date.now() + REMEMBERED_MILLIS);
    if (this.verified.size >= REMEMBERED) this.verified.delete(this.verified.keys().next().value!);
    this.verified.set(digestOf(token), { caller, until });
    return caller;
  }

  private remoteKeys(jwks: string): JWTVerifyGetKey {
    const url = URL.canParse(jwks) ? new URL(jwks) : undefined;
    // Whoever can change the keys on their way lets anybody in.
    if (url?.protocol !== 'https:' && !isLoopback(url?.hostname.replaceAll(/[[\]]/g, '') ?? '')) {
      throw bad('jwks', jwks, 'must be a URL with https:, or a file; http: is for this machine only');
    }
    return this.jose.createRemoteJWKSet(url!);
  }

  private localKeys(path: string): JWTVerifyGetKey {
    const file = new WatchedFile(path, (text) =>
      this.jose.createLocalJWKSet(JSON.parse(text) as Parameters<typeof this.jose.createLocalJWKSet>[0]),
    );
    const keys: JWTVerifyGetKey = (...header) => {
      const set = file.current();
      if (!set) throw new Error('there is no such file');
      return set(...header);
    };
    try {
      if (!file.current()) throw new Error('there is no such file');
    } catch (error) {
      throw unreadable(path, error);
    }
    return keys;
  }
}

/** What is wrong with a token, in words of ours. */
function fault({ code, claim }: { readonly code?: string; readonly claim?: string }): string {
  if (code === 'ERR_JWT_EXPIRED') return 'the token has expired';
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED') return `the claim ${claim} of the token is missing or not what it must be here`;
  if (code === 'ERR_JOSE_ALG_NOT_ALLOWED') return `the token must be signed with one of ${ALGORITHMS.join(' ')}`;
  if (code !== undefined && NO_KEY.has(code)) return 'the issuer has no key that the token is signed with';
  return 'the token is not known here, or its signature does not match';
}

/** It goes into events and log lines. */
function actorOf({ sub }: JWTPayload): string {
  if (typeof sub !== 'string' || !/^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u.test(sub)) {
    throw invalidToken('the claim sub of the token must be 1 to 200 printable characters');
  }
  return sub;
}

/** Scopes that are not ours mean nothing here. */
function scopesOf({ scope, scopes, roles }: JWTPayload): (typeof SCOPES)[number][] {
  const lists = [typeof scope === 'string' ? scope.split(' ') : scope, scopes, roles].filter((list) => Array.isArray(list));
  return SCOPES.filter((ours) => lists.some((list) => list.includes(ours)));
}
