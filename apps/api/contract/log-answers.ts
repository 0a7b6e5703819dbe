/** The schemas of what commands and the log are answered, by name, and of what goes wrong. Each is written against the type of its answer, as in answers.ts. */
import { EVENT_TYPES, type Provenance } from '../../../libs/ledger/event-codec';
import type { Answer } from '../../../libs/ledger/outcomes';
import { type Problem, type ProblemField, PROBLEMS } from '../../../libs/ledger/problem';
import type { LineAnswer } from '../../../libs/ledger/record-lines';
import type { JsonSchema } from '../../../libs/ledger/shape-rules';
import { COMMAND_NAMES } from '../../../libs/ledger/shapes';
import { HTTP_PROBLEMS } from '../problems';
import { next } from './answers';
import { count, eventId, integer, list, mapOf, nullable, object, oneOf, optional, ref, text, time } from './schema';

/** Every code that a problem may have over HTTP: status, and what it says. */
export const ALL_PROBLEMS: Readonly<Record<string, readonly [status: number, title: string]>> = { ...HTTP_PROBLEMS, ...PROBLEMS };

/** Of an exported event. */
interface Metadata extends Provenance {
  readonly schemaVersion: number;
  readonly commandId: string;
  readonly commandIndex: number;
  readonly digest: string;
  readonly recordedAt: string;
  readonly hash: string;
  readonly at?: string;
}

/** Of a batch. */
interface Line {
  readonly command: string;
  readonly data: object;
  readonly commandId?: string;
  readonly expectedRevision?: string;
}

const uuid: JsonSchema = { type: 'string', format: 'uuid' };
const Recorded = {
  commandId: uuid,
  stream: text('Lower-case.'),
  revision: count('Of the last event written.'),
  position: nullable(count(), 'Of the last event written; null where a server keeps the log and did not say it in time.'),
  eventIds: list(eventId()),
  recordedAt: time('Nanosecond digits; can be used as `knownAt`.'),
};
const orNull = (schema: JsonSchema): JsonSchema => nullable(schema, 'Null where a refused line has none.');

const Event = object<Record<'position' | 'stream' | 'revision' | 'type' | 'eventId' | 'data' | 'metadata', unknown>>(
  {
    position: count('In the log.'),
    stream: text('Lower-case.'),
    revision: count('In its stream.'),
    type: oneOf(EVENT_TYPES),
    eventId: eventId(),
    data: { type: 'object', description: 'The fact, byte for byte as it is kept.' },
    metadata: object<Metadata>({
      actor: text('Who recorded it.'),
      schemaVersion: integer('Of the data.'),
      correlationId: optional(text()),
      causationId: optional(text()),
      commandId: uuid,
      commandIndex: integer("Of the command's events, from 0."),
      digest: text('Of what the command said.'),
      recordedAt: time('Nanosecond digits; can be used as `knownAt`.'),
      hash: text('Of the chain, up to this event.'),
      at: optional(time('When a listing counts from.')),
    }),
  },
  'An event as it is exported.',
);

export const LOG_ANSWERS: Readonly<Record<string, JsonSchema>> = {
  Recorded: object<Answer>({
    status: oneOf(['recorded', 'duplicate'], '`duplicate`: sent before; this is the first answer again.'),
    ...Recorded,
  }),
  BatchLine: object<Line>({
    command: oneOf(COMMAND_NAMES),
    data: { type: 'object', description: "The command's data, with its `portfolioId`." },
    commandId: optional(uuid),
    expectedRevision: optional({ type: 'string', pattern: '^(-1|0|[1-9]\\d{0,14})$' }),
  }),
  BatchAnswer: object<LineAnswer>({
    line: integer('From 1.'),
    status: oneOf(['recorded', 'duplicate', 'refused', 'accepted'], '`accepted` answers a dry run.'),
    commandId: orNull(uuid),
    stream: orNull(text()),
    revision: orNull(count()),
    position: nullable(count(), 'Null where a refused line has none, or a server did not say it in time.'),
    eventIds: list(eventId()),
    recordedAt: orNull(time()),
    problem: optional(ref('Problem')),
  }),
  Event,
  EventList: object<{ events: unknown; next: unknown }>({ events: list(ref('Event')), next }),
  Problem: object<Problem>(
    {
      type: text('`urn:navledger:problem:` and the code.'),
      title: text('What the code says.'),
      status: integer(),
      code: oneOf(Object.keys(ALL_PROBLEMS)),
      detail: text('One line: code, field, value and rule.'),
      errors: optional(
        list(
          object<ProblemField>({
            pointer: nullable(text(), 'JSON pointer into the data; null when the field is not in there.'),
            parameter: optional(text('The parameter or header that the field is instead.')),
            value: { description: 'As given; null when it is missing or has none.' },
            rule: text('What must hold.'),
          }),
        ),
      ),
      context: optional(mapOf(text(), text(), 'Further numbers, ids and times.')),
    },
    'What went wrong (RFC 9457).',
  ),
};
