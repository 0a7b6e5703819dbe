/** Bearer tokens for tests, in a file of their own, and keys of an issuer. */
import { join } from 'node:path';
import type { Scope } from '../../apps/api/access/scopes';
import { createToken } from '../../apps/api/access/token-file';
import { tempDir } from './temp';

export function tokensFile(): string {
  return join(tempDir(), 'tokens.json');
}

/** The header that a new token of these scopes makes. */
export function bearerOf(file: string, name: string, ...scopes: readonly Scope[]): { readonly authorization: string } {
  return { authorization: `Bearer ${createToken(file, name, scopes, undefined).token}` };
}
