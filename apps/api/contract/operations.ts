/** What the contract says of each route, by method and path. Where the routes are and who may use them is read from the application (document.ts), never from here. */
import type { CommandName } from '../../../libs/domain/commands';
import type { JsonSchema } from '../../../libs/ledger/shape-rules';
import { COMMAND_NAMES } from '../../../libs/ledger/shapes';
import type { State } from '../observe/condition';
import { COMMAND_ROUTES } from '../routes/command-routes';
import { EXAMPLES } from './examples';
import { LOG_OPERATIONS } from './log-operations';
import { id, list, object, oneOf, ref, text, time } from './schema';
import { WHAT_IF_OPERATIONS } from './what-if-operations';
import { ASKED, ASKED_ONE, header, json, type Operation, PAGE, type Parameter, problems, query } from './words';

const COMMAND_SUMMARIES: { readonly [C in CommandName]: string } = {
  ListInstrument: 'List an instrument',
  RecordPrice: 'Record a price',
  CorrectPrice: 'Correct a price',
  OpenPortfolio: 'Open a portfolio',
  AdoptMandate: 'Adopt a mandate',
  AdoptFeeSchedule: 'Adopt a fee schedule',
  AdoptSlippageModel: 'Adopt a slippage model',
  CreateUnits: 'Create units',
  RedeemUnits: 'Redeem units',
  SplitUnits: 'Split units',
  ExecuteRebalance: 'Record a rebalance with its fills',
  ChargeFee: 'Charge a fee',
  SettleFunding: 'Settle funding',
  AccrueInterest: 'Record interest',
  AccrueFees: 'Charge what the fee schedule says is due',
  CorrectFact: 'Correct or bust a fact',
};

const ETAG = { ETag: { description: 'The revision of the stream in quotes: a strong entity tag.', schema: text(), example: '"17"' } };

const KEY = header(
  'Idempotency-Key',
  { type: 'string', format: 'uuid' },
  "The command's id. The same id again is answered as the first time, with status `duplicate`; with other data it is refused. Without one, a random one is made.",
  '6f9619ff-8b86-4011-b42d-00c04fc964ff',
);
const IF_MATCH = header(
  'If-Match',
  { type: 'string', pattern: '^"(-1|0|[1-9]\\d{0,14})"$' },
  'The revision that the stream must be at, in quotes; "-1" for an empty one. Otherwise 412.',
  '"17"',
);
const IF_NONE_MATCH = header('If-None-Match', text(), 'The ETag of an answer held already: 304 while it is still the answer.', '"17"');
const KNOWN_AT = query(
  'knownAt',
  time(),
  'What was recorded later does not count. Without it: all that is known now.',
  '2024-02-01T00:00:00Z',
);
const AUDIT_KNOWN_AT = 'With it, every charge is judged by what was known then; without it, each by what was known when it was recorded.';
const FROM = query('from', time(), 'The window begins after it.', '2024-01-01T00:00:00Z', true);
const TO = query('to', time(), 'The window ends with it.', '2024-01-31T00:00:00Z', true);

function command(name: CommandName): readonly [string, Operation] {
  const path = COMMAND_ROUTES[name].replace(':id', '{id}');
  const { portfolioId: _, ...data } = EXAMPLES[name] as { readonly portfolioId?: string };
  const example = path.includes('{id}') ? data : EXAMPLES[name];
  return [
    `POST /${path}`,
    {
      operationId: name.charAt(0).toLowerCase() + name.slice(1),
      tags: ['commands'],
      summary: COMMAND_SUMMARIES[name],
      parameters: [KEY, IF_MATCH],
      requestBody: { required: true, content: { 'application/json': { schema: ref(name), example } } },
      responses: {
        201: json('Recorded, now or before, and durable.', ref('Recorded'), ETAG),
        ...problems(400, 401, 403, 404, 409, 412, 413, 415, 422, 429, 500, 503, 507),
      },
    },
  ];
}

function question(
  path: string,
  operationId: string,
  summary: string,
  parameters: readonly Parameter[],
  answer: object,
): readonly [string, Operation] {
  return [
    `GET /v1/portfolios/{id}/${path}`,
    { operationId, tags: ['questions'], summary, parameters, responses: { 200: answer, ...problems(...ASKED_ONE) } },
  ];
}

function listed(name: string, summary: string): readonly [string, Operation] {
  const operationId = `list${name}s`;
  const answer = json('A page, in the order of first recording.', ref(`${name}List`));
  return [
    `GET /v1/${name.toLowerCase()}s`,
    { operationId, tags: ['catalogue'], summary, parameters: PAGE, responses: { 200: answer, ...problems(...ASKED) } },
  ];
}

