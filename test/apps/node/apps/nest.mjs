// A Nest 11 app on its Express platform: what tsc makes of the decorators, written by hand.

import 'reflect-metadata';
import {
  BadRequestException,
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Injectable,
  Module,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Query,
  Redirect,
  Req,
  Res,
  Sse,
  StreamableFile,
  UploadedFile,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FileInterceptor } from '@nestjs/platform-express';
import { map, of } from 'rxjs';

/** Decorates a method and its parameters: what `@Get() find(@Param('id') id)` becomes. */
function method(target, name, decorators, ...parameters) {
  parameters.forEach((decorate, index) => {
    decorate(target.prototype, name, index);
  });
  const descriptor = Object.getOwnPropertyDescriptor(target.prototype, name);
  for (const decorate of decorators.toReversed()) decorate(target.prototype, name, descriptor);
  Object.defineProperty(target.prototype, name, descriptor);
}

class CatsService {
  #cats = [{ id: 1, name: 'Tom' }];
  all() {
    return this.#cats;
  }
  one(id) {
    const cat = this.#cats.find((one) => one.id === id);
    if (!cat) throw new NotFoundException(`no cat ${id}`);
    return cat;
  }
}
Injectable()(CatsService);

class UpperInterceptor {
  intercept(_context, next) {
    return next.handle().pipe(map((value) => ({ intercepted: value })));
  }
}
Injectable()(UpperInterceptor);

class CatsController {
  constructor(cats) {
    this.cats = cats;
  }
  all(limit) {
    return { cats: this.cats.all(), limit: limit ?? null };
  }
  async add(body) {
    if (typeof body.name !== 'string') throw new BadRequestException(['name must be a string']);
    return { id: 2, ...body };
  }
  remove() {}
  text() {
    return 'text';
  }
  moved() {}
  file() {
    return new StreamableFile(Buffer.from('streamed'), {
      type: 'text/plain',
      disposition: 'attachment; filename="a.txt"',
    });
  }
  events() {
    return of({ data: { n: 1 } }, { data: 'two', id: '2', type: 'named' });
  }
  raw(req, res) {
    res.status(203).set('X-Raw', req.method).send('past Nest');
  }
  upload(file, body) {
    return { name: file?.originalname ?? null, size: file?.size ?? null, body };
  }
  crash() {
    throw new Error('a detail');
  }
  wrapped() {
    return of('observed');
  }
  one(id) {
    return this.cats.one(id);
  }
}
Reflect.defineMetadata('design:paramtypes', [CatsService], CatsController);
method(CatsController, 'all', [Get()], Query('limit'));
method(CatsController, 'text', [Get('text'), Header('Cache-Control', 'no-store'), HttpCode(202)]);
method(CatsController, 'moved', [Get('moved'), Redirect('https://nest.example/', 301)]);
method(CatsController, 'file', [Get('file')]);
method(CatsController, 'events', [Sse('events')]);
method(CatsController, 'raw', [Get('raw')], Req(), Res());
method(CatsController, 'crash', [Get('crash')]);
method(CatsController, 'wrapped', [Get('wrapped'), UseInterceptors(UpperInterceptor)]);
method(CatsController, 'one', [Get(':id')], Param('id', ParseIntPipe));
method(CatsController, 'add', [Post()], Body());
method(
  CatsController,
  'upload',
  [Post('upload'), UseInterceptors(FileInterceptor('file'))],
  UploadedFile(),
  Body(),
);
method(CatsController, 'remove', [Delete(':id'), HttpCode(204)]);
Controller('cats')(CatsController);

class AppModule {}
Module({ controllers: [CatsController], providers: [CatsService, UpperInterceptor] })(AppModule);

export async function start() {
  const app = await NestFactory.create(AppModule, { logger: false });
  app.enableCors({ origin: 'https://friend.example' });
  app.setGlobalPrefix('api');
  await app.listen(0);
  return app.getHttpServer();
}
