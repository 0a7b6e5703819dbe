/** What the contract says of the routes of the log. `x-line` is the schema of one line, or of the `data` of one event of a stream: OpenAPI 3.1 has no words for it. */
import { EXAMPLES } from './examples';
import { count, id, ref, text } from './schema';
import { ASKED_ONE, header, json, type Operation, PAGE, problems, query } from './words';

const FROM = query('from', count(), 'The first log position.', '0');
const FLAG = { type: 'string', enum: ['true', 'false'], default: 'false' };

function lines(says: string, line: object): object {
  return { 'application/x-ndjson': { schema: text(says), 'x-line': line } };
}

function events(operationId: string, summary: string, parameters: Operation['parameters'] = []): Operation {
  const page = json(
    'A page, in the order of the log; or, with `Accept: application/x-ndjson`, all of it as an export.',
    ref('EventList'),
  ) as {
    readonly description: string;
    readonly content: object;
  };
  return {
    operationId,
    tags: ['log'],
    summary,
    parameters: [...parameters, FROM, ...PAGE],
    responses: {
      200: {
        ...page,
        content: { ...page.content, ...lines('An event a line. An export has no pages: `limit` and `cursor` are refused.', ref('Event')) },
      },
      ...problems(...ASKED_ONE),
    },
  };
}

export const LOG_OPERATIONS: readonly (readonly [string, Operation])[] = [
  ['GET /v1/events', events('listEvents', 'The log', [query('stream', text(), 'Only this stream.', 'portfolio-coin3l')])],
  ['GET /v1/portfolios/{id}/events', events('listPortfolioEvents', "A portfolio's part of the log")],
  [
    'GET /v1/stream',
    {
      operationId: 'followEvents',
      tags: ['log'],
      summary: 'The log as it grows',
      description:
        'Server-sent events: the log position as `id`, the type as `event`, the event as `data`. A comment every 15 seconds says that the server is there.',
      parameters: [
        header(
          'Last-Event-ID',
          { type: 'string', pattern: '^(-1|0|[1-9]\\d{0,14})$' },
          'Goes on behind this position; wins over `from`.',
          '41',
        ),
        query('portfolio', id(), 'Only the events of this portfolio.', 'coin3l'),
        query('from', count(), 'The first log position. Without it: the next event to be recorded.', '0'),
      ],
      responses: {
        200: {
          description: 'Until the client or the server ends it.',
          content: { 'text/event-stream': { schema: text(), 'x-line': ref('Event') } },
        },
        ...problems(...ASKED_ONE),
      },
    },
  ],
  [
    'POST /v1/commands/batch',
    {
      operationId: 'recordBatch',
      tags: ['log'],
      summary: 'Record many commands',
      description:
        'A command a line, answered with a line each, in order, once it is durable or refused, while further lines arrive. Each command needs the scope of its own route. ' +
        'What ends a batch behind its first answer is its last line, a problem.',
      parameters: [
        query('atomic', FLAG, 'All lines in one commit, or none.', 'true'),
        query('dryRun', FLAG, 'Decides all lines and records nothing.', 'true'),
      ],
      requestBody: {
        required: true,
        content: {
          'application/x-ndjson': {
            schema: text('A command a line.'),
            'x-line': ref('BatchLine'),
            example: `${JSON.stringify({ command: 'RecordPrice', data: EXAMPLES.RecordPrice })}\n`,
          },
        },
      },
      responses: {
        200: { description: 'An answer a line.', content: lines('An answer a line.', { anyOf: [ref('BatchAnswer'), ref('Problem')] }) },
        ...problems(400, 401, 403, 408, 413, 415, 422, 429, 500, 503),
      },
    },
  ],
];
