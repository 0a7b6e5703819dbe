/**
 * What an open server serves: this machine alone, and of its browsers only pages of the server itself. A page of elsewhere reaches a loopback address in two ways: under a name
 * of its own that it lets resolve to 127.0.0.1, which the Host header shows, and by sending across sites, which Origin and Sec-Fetch-Site show.
 */
import { isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { refuse, RefusalError } from '../../../libs/domain/refusal';
import { HttpProblem } from '../problems';

/** Whether an address to listen on is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** Throws HttpProblem or RefusalError for a request that somebody else may have made a browser send. */
export function assertLocal({ headers, method }: FastifyRequest): void {
  const host = (headers.host ?? '').toLowerCase();
  const [, address, name = address ?? ''] = /^(?:\[(.+)\]|([^:]+))(?::\d*)?$/.exec(host) ?? [];
  if (!isLoopback(name) && !name.endsWith('.localhost')) {
    throw new HttpProblem('MisdirectedRequest', 'without tokens the Host header must name this machine, such as localhost or 127.0.0.1');
  }
  if (method === 'GET' || method === 'HEAD') return;
  const { origin, 'sec-fetch-site': site } = headers;
  const rule = 'without tokens a browser may send this only from a page of this server';
  if (origin !== undefined && ![`http://${host}`, `https://${host}`].includes(origin.toLowerCase())) {
    throw new RefusalError(refuse('Forbidden', rule, { field: 'Origin', value: origin }));
  }
  if (site === 'cross-site') throw new RefusalError(refuse('Forbidden', rule, { field: 'Sec-Fetch-Site', value: site }));
}
