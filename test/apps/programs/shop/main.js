import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ShopModule } from './shop.module.js';

const app = await NestFactory.create(ShopModule, { logger: ['error', 'warn'] });
app.enableCors();
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
console.log(`The shop is at ${await app.getUrl()}`);
