/**
 * A command with what travels beside it: id, expected revision. Reading one `record` line, and the digest by which a repeated command id is recognised.
 */
import { hash, randomUUID } from 'node:crypto';
import type { Command } from '../domain/commands';
import { refuse, type Refusal } from '../domain/refusal';
import { isUuid } from '../store/uuid';
import { checkShape, isCommandName } from './shapes';

export interface Envelope {
  readonly command: Command;
  /** UUID, lower-case; made by the ledger when absent. */
  readonly commandId?: string;
  /** Of the stream before the command; -1: empty. */
  readonly expectedRevision?: number;
  /** Who sends it, where that is not the one for whom the ledger was opened. */
  readonly actor?: string;
  readonly correlationId?: string;
  readonly causationId?: string;
  /** The read model that it was made from: it is refused once that is not the ledger's any more, because other processes wrote. */
  readonly basis?: object;
}

/** With its id. `isNew`: it was made here, so that it cannot have come before. */
export interface Identified extends Envelope {
  readonly commandId: string;
  readonly isNew?: boolean;
}

export function withId(envelope: Envelope): Identified {
  const { commandId } = envelope;
  return commandId === undefined ? { ...envelope, commandId: randomUUID(), isNew: true } : { ...envelope, commandId };
}

const FIELDS = new Set(['command', 'data', 'commandId', 'expectedRevision']);

/** Reads one line of `record`. */
export function readLine(text: string): Envelope | Refusal {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (error) {
    return refuse('MalformedLine', `must be one JSON object: ${(error as Error).message}`, { value: text });
  }
  if (typeof line !== 'object' || line === null || Array.isArray(line))
    return refuse('MalformedLine', 'must be one JSON object', { value: line });
  const { command, data, commandId, expectedRevision } = line as Record<string, unknown>;
  const unknown = Object.keys(line).find((key) => !FIELDS.has(key));
  if (unknown !== undefined)
    return refuse('UnknownField', 'a line has command, data, commandId and expectedRevision only', {
      field: unknown,
      value: (line as Record<string, unknown>)[unknown],
    });
  return envelope(command, data, commandId, expectedRevision);
}

/** Checks the parts of an envelope, as text from outside. */
export function envelope(name: unknown, data: unknown, commandId?: unknown, expectedRevision?: unknown): Envelope | Refusal {
  if (!isCommandName(name)) return refuse('UnknownCommand', 'must be the name of a command', { field: 'command', value: name ?? null });
  if (commandId !== undefined && !(typeof commandId === 'string' && isUuid(commandId.toLowerCase()))) {
    return refuse('InvalidField', 'must be a UUID', { field: 'commandId', value: commandId });
  }
  if (expectedRevision !== undefined && !(typeof expectedRevision === 'string' && /^(-1|0|[1-9]\d{0,14})$/.test(expectedRevision))) {
    return refuse('InvalidField', 'must be a revision in a JSON string, "-1" for an empty stream', {
      field: 'expectedRevision',
      value: expectedRevision,
    });
  }
  const refusal = checkShape(name, data);
  if (refusal) return refusal;
  return {
    command: { name, data } as unknown as Command,
    ...(commandId === undefined ? {} : { commandId: commandId.toLowerCase() }),
    ...(expectedRevision === undefined ? {} : { expectedRevision: Number(expectedRevision) }),
  };
}

/** What a command says, as 32 hex characters: SHA-256 over its name and data with keys sorted. Strings count as they are: "1.0" is not "1.00". */
export function contentDigest(command: Command): string {
  return hash('sha256', canonicalJson({ command: command.name, data: command.data }), 'hex').slice(0, 32);
}

/** JSON with the keys of every object sorted. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let text = '';
  for (const key of Object.keys(value).sort()) {
    const part = (value as Record<string, unknown>)[key];
    if (part !== undefined) text += `${text && ','}${JSON.stringify(key)}:${canonicalJson(part)}`;
  }
  return `{${text}}`;
}
