/** Words to describe operations with: parameters, answers, and the problems that any route has. */
import type { JsonSchema } from '../../../libs/ledger/shape-rules';
import { text } from './schema';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description: string;
  readonly schema: JsonSchema;
  readonly example?: string | number | boolean;
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly [Tag];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: object;
  /** By status; problems by status alone. */
  readonly responses: Readonly<Record<string, object>>;
}

export const TAGS = {
  commands: 'Each records one fact, durable when answered. A command refused has recorded nothing.',
  questions: 'About a portfolio, at any effective time, as known at any recorded time.',
  catalogue: 'What there is.',
  log: 'The events themselves, and many commands at once.',
  operation: 'For whoever runs the server.',
} as const;
export type Tag = keyof typeof TAGS;

export function query(name: string, schema: JsonSchema, description: string, example: Parameter['example'], required = false): Parameter {
  return { name, in: 'query', required, description, schema, ...(example === undefined ? {} : { example }) };
}

export function header(name: string, schema: JsonSchema, description: string, example: string): Parameter {
  return { name, in: 'header', required: false, description, schema, example };
}

export function json(description: string, schema: JsonSchema, headers?: object): object {
  return { description, ...(headers ? { headers } : {}), content: { 'application/json': { schema } } };
}

/** `Problem400` and so on, of the document's components; `default` stands for what any request can meet before it reaches its route. */
export function problems(...statuses: readonly number[]): Record<string, object> {
  const known = statuses.map((status) => [String(status), { $ref: `#/components/responses/Problem${status}` }] as const);
  return { ...Object.fromEntries(known), default: { $ref: '#/components/responses/Problem' } };
}

export const PAGE: readonly Parameter[] = [
  query('limit', { type: 'integer', minimum: 1, maximum: 1000, default: 100 }, 'Most entries of the page.', 100),
  query('cursor', text(), '`next` of the page before.', undefined),
];

export const ASKED = [400, 401, 403, 422, 429, 500, 503] as const;
export const ASKED_ONE = [400, 401, 403, 404, 422, 429, 500, 503] as const;
