/** What the contract says of what-if: its routes, and the schemas of its answers, each written against the answer's type. */
import { SCENARIO_SCHEMA, SWEEP_SCHEMA } from '../../../libs/ledger/scenario-shapes';
import type { JsonSchema } from '../../../libs/ledger/shape-rules';
import type { Manifest, SweepAnswer, WhatIf } from '../../../libs/ledger/what-if';
import type { JobState } from '../../../libs/ledger/what-if-jobs';
import { count, decimal, id, integer, list, mapOf, nullable, object, oneOf, optional, ratio, ref, text, time } from './schema';
import { json, type Operation, problems, query } from './words';

const mode = oneOf(['restate', 're-decide']);
const nT = nullable(ratio(), 'NAV per unit at `to`; null where the fund ended before, or has no units.');
const attribution: JsonSchema = { anyOf: [ref('Attribution'), { type: 'null' }], description: 'Null where there is none.' };
const unanswerable = optional(text('Why there is no attribution.'));
const terminated = optional(object<{ at: string }>({ at: time() }, 'When NAV was found at or below 0.'));
const byTerm = nullable(mapOf(ratio(), text()), 'By the terms of both views; null where a side has no attribution.');

export const WHAT_IF_ANSWERS: Readonly<Record<string, JsonSchema>> = {
  Scenario: SCENARIO_SCHEMA,
  Sweep: SWEEP_SCHEMA,
  Manifest: object<Manifest>(
    {
      logPosition: count('Of the last event that was known.'),
      root: text('Chain hash of the log after it.'),
      scenarioDigest: text('SHA-256 of what was asked.'),
      engine: text(),
      resultDigest: text('SHA-256 of the answer without its manifest.'),
    },
    'With the same log, scenario and engine anybody gets the same bytes.',
  ),
  WhatIf: object<WhatIf>({
    portfolioId: id(),
    mode,
    from: time(),
    to: time(),
    knownAt: time(),
    base: object<WhatIf['base']>({ nT, attribution, unanswerable }, 'As booked.'),
    scenario: object<WhatIf['scenario']>({
      nT,
      attribution,
      unanswerable,
      rebalances: list(
        object<WhatIf['scenario']['rebalances'][number]>({
          at: time(),
          reason: oneOf(['scheduled', 'band']),
          side: oneOf(['buy', 'sell']),
          quantity: decimal(),
          price: decimal(),
          fee: decimal(),
        }),
        'Decided trades; none of a restatement.',
      ),
      terminated,
      assumptions: optional(list(text(), 'What decided trades were taken to cost where nothing says it.')),
      series: optional(
        list(
          object<NonNullable<WhatIf['scenario']['series']>[number]>({
            at: time(),
            navPerUnit: nullable(ratio(), 'Null without units and after the end.'),
          }),
        ),
      ),
    }),
    difference: object<WhatIf['difference']>({ nT, byTerm }, 'Scenario less base.'),
    manifest: ref('Manifest'),
  }),
  SweepAnswer: object<SweepAnswer>({
    portfolioId: id(),
    mode,
    from: time(),
    to: time(),
    base: object<SweepAnswer['base']>({ nT, attribution, unanswerable }, 'As booked.'),
    points: list(
      object<SweepAnswer['points'][number]>({
        vary: { type: 'object', description: 'The values that were put in, by path.' },
        nT,
        difference: nT,
        rebalances: integer(),
        terminated,
        attribution,
        refused: optional(text('Why the point has no answer.')),
      }),
    ),
    manifest: ref('Manifest'),
  }),
  Job: object<JobState>({
    jobId: text(),
    portfolioId: id(),
    status: oneOf(['running', 'done', 'cancelled', 'failed']),
    done: integer('Scenarios replayed so far.'),
    of: integer(),
  }),
};

const JOB = [401, 403, 404, 422, 429, 500, 503] as const;

export const WHAT_IF_OPERATIONS: readonly (readonly [string, Operation])[] = [
  [
    'POST /v1/portfolios/{id}/what-if',
    {
      operationId: 'askWhatIf',
      tags: ['questions'],
      summary: 'A history under other terms',
      description: 'A scenario is answered at once. A sweep becomes a job, whose result is kept in memory for a while.',
      parameters: [
        query('from', time(), 'Start of the window, not included. Without it: the first units.', '2024-01-01T00:00:00Z'),
        query('to', time(), 'End of the window, included. Without it: the last price or fact.', '2024-01-31T00:00:00Z'),
        query('every', { type: 'string', pattern: '^([1-9]\\d{0,8})(s|m|h|d)$' }, 'The step of a series of NAV per unit.', '1d'),
        query('knownAt', time(), 'Counts only what was recorded by then. Without it: everything.', '2024-02-01T00:00:00Z'),
      ],
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: { anyOf: [ref('Scenario'), ref('Sweep')] }, example: { mode: 'restate', slippage: null } },
        },
      },
      responses: {
        200: json('What would have been.', ref('WhatIf')),
        202: json('A sweep has begun.', ref('Job'), { Location: { description: 'Where its job is.', schema: text() } }),
        ...problems(400, 401, 403, 404, 413, 415, 422, 429, 500, 503),
      },
    },
  ],
  [
    'GET /v1/what-if/{job}',
    {
      operationId: 'getWhatIfJob',
      tags: ['questions'],
      summary: 'How far a sweep is',
      responses: { 200: json('Its state.', ref('Job')), ...problems(400, ...JOB) },
    },
  ],
  [
    'GET /v1/what-if/{job}/result',
    {
      operationId: 'getWhatIfResult',
      tags: ['questions'],
      summary: 'What a sweep came to',
      responses: { 200: json('All its points, in the order of the grid.', ref('SweepAnswer')), ...problems(400, ...JOB) },
    },
  ],
  [
    'DELETE /v1/what-if/{job}',
    {
      operationId: 'deleteWhatIfJob',
      tags: ['questions'],
      summary: 'End a sweep, or forget it',
      responses: { 200: json('What it was.', ref('Job')), ...problems(400, ...JOB) },
    },
  ],
];
