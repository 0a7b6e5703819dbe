/**
 * The server: a Nest application around an open ledger, from its first listening to its last answer. The ledger stays its owner's, who closes it after the server stopped.
 * Stopping: no new connection, `ShuttingDown` on those that are there, an answer to every request under way, at most the grace period.
 */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createSecureContext } from 'node:tls';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DestinationStream } from 'pino';
import { RefusalError } from '../../libs/domain/refusal';
import { bad } from '../../libs/ledger/arguments';
import type { Ledger } from '../../libs/ledger/ledger';
import { Gate } from './access/gate';
import { ApiAdapter } from './adapter';
import { ApiModule } from './app.module';
import { Contract } from './contract/contract';
import { Lasting } from './lasting';
import { Limits } from './limits';
import { Condition } from './observe/condition';
import { openLog } from './observe/log';
import { Metrics } from './observe/metrics';
import { Traffic } from './observe/traffic';
import { ProblemFilter } from './problems';
import type { Configuration } from './settings';

/** How long connections that were just used stay open at a stop. */
const LINGER_MILLIS = 250;

export interface Server {
  /** Where it listens. */
  readonly url: string;
  /** Resolves with the store's error when this process can no longer know what is in the log: stop, and open the store anew. */
  readonly doubt: Promise<Error>;
  /** Resolves when the last request is answered and nothing listens any more. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Who records where nobody says who they are. */
  readonly actor?: string;
  /** Where log lines go: stderr by default. */
  readonly logTo?: DestinationStream;
}

/** Starts a server around an open ledger. Throws RefusalError as {@link prepareServer} does, and for an address that cannot be listened on. */
export async function startServer(ledger: Ledger, configuration: Configuration, options: ServerOptions = {}): Promise<Server> {
  return (await prepareServer(configuration, options))(ledger);
}

/** Checks all that a server needs of this machine, before a ledger is opened for it; answers what starts it. Throws RefusalError naming a setting. */
export async function prepareServer(
  { settings, place }: Configuration,
  { actor = 'anybody', logTo }: ServerOptions = {},
): Promise<(ledger: Ledger) => Promise<Server>> {
  const https = tlsOf({ settings, place });
  const gate = gateOf({ settings, place }, actor);
  gate.assertMayListen(settings.host, place('host'));
  return async (ledger) => {
    const log = openLog(settings.logLevel, logTo);
    const limits = new Limits(settings.bodyLimit, settings.questionTime, settings.arrivalTime);
    const lasting = new Lasting();
    const condition = new Condition(ledger);
    const metrics = new Metrics(ledger, lasting);
    const parts = { lasting, limits, condition, metrics };
    const traffic = new Traffic(condition, metrics, log, settings.arrivalTime, https !== undefined);
    ledger.appends.observer = {
      appended: (events, nanos) => metrics.appended(events, nanos),
      failed: (error) => {
        metrics.appendFailed();
        condition.failed(error);
      },
    };
    const own = {
      headersTimeout: settings.arrivalTime,
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(1000, settings.arrivalTime),
    };
    const adapter = new ApiAdapter(
      {
        ...(https ? { https: { ...https, ...own } } : { http: own }),
        bodyLimit: settings.bodyLimit,
        keepAliveTimeout: settings.keepAlive,
        connectionTimeout: settings.standstill,
        trustProxy: settings.trustedProxies.length > 0 ? [...settings.trustedProxies] : false,
        genReqId: traffic.requestId,
        return503OnClosing: false,
        forceCloseConnections: 'idle',
        logger: false,
      },
      traffic,
    );
    const app = await NestFactory.create<NestFastifyApplication>(ApiModule.forRoot(ledger, parts), adapter, {
      logger: false,
      abortOnError: false,
      bodyParser: false,
    });
    const fastify = adapter.getInstance();
    traffic.register(fastify);
    app.get(Contract).follow(app);
    app.useGlobalFilters(new ProblemFilter((...told) => traffic.problem(...told)));
    await gate.register(fastify);
    fastify.server.maxConnections = settings.maxConnections;
    try {
      await app.listen(settings.port, settings.host);
    } catch (error) {
      await app.close();
      throw unusable(error as NodeJS.ErrnoException, { settings, place });
    }
    const url = urlOf(fastify.server.address() as AddressInfo, https !== undefined);
    log.info({ url }, 'listening');
    let stopped: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      log.info({ underWay: traffic.underWay }, 'stopping');
      condition.stopping = true;
      traffic.endConnections();
      const late = setTimeout(() => {
        log.warn({ underWay: traffic.underWay }, 'broken off');
        fastify.server.closeAllConnections();
      }, settings.grace);
      const ended = lasting.end();
      // Whoever is about to ask again on a connection is told, not cut off.
      if (traffic.lately(LINGER_MILLIS)) await new Promise((resolve) => setTimeout(resolve, Math.min(LINGER_MILLIS, settings.grace)));
      const idle = setInterval(() => fastify.server.closeIdleConnections(), 20);
      await Promise.all([ended, fastify.close()]);
      await app.close();
      clearInterval(idle);
      clearTimeout(late);
      log.info('stopped');
      await new Promise((resolve) => log.flush(resolve));
    };
    return { url, doubt: condition.doubt, stop: () => (stopped ??= stop()) };
  };
}

function gateOf({ settings, place }: Configuration, openActor: string): Gate {
  const { tokensFile, jwtIssuer: issuer, jwtAudience: audience, jwtJwks: jwks, requestsPerMinute } = settings;
  const jwt = issuer === undefined || audience === undefined ? undefined : { issuer, audience, jwks };
  try {
    return Gate.open({ tokensFile, jwt, openActor, requestsPerMinute });
  } catch (error) {
    const { refusal } = error as Partial<RefusalError>;
    throw refusal?.field === 'jwks' ? new RefusalError({ ...refusal, field: place('jwtJwks') }) : error;
  }
}

function tlsOf({ settings: { tlsCert, tlsKey }, place }: Configuration): { readonly cert: string; readonly key: string } | undefined {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  const read = (name: 'tlsCert' | 'tlsKey', file: string): string => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      throw bad(place(name), file, `must be a file that can be read: ${(error as Error).message}`);
    }
  };
  const [cert, key] = [read('tlsCert', tlsCert), read('tlsKey', tlsKey)];
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw bad(place('tlsCert'), tlsCert, `must be a certificate in PEM, and its key in ${tlsKey}: ${(error as Error).message}`);
  }
  return { cert, key };
}

/** Why an address cannot be listened on, when that is a matter of settings. */
function unusable(error: NodeJS.ErrnoException, { settings: { host, port }, place }: Configuration): Error {
  if (error.code === 'EADDRINUSE') return bad(place('port'), port, `must be free: another process listens there on ${host}`);
  if (error.code === 'EACCES') return bad(place('port'), port, 'must be one that this user may listen on');
  const unknown = ['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL'].includes(error.code ?? '');
  return unknown ? bad(place('host'), host, 'must be an address of this machine') : error;
}

function urlOf({ address, family, port }: AddressInfo, tls: boolean): string {
  const host = family === 'IPv6' ? `[${address}]` : address;
  return `${tls ? 'https' : 'http'}://${host}:${port}`;
}
