/** The HTTP API for tests: a server in this process on a port of its own, around a store in memory or in a folder. */
import { startServer, type Server, type ServerOptions } from '../../apps/api/server';
import { type Configuration, readSettings, type Settings } from '../../apps/api/settings';
import type { Ledger } from '../../libs/ledger/ledger';
import { openLedger } from '../../libs/ledger/open';
import { memoryLedger } from './ledger';

export interface Api extends Server {
  readonly ledger: Ledger;
  /** Sends a request to a path of the server; a body that is no text goes as JSON. */
  call(path: string, options?: CallOptions): Promise<Response>;
}

export interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const running: Api[] = [];

/** Default settings but for the port, and silence. */
export function testSettings(other: Partial<Settings> = {}): Configuration {
  const { settings, place } = readSettings({ port: '0', logLevel: 'silent' });
  return { settings: { ...settings, ...other }, place };
}

export interface ApiOptions extends ServerOptions {
  readonly settings?: Partial<Settings>;
  readonly ledger?: Ledger;
}

/** Stops with the test file. `dir`: an embedded store there, otherwise one in memory. */
export async function startApi(dir?: string, { settings, ledger: given, ...options }: ApiOptions = {}): Promise<Api> {
  const ledger =
    given ??
    (dir === undefined
      ? await memoryLedger()
      : await openLedger({ url: `sqlite:${dir}`, replica: `${dir}/replica` }, 'write', { actor: 'tester' }));
  const server = await startServer(ledger, testSettings(settings), options);
  const call: Api['call'] = (path, { method, body, headers = {} } = {}) =>
    fetch(server.url + path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    });
  const api = { ...server, ledger, call };
  running.push(api);
  return api;
}

afterAll(async () => {
  for (const api of running.splice(0)) {
    await api.stop();
    await api.ledger.close();
  }
});
