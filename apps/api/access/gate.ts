/**
 * Who may send what: every request passes here before anything of its body is read. Invariant: once tokens or an issuer were set up, nobody comes in without a valid token for as
 * long as the process lives; before that, only this machine is served. A route that names no scope is served to nobody.
 */
import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refuse, RefusalError } from '../../../libs/domain/refusal';
import { bad } from '../../../libs/ledger/arguments';
import { HttpProblem } from '../problems';
import { Attempts } from './attempts';
import { bearerToken, invalidToken, scopeChallenge } from './bearer';
import { Issuer, type IssuerOptions } from './issuer';
import { assertLocal, isLoopback } from './local';
import { type Caller, callerOf, SCOPES } from './scopes';
import { TOKEN_PREFIX, unreadable } from './token-file';
import { Tokens } from './tokens';

export interface GateOptions {
  /** It need not exist yet: once it does, tokens are needed. */
  readonly tokensFile?: string | undefined;
  readonly jwt?: IssuerOptions | undefined;
  /** Who records while no tokens are needed. */
  readonly openActor: string;
  /** Of one caller, or of one address on routes that are public; 0 for any number. While no tokens are needed nobody is limited. */
  readonly requestsPerMinute: number;
}

const WINDOW_MILLIS = 60_000;

export class Gate {
  private readonly attempts = new Attempts();
  private readonly anybody: Caller;

  private constructor(
    private readonly tokens: Tokens | undefined,
    private readonly issuer: Issuer | undefined,
    private readonly options: GateOptions,
  ) {
    this.anybody = callerOf(options.openActor, SCOPES);
  }

  /** Throws RefusalError for a file of tokens or keys that cannot be used. */
  static open(options: GateOptions): Gate {
    const { tokensFile, jwt } = options;
    const tokens = tokensFile === undefined ? undefined : new Tokens(tokensFile);
    try {
      tokens?.check();
    } catch (error) {
      throw error instanceof RefusalError ? error : unreadable(tokensFile!, error);
    }
    return new Gate(tokens, jwt && new Issuer(jwt), options);
  }

  /** Whether everybody on this machine is let in without a token. */
  get isOpen(): boolean {
    return this.issuer === undefined && !this.tokens?.configured;
  }

  /** Throws RefusalError for an address that others reach while no tokens are needed. `place` is where the address was given. */
  assertMayListen(host: string, place = '--host'): void {
    if (!this.isOpen || isLoopback(host)) return;
    throw bad(place, host, 'must be an address of this machine alone, such as 127.0.0.1, until there are tokens: see `navledger token`');
  }

  /** Before routes are registered. */
  async register(fastify: FastifyInstance): Promise<void> {
    fastify.decorateRequest('caller');
    const callerOf = this.callerOf.bind(this);
    fastify.decorateRequest('readmit', async function () {
      await callerOf(this);
    });
    await fastify.register(rateLimit, { global: false });
    const limit = this.limiter(fastify);
    const counts = (url: string): boolean => limit !== undefined && !this.isOpen && !url.startsWith('/health/');
    const rest = async (request: FastifyRequest, reply: FastifyReply, caller: Caller | Promise<Caller> | undefined): Promise<void> => {
      if (caller) request.caller = await caller;
      if (counts(request.url)) await limit!(request, reply);
      assertScope(request, reply);
    };
    // Where requests are not counted, a caller who is known at once does not wait.
    fastify.addHook('onRequest', (request, reply, done) => {
      const caller = this.isOpen || request.routeOptions.config.scope !== 'public' ? this.callerOf(request) : undefined;
      if (caller instanceof Promise || counts(request.url)) return void rest(request, reply, caller).then(() => done(), done);
      if (caller) request.caller = caller;
      assertScope(request, reply);
      done();
    });
  }

  /** Throws HttpProblem or RefusalError. */
  private callerOf(request: FastifyRequest): Caller | Promise<Caller> {
    if (this.isOpen) {
      assertLocal(request);
      return this.anybody;
    }
    const { headers, ip } = request;
    const token = bearerToken(headers.authorization);
    const ours = token.startsWith(TOKEN_PREFIX);
    const known = ours ? this.tokens?.callerOf(token) : this.issuer?.remembered(token);
    if (known) return known;
    const good = this.attempts.begin(ip);
    if (ours || !this.issuer) throw invalidToken('the token is not known here');
    return this.issuer.verify(token).then(
      (caller) => (good(), caller),
      (error: unknown) => {
        if (error instanceof HttpProblem && error.code === 'AccessUnavailable') good();
        throw error;
      },
    );
  }

  private limiter(fastify: FastifyInstance): ((request: FastifyRequest, reply: FastifyReply) => Promise<void>) | undefined {
    const max = this.options.requestsPerMinute;
    if (max === 0) return undefined;
    const count = fastify.createRateLimit({
      max,
      timeWindow: WINDOW_MILLIS,
      keyGenerator: ({ caller, ip }) => (caller ? `caller ${caller.actor}` : `address ${normalizeIP(ip)}`),
    });
    return async (request, reply) => {
      const used = await count(request);
      if (used.isAllowed) return;
      const { remaining, ttlInSeconds, isExceeded } = used;
      reply.headers({ 'ratelimit-limit': max, 'ratelimit-remaining': remaining, 'ratelimit-reset': ttlInSeconds });
      if (isExceeded) {
        throw new HttpProblem('TooManyRequests', `at most ${max} requests a minute`, { 'retry-after': String(ttlInSeconds) });
      }
    };
  }
}

/** Throws for a route that does not exist, and for a caller without its scope. */
function assertScope({ is404, method, url, caller, routeOptions }: FastifyRequest, reply: FastifyReply): void {
  const { scope } = routeOptions.config;
  if (scope === 'public' || is404) return;
  if (scope === undefined) throw new HttpProblem('NotFound', `there is no ${method} ${url.split('?')[0]}`);
  if (caller.scopes.has(scope)) return;
  reply.header('www-authenticate', scopeChallenge(scope));
  throw new RefusalError(refuse('Forbidden', `the token must have the scope ${scope}, or one that includes it`));
}
