/** The contract, and a page that shows it: Swagger UI with files of this server only. */
import { Controller, Get, Param, Redirect, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access } from '../access/scopes';
import { HttpProblem } from '../problems';
import { sendText } from '../replies';
import { Contract } from './contract';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Navledger API</title>
    <link rel="icon" href="/docs/favicon-32x32.png" />
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#ui', deepLinking: true, validatorUrl: null, docExpansion: 'list', filter: true });
`;
/** Swagger UI writes styles of its own into the page, and shows images that stand in them. */
const POLICY = [
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'",
  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
].join('; ');
const FILES: ReadonlySet<string> = new Set(['favicon-32x32.png', 'swagger-ui.css', 'swagger-ui-bundle.js']);

@Controller()
export class DocsController {
  constructor(private readonly contract: Contract) {}

  @Get()
  @Redirect('/docs', 302)
  @Access('public')
  root(): void {}

  @Get('openapi.json')
  @Access('public')
  document(@Res() reply: FastifyReply): void {
    sendText(reply, 200, this.contract.json);
  }

  @Get('docs')
  @Access('public')
  page(@Res() reply: FastifyReply): void {
    void reply.header('content-type', 'text/html; charset=utf-8').header('content-security-policy', POLICY).send(PAGE);
  }

  @Get('docs/:file')
  @Access('public')
  file(@Param('file') file: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    if (file === 'start.js') void reply.header('content-type', 'text/javascript; charset=utf-8').send(START);
    else if (FILES.has(file)) void reply.sendFile(file);
    else throw new HttpProblem('NotFound', `there is no GET ${request.url}`);
  }
}
