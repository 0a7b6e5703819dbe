/** The reference pages list what the code has, and nothing else: refusal codes, commands and events with their fields. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { SCOPE_MEANINGS } from '../../apps/api/access/scopes';
import { HTTP_PROBLEMS } from '../../apps/api/problems';
import { REFUSAL_CODES } from '../../libs/domain/refusal';
import { PROBLEMS } from '../../libs/ledger/problem';
import type { Json } from '../support/cli';
import { PROJECT } from './pages';

const read = (path: string) => readFileSync(join(PROJECT, path), 'utf8');

/** The section of a page under a heading, to the next one of its level. */
function section(page: string, heading: string): string {
  return read(page)
    .split(/^(?=## )/m)
    .find((part) => part.startsWith(`## ${heading}\n`))!;
}

// To renew the page, copy the rows that are expected here.
test.each([
  ['Refusals', Object.keys(REFUSAL_CODES).map((code) => [code, ...PROBLEMS[code]!])],
  ['Problems of HTTP', Object.entries(HTTP_PROBLEMS).map(([code, told]) => [code, ...told])],
])('docs/reference/errors.md, %s: one row for each code, with its status and its sentence', (heading, expected) => {
  const rows = [...section('docs/reference/errors.md', heading).matchAll(/^\| `([A-Z]\w+)` +\| (\d+) +\| (.*?) +\|$/gm)];
  expect(rows.map(([, code, status, text]) => [code, Number(status), text])).toEqual(expected);
  expect(expected.length).toBeGreaterThan(10);
});

test('docs/reference/http-api.md has one row for each operation of the contract, with its scope', () => {
  const contract = JSON.parse(read('apps/api/contract/openapi.json'));
  const expected = Object.entries<Json>(contract.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, { operationId, summary, security }]) => [
      `${method.toUpperCase()} ${path}`,
      operationId,
      security[0]?.bearer[0] ?? 'public',
      summary,
    ]),
  );
  const rows = [...read('docs/reference/http-api.md').matchAll(/^\| `([A-Z]+ \/\S*)` +\| `(\w+)` +\| (\w+) +\| (.*?) +\|$/gm)];
  expect(rows.map(([, ...cells]) => cells).sort()).toEqual(expected.sort());
});

test('docs/reference/http-api.md says what each scope is for', () => {
  const rows = [...read('docs/reference/http-api.md').matchAll(/^\| `(\w+)` +\| (.*?) +\|$/gm)];
  expect(Object.fromEntries(rows.map(([, scope, meaning]) => [scope, meaning]))).toEqual(SCOPE_MEANINGS);
});

test('docs/reference/errors.md has one row for each fault of a store', () => {
  const union = /export type StoreFault =\n([^]*?);\n/.exec(read('libs/store/port.ts'))![1]!;
  const faults = [...union.matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, fault]) => fault);
  const rows = [...read('docs/reference/errors.md').matchAll(/^\| `([a-z-]+)` +\| (\d+) /gm)].map(([, fault, status]) => [
    fault,
    Number(status),
  ]);
  expect(rows).toEqual(faults.map((fault) => [fault, PROBLEMS[storeCode(fault!)]?.[0] ?? 409]));
  expect(faults.length).toBeGreaterThan(10);
});

function storeCode(fault: string): string {
  return `Store${fault.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}`;
}

