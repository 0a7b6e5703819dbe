/**
 * The address of a ledger on a KurrentDB server, as a URL: the client's connection string, and in it `ledger=NAME`, which tells apart ledgers that share a server. Invariant: no
 * password leaves this file except in the connection string itself. Deliberately absent: connecting.
 */
import { createHash } from 'node:crypto';

const SCHEME = /^(?:kurrentdb|kurrent|kdb)(?:\+discover)?:\/\//;
const LEDGER = /^[a-z0-9]{1,32}$/;
/** What the client knows, without case, `_` and `-`; it only warns of anything else. */
const OPTIONS = new Set([
  ...['tls', 'tlscafile', 'tlsverifycert', 'usercertfile', 'userkeyfile', 'connectionname', 'nodepreference'],
  ...['maxdiscoverattempts', 'discoveryinterval', 'gossiptimeout', 'keepaliveinterval', 'keepalivetimeout'],
]);

export interface KurrentAddress {
  /** For the client; holds the password. */
  readonly connection: string;
  /** Name of the ledger on the server; its streams begin with it and a dot. */
  readonly ledger: string;
  /** Without password and options: what messages show. */
  readonly shown: string;
  /** Name of the folder for what is kept of this ledger on this machine. */
  readonly folder: string;
  /** Whether the URL asks for a connection without TLS. */
  readonly insecure: boolean;
}

export function isKurrentUrl(url: string): boolean {
  return SCHEME.test(url);
}

/** The URL as it may be shown: without its password, also when it is none because of that password or of a slip. What begins with sqlite: comes back as it is. */
export function redacted(url: string): string {
  return url.replace(/^(?!sqlite:)((?:[a-z+]+:)?\/{0,2}[^:@]*):.*@/is, '$1:***@');
}

/** Reads a URL; `rule` is what it breaks. */
export function parseKurrentUrl(url: string): KurrentAddress | { readonly rule: string } {
  const match = /^([a-z+]+:\/\/)(?:([^@/?]*)@)?([^@/?]+)\/?(?:\?(.*))?$/.exec(url);
  // Else a part of a password could be taken for an option, and be named.
  if (/[/?#].*@/s.test(url.replace(SCHEME, '')))
    return { rule: 'must write / ? # and @ in a password, and @ in an option, as %2F, %3F, %23 and %40' };
  if (!match || !SCHEME.test(url)) return { rule: 'must be kurrentdb://[USER:PASSWORD@]HOST[:PORT][,HOST…][?OPTION=VALUE&…]' };
  const [, scheme, login, hosts, query] = match;
  if (login !== undefined && !/^[^:]+:.+$/.test(login)) return { rule: 'must give a password with the user, as USER:PASSWORD@' };
  const names = hosts!.split(',');
  if (!names.every((host) => /^[A-Za-z0-9._-]+(:[1-9]\d{0,4})?$/.test(host)))
    return { rule: 'must name hosts as HOST or HOST:PORT, separated by commas' };
  const kept: string[] = [];
  let ledger = 'navledger';
  let insecure = false;
  for (const pair of query?.split('&') ?? []) {
    const [, key, value] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
    if (key === undefined || value === undefined) return { rule: `must have options as NAME=VALUE; ${pair} is none` };
    if (key === 'ledger') {
      if (!LEDGER.test(value)) return { rule: 'must name the ledger in 1 to 32 of a-z and 0-9' };
      ledger = value;
      continue;
    }
    if (!OPTIONS.has(flat(key))) return { rule: `must have no option ${key}` };
    if (flat(key) === 'tls') insecure = value === 'false';
    kept.push(pair);
  }
  if (login !== undefined && insecure) return { rule: 'must not send a password without TLS: leave out USER:PASSWORD@, or tls=false' };
  const shown = `${scheme!}${hosts!}${ledger === 'navledger' ? '' : ` (ledger ${ledger})`}`;
  // The first read of a client waits so long, half a second by default.
  if (!kept.some((pair) => flat(pair).startsWith('discoveryinterval='))) kept.push('discoveryInterval=50');
  const connection = `${scheme!}${login === undefined ? '' : `${login}@`}${hosts!}?${kept.join('&')}`;
  return { connection, ledger, shown, folder: folderName(names, ledger), insecure };
}

/** One host for people, a digest of all for certainty. */
function folderName(hosts: readonly string[], ledger: string): string {
  const sorted = [...hosts].sort();
  const digest = createHash('sha256').update(sorted.join(',')).digest('hex').slice(0, 8);
  return `${sorted[0]!.replaceAll(':', '-')}-${digest}-${ledger}`;
}

function flat(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '');
}
