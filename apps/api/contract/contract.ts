/** The contract of a running application, and the files of the page that shows it: made when first asked for, once. */
import { dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import { Injectable } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Route } from './document';

@Injectable()
export class Contract {
  private readonly routes: Route[] = [];
  private app: NestFastifyApplication | undefined;
  private made: string | undefined;

  /** Before the application takes its routes. */
  follow(app: NestFastifyApplication): void {
    this.app = app;
    const fastify = app.getHttpAdapter().getInstance();
    fastify.addHook('onRoute', ({ method, url, config }) => {
      const path = url.replaceAll(/:(\w+)/g, '{$1}');
      for (const one of [method].flat()) this.routes.push({ route: `${one} ${path}`, scope: config?.scope });
    });
    void fastify.register(fastifyStatic, { root: dirname(require.resolve('swagger-ui-dist/package.json')), serve: false });
  }

  get json(): string {
    const { documentOf } = require('./document') as typeof import('./document');
    return (this.made ??= `${JSON.stringify(documentOf(this.app!, this.routes), null, 2)}\n`);
  }
}
