/** The bearer token of a request (RFC 6750), and what a request without a valid one is told. Invariant: nothing told holds a part of a token. */
import { HttpProblem } from '../problems';
import type { Scope } from './scopes';

const CHALLENGE = 'Bearer realm="navledger"';

/** Throws HttpProblem when the header is missing or of another form. */
export function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined) {
    throw new HttpProblem('Unauthorized', 'must carry Authorization: Bearer and a token', { 'www-authenticate': CHALLENGE });
  }
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization)?.[1];
  if (token === undefined) throw invalidToken('the Authorization header must be Bearer and one token');
  return token;
}

/** `rule` goes into a header too: plain ASCII without quotes. */
export function invalidToken(rule: string): HttpProblem {
  return new HttpProblem('Unauthorized', rule, {
    'www-authenticate': `${CHALLENGE}, error="invalid_token", error_description="${rule}"`,
  });
}

export function scopeChallenge(scope: Scope): string {
  return `${CHALLENGE}, error="insufficient_scope", scope="${scope}"`;
}