describe('docs/reference/events.md', () => {
  const page = read('docs/reference/events.md');
  const sections = new Map(
    page
      .split(/^(?=## |### )/m)
      .map((section) => [/^### `(\w+)`$/m.exec(section)?.[1], section] as const)
      .filter((entry): entry is readonly [string, string] => entry[0] !== undefined),
  );
  const events = eventTypes();

  test('has a section for each event type, and none besides', () => {
    expect([...sections.keys()].sort()).toEqual([...events.keys()].sort());
    expect(events.size).toBeGreaterThan(10);
  });

  test.each([...events])('%s: every field has its row, and there is no other', (type, fields) => {
    const rows = [...(sections.get(type) ?? '').matchAll(/^\| `(\w+)`\?? /gm)].map(([, field]) => field);
    expect(rows.sort()).toEqual([...fields.keys()].sort());
  });

  test.each([...events])('%s: optional fields, and only they, carry a question mark', (type, fields) => {
    const optional = [...(sections.get(type) ?? '').matchAll(/^\| `(\w+)`\? /gm)].map(([, field]) => field);
    expect(optional.sort()).toEqual(
      [...fields]
        .filter(([, isOptional]) => isOptional)
        .map(([name]) => name)
        .sort(),
    );
  });

  test('names every field of the objects inside', () => {
    expect([...nestedFields()].filter((field) => !page.includes(`\`${field}\``))).toEqual([]);
  });
});

test('docs/reference/commands.md has one row for each command, with its fields, those that may be left out in brackets', () => {
  const rows = [...read('docs/reference/commands.md').matchAll(/^\| `([A-Z]\w+)` +\| (.*?) +\|/gm)].map(([, name, cell]) => [
    name,
    [...cell!.matchAll(/(\[?)`(\w+)`/g)].map(([, bracket, field]) => `${field}${bracket ? '?' : ''}`).sort(),
  ]);
  const program = programOf(['libs/domain/commands.ts']);
  const checker = program.getTypeChecker();
  const commands = exported(program, 'libs/domain/commands.ts', 'Commands');
  const expected = commands.getProperties().map((command) => [
    command.name,
    checker
      .getTypeOfSymbol(command)
      .getProperties()
      .map((field) => `${field.name}${(field.flags & ts.SymbolFlags.Optional) !== 0 ? '?' : ''}`)
      .sort(),
  ]);
  expect(new Map(rows as [string, string[]][])).toEqual(new Map(expected as [string, string[]][]));
  expect(rows).toHaveLength(expected.length);
});

function programOf(files: readonly string[]): ts.Program {
  return ts.createProgram(
    files.map((file) => join(PROJECT, file)),
    {
      strict: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: [],
    },
  );
}

function exported(program: ts.Program, file: string, name: string): ts.Type {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(join(PROJECT, file))!;
  const found = checker.getExportsOfModule(checker.getSymbolAtLocation(source)!).find((symbol) => symbol.name === name)!;
  return checker.getDeclaredTypeOfSymbol(found);
}

function unions(): { checker: ts.TypeChecker; members: ts.Type[] } {
  const files = { 'libs/domain/price-events.ts': 'PriceEvent', 'libs/domain/portfolio-events.ts': 'PortfolioEvent' };
  const program = programOf(Object.keys(files));
  const members = Object.entries(files).flatMap(([file, name]) => {
    const type = exported(program, file, name);
    return type.isUnion() ? type.types : [type];
  });
  return { checker: program.getTypeChecker(), members };
}

function property(checker: ts.TypeChecker, type: ts.Type, name: string): ts.Type {
  return checker.getTypeOfSymbol(type.getProperty(name)!);
}

/** Event type → its data's fields, and whether each is optional. */
function eventTypes(): Map<string, Map<string, boolean>> {
  const { checker, members } = unions();
  return new Map(
    members.map((member) => {
      const type = (property(checker, member, 'type') as ts.StringLiteralType).value;
      const fields = property(checker, member, 'data').getProperties();
      return [type, new Map(fields.map((field) => [field.name, (field.flags & ts.SymbolFlags.Optional) !== 0]))];
    }),
  );
}

/** Names of the fields of objects and lists of objects inside the data. */
function nestedFields(): Set<string> {
  const { checker, members } = unions();
  const names = new Set<string>();
  const seen = new Set<ts.Type>();
  const visit = (type: ts.Type): void => {
    for (const part of type.isUnion() ? type.types : [type]) {
      const inner = checker.isArrayType(part) ? checker.getTypeArguments(part as ts.TypeReference)[0]! : part;
      const own = inner.symbol?.declarations?.some((node) => node.getSourceFile().fileName.includes('/libs/domain/')) ?? false;
      if (!own || seen.has(inner) || members.includes(inner)) continue;
      seen.add(inner);
      for (const field of inner.getProperties()) {
        names.add(field.name);
        visit(checker.getTypeOfSymbol(field));
      }
    }
  };
  for (const member of members) visit(property(checker, member, 'data'));
  return names;
}
