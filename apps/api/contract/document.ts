/**
 * The OpenAPI 3.1 document: routes as the built application has them, the scope that each really asks for, and what operations.ts says of each. A route without words, or
 * words without a route, shows in the document and fails its test. Loaded when first asked for, so that a start does not wait for it.
 */
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { INestApplication } from '@nestjs/common';
import { COMMAND_NAMES, schemaOf } from '../../../libs/ledger/shapes';
import type { JsonSchema } from '../../../libs/ledger/shape-rules';
import { type Scope, SCOPE_MEANINGS, SCOPES } from '../access/scopes';
import { COMMAND_ROUTES } from '../routes/command-routes';
import { QUESTION_ANSWERS } from './answers';
import { ALL_PROBLEMS, LOG_ANSWERS } from './log-answers';
import { OPERATIONS, PAGES, PATH_PARTS } from './operations';
import { count, ref, text } from './schema';
import { WHAT_IF_ANSWERS } from './what-if-operations';
import { TAGS } from './words';

/** A route as the server has it: `GET /v1/portfolios/{id}`. */
export interface Route {
  readonly route: string;
  readonly scope: Scope | 'public' | undefined;
}

const ABOUT = `The ledger's commands and questions. Decimals are JSON strings, times are RFC 3339 in UTC; ratios carry 18 decimals, amounts their currency's scale.

Scopes of a bearer token, where the server asks for one:
${SCOPES.map((scope) => `- \`${scope}\`: ${SCOPE_MEANINGS[scope]}`).join('\n')}`;

export function documentOf(app: INestApplication, routes: readonly Route[]): object {
  const about = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Navledger')
    .setDescription(ABOUT)
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addSecurity('bearer', {
      type: 'http',
      scheme: 'bearer',
      description: 'Not asked for by a server that has no tokens, and serves its own machine only.',
    })
    .build();
  const { paths, components, ...document } = SwaggerModule.createDocument(app, about);
  const scopes = new Map(routes.map(({ route, scope }) => [route, scope]));
  const described: Record<string, Record<string, object>> = {};
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, found] of Object.entries(methods)) {
      const route = `${method.toUpperCase()} ${path}`;
      if (!PAGES.has(route)) (described[path] ??= {})[method] = operationOf(route, path, found as object, scopes.get(route));
    }
  }
  return {
    ...document,
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: described,
    components: {
      ...components,
      responses: responses(),
      schemas: { ...commandSchemas(), ...QUESTION_ANSWERS, ...WHAT_IF_ANSWERS, ...LOG_ANSWERS },
    },
  };
}

function operationOf(route: string, path: string, found: object, scope: Route['scope']): object {
  const { parameters = [], ...words } = OPERATIONS.get(route) ?? (found as { readonly parameters?: readonly object[] });
  const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => PATH_PARTS[name!]!(path));
  return { ...words, parameters: [...parts, ...parameters], security: scope === 'public' ? [] : [{ bearer: [scope] }] };
}

/** As their route takes them: a portfolio that the path names may be left out of the body. */
function commandSchemas(): Record<string, JsonSchema> {
  return Object.fromEntries(
    COMMAND_NAMES.map((name) => {
      const schema = schemaOf(name);
      if (!COMMAND_ROUTES[name].includes(':id')) return [name, schema];
      return [name, { ...schema, required: (schema.required as string[]).filter((field) => field !== 'portfolioId') }];
    }),
  );
}

const CHALLENGE = { 'WWW-Authenticate': { description: 'What a token lacks.', schema: text() } };
const HEADERS: Readonly<Record<number, object>> = {
  401: CHALLENGE,
  403: CHALLENGE,
  429: { 'Retry-After': { description: 'Seconds to wait.', schema: count() } },
};

/** One for each status that a problem can have, with its codes, and one for any. */
function responses(): Record<string, object> {
  const content = { 'application/problem+json': { schema: ref('Problem') } };
  const statuses = [...new Set(Object.values(ALL_PROBLEMS).map(([status]) => status))].concat(412).sort((a, b) => a - b);
  const told = statuses.map((status): [string, object] => {
    const codes = Object.entries(ALL_PROBLEMS).filter(([, problem]) => problem[0] === status);
    const lines = codes.map(([code, [, title]]) => `- \`${code}\`: ${title}`);
    const description = lines.join('\n') || '- `WrongRevision`: The stream is not at the revision of `If-Match`.';
    return [`Problem${status}`, { description, ...(HEADERS[status] ? { headers: HEADERS[status] } : {}), content }];
  });
  return {
    ...Object.fromEntries<object>(told),
    Problem: { description: 'Any other problem: a request that did not reach its route.', content },
  };
}
