/** A fetch that holds every answer against the contract: its status, its type, and its body, field by field, unknown ones included. */
import addFormats from 'ajv-formats';
import Ajv2020 from 'ajv/dist/2020';
type Json = ReturnType<typeof JSON.parse>;

export interface Checked {
  readonly fetch: typeof fetch;
  /** `getNav 200` and so on, as often as answered. */
  readonly seen: string[];
  /** Throws for a value that is not of the schema of that name. */
  readonly holds: (name: string, value: unknown) => void;
}

/** Throws instead of answering when an answer is not as the document says. */
export function checkedFetch(document: Json): Checked {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  addFormats(ajv);
  const { paths, components } = JSON.parse(JSON.stringify(document).replaceAll('#/components/schemas/', 'contract:'));
  for (const [name, schema] of Object.entries<Json>(components.schemas)) ajv.addSchema(schema, `contract:${name}`);
  const seen: string[] = [];
  const checked: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const { operationId, responses } = operationOf(paths, request);
    const answer = await fetch(request);
    const told = `${operationId} ${answer.status}`;
    seen.push(told);
    const { $ref } = responses[answer.status] ?? {};
    const described = $ref ? components.responses[$ref.split('/').at(-1)] : responses[answer.status];
    if (!described) throw new Error(`${told} is not documented: ${await answer.text()}`);
    const type = answer.headers.get('content-type')?.split(';')[0];
    if (type === undefined && !described.content) return answer;
    const { schema, 'x-line': line } = described.content?.[type!] ?? {};
    if (!schema) throw new Error(`${told} is not documented as ${type}`);
    const holds = (it: Json, value: Json): void => {
      if (!ajv.validate(it, value)) throw new Error(`${told}: ${ajv.errorsText()}`);
    };
    if (/ndjson/.test(type!)) for (const one of lines(await answer.clone().text())) holds(line, one);
    else if (type!.endsWith('json')) holds(schema, await answer.clone().json());
    return answer;
  };
  const holds = (name: string, value: unknown): void => {
    if (!ajv.validate(`contract:${name}`, value)) throw new Error(`${name}: ${ajv.errorsText()}`);
  };
  return { fetch: checked, seen, holds };
}

function lines(text: string): Json[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function operationOf(paths: Json, { url, method }: Request): Json {
  const { pathname } = new URL(url);
  const [path = ''] = Object.keys(paths)
    .filter((template) => new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname))
    .sort((a, b) => a.split('{').length - b.split('{').length);
  const operation = paths[path]?.[method.toLowerCase()];
  if (!operation) throw new Error(`${method} ${pathname} is not in the contract`);
  return operation;
}
