/**
 * The settings of the server, in one table: each can be given as a flag, in the environment and in a JSON file, in this order of precedence, or is left at its default.
 * Invariant: what is given is of its form, whatever the place, or refused with the place, the value and the rule. Deliberately absent: whether settings fit the machine
 * (files that can be read, addresses that may be listened on), which the server checks.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { parseDuration } from '../../libs/domain/instant';
import { bad } from '../../libs/ledger/arguments';

/** How a setting is written. */
interface Form<T> {
  /** What stands behind the flag. */
  readonly argument: string;
  /** What it must be. */
  readonly rule: string;
  /** Undefined for a text that is not of this form. */
  parse(text: string): T | undefined;
}

export interface Setting<T = unknown> extends Form<T> {
  /** As it would be given; without one the setting may be left out. */
  readonly otherwise?: string;
  /** One sentence. */
  readonly says: string;
}

/** Milliseconds, from a duration of so many seconds to a day. */
const spanFrom = (seconds: number): Form<number> => ({
  argument: '<duration>',
  rule: `must be a duration from ${seconds}s to 1d`,
  parse: (text) => {
    const millis = Number((parseDuration(text) ?? 0n) / 1_000_000n);
    return millis >= seconds * 1000 && millis <= 86_400_000 ? millis : undefined;
  },
});
const SPAN = spanFrom(1);

const FILE: Form<string> = { argument: '<file>', rule: 'must be a path', parse: filled };
const URL_FORM: Form<string> = {
  argument: '<url>',
  rule: 'must be a URL with https: or http:',
  parse: (text) => (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? text : undefined),
};
const TEXT: Form<string> = { argument: '<text>', rule: 'must not be empty', parse: filled };

export const SETTINGS = {
  host: setting<string>(
    {
      argument: '<address>',
      rule: 'must be an IP address or the name of this machine',
      parse: (text) => (isIP(text) !== 0 || /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text) ? text : undefined),
    },
    'The address to listen on. Others than those of the machine itself need tokens.',
    '127.0.0.1',
  ),
  port: setting(count(0, 65_535), 'The port to listen on; 0 for any that is free.', '8080'),
  tlsCert: setting(FILE, 'A certificate chain in PEM: HTTPS instead of HTTP, together with its key.'),
  tlsKey: setting(FILE, 'The private key of the certificate, in PEM.'),
  tokensFile: setting(
    FILE,
    'The tokens that `navledger token` makes. Without it: tokens.json in the folder of the store, or of --replica for a ledger on a server.',
  ),
  jwtIssuer: setting(URL_FORM, 'Who issues the JSON Web Tokens that are accepted, together with their audience.'),
  jwtAudience: setting(TEXT, 'Whom such a token must be for.'),
  jwtJwks: setting(TEXT, 'A URL or a file of the keys of the issuer. Without it: /.well-known/jwks.json there.'),
  trustedProxies: setting<readonly string[]>(
    {
      argument: '<list>',
      rule: 'must be IP addresses or ranges such as 10.0.0.0/8, with commas between',
      parse: (text) => {
        const parts = text === '' ? [] : text.split(',').map((part) => part.trim());
        return parts.every(isRange) ? parts : undefined;
      },
    },
    'Proxies that are believed when X-Forwarded-For says whom they speak for.',
    '',
  ),
  bodyLimit: setting(count(1024, 64 << 20), 'Bytes of a JSON body, and of a batch that is recorded as one, at most.', '1048576'),
  requestsPerMinute: setting(
    count(0, 1_000_000_000),
    'Requests a minute of one caller at most, once there are tokens; 0 for any number.',
    '6000',
  ),
  maxConnections: setting(count(1, 1_000_000), 'Connections at a time at most; further ones are closed at once.', '4096'),
  arrivalTime: setting(SPAN, 'How long headers, then a JSON body, may take to arrive, and how long a batch may pause.', '10s'),
  questionTime: setting(SPAN, 'How long the answer to a history may take, the sending included.', '30s'),
  // Longer than an event stream is silent.
  standstill: setting(
    spanFrom(30),
    'How long a connection with a request under way may stand still, its client taking nothing, before it is ended.',
    '2m',
  ),
  keepAlive: setting(SPAN, 'How long a connection may wait for its next request.', '75s'),
  grace: setting(SPAN, 'How long a stop waits for requests under way.', '10s'),
  logLevel: setting<LogLevel>(
    {
      argument: '<level>',
      rule: 'must be one of debug, info, warn, error, silent',
      parse: (text) => LOG_LEVELS.find((level) => level === text),
    },
    'The least that is logged: every request, commands and problems and slow requests, what is unusual, failures of the server, or nothing.',
    'info',
  ),
} as const satisfies Record<string, Setting>;

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

