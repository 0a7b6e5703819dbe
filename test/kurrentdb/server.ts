/** The server that KURRENTDB_URL names, and ledgers of their own on it: tests leave them there, and touch no other stream. */
import { randomBytes } from 'node:crypto';
import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { type KurrentAddress, parseKurrentUrl } from '../../libs/store/kurrentdb/url';

const given = process.env.KURRENTDB_URL;

/** The URL of a ledger that nobody has used. Without a server there is nothing to test here: the runner leaves these specs out. */
export function freshLedger(): string {
  if (given === undefined) throw new Error('KURRENTDB_URL is not set');
  return `${given}${given.includes('?') ? '&' : '?'}ledger=t${randomBytes(8).toString('hex')}`;
}

export function addressOf(url: string): KurrentAddress {
  const address = parseKurrentUrl(url);
  if ('rule' in address) throw new Error(`KURRENTDB_URL ${address.rule}`);
  return address;
}

const clients: KurrentDBClient[] = [];

/** A client of its own, as somebody else's program would have one. */
export function bareClient(url: string): KurrentDBClient {
  const client = KurrentDBClient.connectionString(addressOf(url).connection);
  clients.push(client);
  return client;
}

afterAll(async () => {
  for (const client of clients.splice(0)) await client.dispose();
});
