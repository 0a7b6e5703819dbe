/** The published JSON Schemas (2020-12) by name: what scripts write, from the same declarations that check it. */
import { SCENARIO_SCHEMA, SWEEP_SCHEMA } from './scenario-shapes';
import { type JsonSchema, schemaOfClass } from './shape-rules';
import { COMMAND_NAMES, isCommandName, schemaOf } from './shapes';
import { Mandate, Schedule, SlippageShape } from './term-shapes';

const TERMS: Readonly<Record<string, () => JsonSchema>> = {
  'fee-schedule': () => schemaOfClass(Schedule),
  'slippage-model': () => schemaOfClass(SlippageShape),
  mandate: () => schemaOfClass(Mandate),
  scenario: () => SCENARIO_SCHEMA,
  sweep: () => SWEEP_SCHEMA,
};

export const SCHEMA_NAMES: readonly string[] = [...Object.keys(TERMS), ...COMMAND_NAMES];

/** Undefined for a name that is none. */
export function namedSchema(name: string): JsonSchema | undefined {
  const schema = Object.hasOwn(TERMS, name) ? TERMS[name]!() : isCommandName(name) ? schemaOf(name) : undefined;
  return schema && { $schema: 'https://json-schema.org/draft/2020-12/schema', title: name, ...schema };
}
