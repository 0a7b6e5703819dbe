/** What the API is measured against: a bare NestJS-Fastify application that validates the same bodies and parameters with class-validator and does nothing. */
'use strict';
require('reflect-metadata');
const { Body, Controller, Get, HttpCode, Module, Post, Query, ValidationPipe } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { FastifyAdapter } = require('@nestjs/platform-fastify');
const { Type } = require('class-transformer');
const { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString, Matches, MaxLength, MinLength, ValidateNested } = require('class-validator');

const ID = /^[A-Za-z0-9._-]{1,64}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const REASONS = ['scheduled', 'band', 'manual', 'creation', 'redemption'];

/** A class whose fields have the given decorators. */
function shape(fields) {
  const Shape = class {};
  for (const [name, decorators] of Object.entries(fields)) for (const decorate of decorators) decorate(Shape.prototype, name);
  return Shape;
}
const decimal = [IsString()];
const optional = [IsOptional(), IsString()];
const time = [IsString(), Matches(TIME)];
const Price = shape({ instrumentId: [Matches(ID)], price: decimal, at: time, source: [IsString(), MinLength(1), MaxLength(64)] });
const Fill = shape({
  fillId: [Matches(ID)],
  instrumentId: [Matches(ID)],
  side: [IsIn(['buy', 'sell'])],
  quantity: decimal,
  price: decimal,
  fee: optional,
  feeCurrency: optional,
});
const Rebalance = shape({
  rebalanceId: [Matches(ID)],
  reason: [IsIn(REASONS)],
  at: time,
  mark: optional,
  fills: [IsArray(), ArrayMaxSize(1000), ValidateNested({ each: true }), Type(() => Fill)],
});
const Moment = shape({ at: [IsOptional(), Matches(TIME)], knownAt: [IsOptional(), Matches(TIME)] });

class Bare {
  price() {
    return {};
  }
  rebalance() {
    return {};
  }
  nav() {
    return {};
  }
}
const decorated = (method, route, parameter, type) => {
  const own = Object.getOwnPropertyDescriptor(Bare.prototype, method);
  route(Bare.prototype, method, own);
  HttpCode(route === nav ? 200 : 201)(Bare.prototype, method, own);
  parameter()(Bare.prototype, method, 0);
  Reflect.defineMetadata('design:paramtypes', [type], Bare.prototype, method);
};
const nav = Get('portfolios/:id/nav');
decorated('price', Post('prices'), Body, Price);
decorated('rebalance', Post('portfolios/:id/rebalances'), Body, Rebalance);
decorated('nav', nav, Query, Moment);
Controller('v1')(Bare);
class BareModule {}
Module({ controllers: [Bare] })(BareModule);

(async () => {
  const app = await NestFactory.create(BareModule, new FastifyAdapter(), { logger: false });
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true }));
  await app.listen(0, '127.0.0.1');
  process.stdout.write(`${await app.getUrl()}\n`);
})();