function one(name: string, summary: string): readonly [string, Operation] {
  return [
    `GET /v1/${name.toLowerCase()}s/{id}`,
    {
      operationId: `get${name}`,
      tags: ['catalogue'],
      summary,
      parameters: [IF_NONE_MATCH],
      responses: {
        200: json('As of its last event.', ref(name), ETAG),
        304: { description: 'Unchanged since the ETag given.', headers: ETAG },
        ...problems(...ASKED_ONE),
      },
    },
  ];
}

function condition(...states: readonly (State | 'live')[]): JsonSchema {
  return object<{ status: unknown }>({ status: oneOf(states) });
}

const HISTORY = {
  description: 'The answers to `getNav` at `from`, every step after it, and `to`, all as known at one moment.',
  content: {
    'application/json': { schema: list(ref('Nav')) },
    'text/csv': { schema: text() },
    'application/vnd.apache.parquet': { schema: { type: 'string', format: 'binary' } },
  },
};

export const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ...COMMAND_NAMES.map(command),
  question(
    'nav',
    'getNav',
    'NAV, units, position, leverage and mark at a moment',
    [query('at', time(), 'The moment asked about. Without it: now.', '2024-01-02T12:00:00Z'), KNOWN_AT],
    json('What it was worth.', ref('Nav')),
  ),
  question(
    'history',
    'getHistory',
    'NAV as a series',
    [
      query('from', time(), 'The first moment.', '2024-01-01T00:00:00Z', true),
      query('to', time(), 'The last moment.', '2024-01-31T00:00:00Z', true),
      query('every', { type: 'string', pattern: '^([1-9]\\d{0,8})(s|m|h|d)$', default: '1d' }, 'The step; a d is 24 hours.', '1h'),
      query('format', { type: 'string', enum: ['csv', 'json', 'parquet'], default: 'json' }, 'As what.', 'json'),
      KNOWN_AT,
    ],
    HISTORY,
  ),
  question(
    'attribution',
    'getAttribution',
    'Where the change of NAV per unit went',
    [FROM, TO, KNOWN_AT],
    json('Both views.', ref('Attribution')),
  ),
  question(
    'fee-audit',
    'getFeeAudit',
    'Charged fees against recomputed ones',
    [FROM, TO, { ...KNOWN_AT, description: AUDIT_KNOWN_AT }],
    json('What was found.', ref('FeeAudit')),
  ),
  question('tear-sheet', 'getTearSheet', "A fund's life on one sheet", [KNOWN_AT], json('The sheet.', ref('TearSheet'))),
  listed('Portfolio', 'List portfolios'),
  one('Portfolio', 'A portfolio with its terms'),
  listed('Instrument', 'List instruments'),
  one('Instrument', 'An instrument'),
  ...WHAT_IF_OPERATIONS,
  ...LOG_OPERATIONS,
  [
    'GET /health/live',
    {
      operationId: 'getLiveness',
      tags: ['operation'],
      summary: 'Whether the process runs',
      responses: { 200: json('It does.', condition('live')), ...problems() },
    },
  ],
  [
    'GET /health/ready',
    {
      operationId: 'getReadiness',
      tags: ['operation'],
      summary: 'Whether the server can do its work',
      responses: {
        200: json('It can.', condition('ready')),
        503: json(
          'It is being stopped, it cannot know what is in its store, or it has not read all of it yet.',
          condition('stopping', 'in-doubt', 'behind', 'cut-off'),
        ),
        ...problems(),
      },
    },
  ],
  [
    'GET /metrics',
    {
      operationId: 'getMetrics',
      tags: ['operation'],
      summary: 'Figures for Prometheus',
      responses: {
        200: { description: 'Its text format.', content: { 'text/plain': { schema: text() } } },
        ...problems(401, 403, 429, 500),
      },
    },
  ],
  [
    'GET /openapi.json',
    {
      operationId: 'getContract',
      tags: ['operation'],
      summary: 'This document',
      responses: { 200: json('OpenAPI 3.1.', { type: 'object' }), ...problems() },
    },
  ],
]);

/** What a path's own parts are. */
export const PATH_PARTS: Readonly<Record<string, (path: string) => Parameter>> = {
  job: () => ({
    name: 'job',
    in: 'path',
    required: true,
    description: 'The job.',
    schema: text(),
    example: '6f9619ff-8b86-4011-b42d-00c04fc964ff',
  }),
  id: (path) => {
    const [what, example] = path.startsWith('/v1/instruments') ? ['instrument', 'COIN'] : ['portfolio', 'coin3l'];
    return { name: 'id', in: 'path', required: true, description: `The ${what}.`, schema: id(), example };
  },
};

/** Pages for people: served, and no part of the contract. */
export const PAGES: ReadonlySet<string> = new Set(['GET /', 'GET /docs', 'GET /docs/{file}']);
