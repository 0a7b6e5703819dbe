/** Words to write JSON Schemas (2020-12) of answers with. An object lists exactly the fields of its type, which the compiler checks, and allows no others. */
import {
  CURRENCY_SCHEMA,
  DECIMAL_SCHEMA,
  EVENT_ID_SCHEMA,
  ID_SCHEMA,
  type JsonSchema,
  SCALE_SCHEMA,
  TIME_SCHEMA,
} from '../../../libs/ledger/shape-rules';

class Optional {
  constructor(readonly schema: JsonSchema) {}
}

type Fields<T> = { readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? Optional : JsonSchema };

export function object<T>(fields: Fields<T>, says?: string): JsonSchema {
  const entries = Object.entries<JsonSchema | Optional>(fields);
  return {
    type: 'object',
    ...described(says),
    additionalProperties: false,
    required: entries.filter(([, field]) => !(field instanceof Optional)).map(([name]) => name),
    properties: Object.fromEntries(entries.map(([name, field]) => [name, field instanceof Optional ? field.schema : field])),
  };
}

export function optional(schema: JsonSchema): Optional {
  return new Optional(schema);
}

/** Also null, which `says` when. */
export function nullable({ type, ...schema }: JsonSchema, says: string): JsonSchema {
  return { ...schema, type: [type, 'null'], ...described(says) };
}

export function list(items: JsonSchema, says?: string): JsonSchema {
  return { type: 'array', items, ...described(says) };
}

/** Keys of a form, values of a schema. */
export function mapOf(values: JsonSchema, keys: JsonSchema, says?: string): JsonSchema {
  return { type: 'object', propertyNames: keys, additionalProperties: values, ...described(says) };
}

export function ref(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

export function oneOf(values: readonly string[], says?: string): JsonSchema {
  return { type: 'string', enum: values, ...described(says) };
}

/** However long. */
export const decimal = plain({ type: 'string', pattern: DECIMAL_SCHEMA.pattern });
export const time = plain(TIME_SCHEMA);
export const id = plain(ID_SCHEMA);
export const currency = plain(CURRENCY_SCHEMA);
export const scale = plain(SCALE_SCHEMA);
export const eventId = plain(EVENT_ID_SCHEMA);
export const text = plain({ type: 'string' });
export const integer = plain({ type: 'integer' });
export const ratio = plain({ type: 'string', pattern: '^-?(0|[1-9]\\d*)\\.\\d{18}$' });
/** A revision or a log position. */
export const count = plain({ type: 'string', pattern: '^(0|[1-9]\\d*)$' });

function plain(schema: JsonSchema): (says?: string) => JsonSchema {
  return (says) => ({ ...schema, ...described(says) });
}

function described(says: string | undefined): JsonSchema {
  return says === undefined ? {} : { description: says };
}