type Name = keyof typeof SETTINGS;
type Value<S> = S extends Setting<infer T> ? T : never;
/** Whatever may be left out and was is undefined. Times are milliseconds. */
export type Settings = {
  readonly [N in Name]: Value<(typeof SETTINGS)[N]> | ((typeof SETTINGS)[N] extends { readonly otherwise: string } ? never : undefined);
};

const NAMES = Object.keys(SETTINGS) as Name[];
/** Settings, each with those that it means something with only. */
const NEEDS: readonly (readonly [Name, Name])[] = [
  ['tlsCert', 'tlsKey'],
  ['tlsKey', 'tlsCert'],
  ['jwtIssuer', 'jwtAudience'],
  ['jwtAudience', 'jwtIssuer'],
  ['jwtJwks', 'jwtIssuer'],
];

/** `--tokens-file` of tokensFile. */
export function flagOf(name: string): string {
  return `--${words(name).join('-').toLowerCase()}`;
}

/** `NAVLEDGER_TOKENS_FILE` of tokensFile. */
export function variableOf(name: string): string {
  return `NAVLEDGER_${words(name).join('_').toUpperCase()}`;
}

/** Settings, and where each was given, so that whoever checks it against the machine can name the place. */
export interface Configuration {
  readonly settings: Settings;
  readonly place: (name: Name) => string;
}

/** Where a value comes from, as a refusal names it, and its text. */
interface Given {
  readonly place: string;
  readonly text: string;
}

/** Reads all settings: `flags` by name, the environment, and the file that `config` or the environment names. Throws RefusalError. */
export function readSettings(
  flags: Readonly<Record<string, string | undefined>> = {},
  environment: Readonly<Record<string, string | undefined>> = {},
): Configuration {
  const file = flags['config'] ?? environment[variableOf('config')];
  const configured = file === undefined ? new Map<Name, Given>() : readConfig(file);
  const given = new Map<Name, Given>();
  for (const name of NAMES) {
    const flag = flags[name];
    const variable = environment[variableOf(name)];
    const found =
      flag !== undefined
        ? { place: flagOf(name), text: flag }
        : variable !== undefined
          ? { place: variableOf(name), text: variable }
          : configured.get(name);
    if (found) given.set(name, found);
  }
  for (const [name, needed] of NEEDS) {
    const { place, text } = given.get(name) ?? {};
    if (place !== undefined && !given.has(needed)) throw bad(place, text, `must be given together with ${needed}`);
  }
  const settings = Object.fromEntries(NAMES.map((name) => [name, valueOf(name, given.get(name))])) as unknown as Settings;
  return { settings, place: (name) => given.get(name)?.place ?? flagOf(name) };
}

function valueOf(name: Name, given: Given | undefined): unknown {
  const { otherwise, parse, rule }: Setting = SETTINGS[name];
  const text = given?.text ?? otherwise;
  if (text === undefined) return undefined;
  const value = parse(text);
  if (value === undefined) throw bad(given?.place ?? flagOf(name), text, rule);
  return value;
}

/** A file's settings: an object whose values are text, whole numbers, or lists of text. */
function readConfig(file: string): Map<Name, Given> {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw bad(flagOf('config'), file, `must be a file of JSON that can be read: ${(error as Error).message.replaceAll(/\s+/g, ' ')}`);
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw bad(file, document, 'must hold one JSON object');
  const found = new Map<Name, Given>();
  for (const [key, value] of Object.entries(document)) {
    const place = `${file} ${key}`;
    const name = NAMES.find((known) => known === key);
    if (!name) throw bad(place, value, `there is no such setting; there are ${NAMES.join(', ')}`);
    const text: unknown = Array.isArray(value) && value.every((item) => typeof item === 'string') ? value.join(',') : value;
    if (typeof text !== 'string' && !Number.isSafeInteger(text)) throw bad(place, value, SETTINGS[name].rule);
    found.set(name, { place, text: String(text) });
  }
  return found;
}

function setting<T>(form: Form<T>, says: string, otherwise: string): Setting<T> & { readonly otherwise: string };
function setting<T>(form: Form<T>, says: string): Setting<T>;
function setting<T>(form: Form<T>, says: string, otherwise?: string): Setting<T> {
  return { ...form, says, ...(otherwise === undefined ? {} : { otherwise }) };
}

function count(least: number, most: number): Form<number> {
  return {
    argument: '<n>',
    rule: `must be a whole number from ${least} to ${most}`,
    parse: (text) => {
      const value = /^(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : -1;
      return value >= least && value <= most ? value : undefined;
    },
  };
}

function isRange(text: string): boolean {
  const [, address, bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address ?? '');
  return family !== 0 && (bits === undefined || Number(bits) <= (family === 4 ? 32 : 128));
}

function filled(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function words(name: string): string[] {
  return name.split(/(?=[A-Z])/);
}
