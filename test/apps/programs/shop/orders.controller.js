import { Body, Controller, DefaultValuePipe, ParseIntPipe, Post, UseGuards } from '@nestjs/common';
import { decorateClass, decorateMethod } from './decorate.js';
import { KeyGuard } from './guard.js';
import { Stock } from './stock.js';

export class OrdersController {
  #lastId = 0;

  constructor(stock) {
    this.stock = stock;
  }

  async add(name, count) {
    const { price } = this.stock.take(name, count);
    return { id: ++this.#lastId, name, count, total: price * count };
  }
}
decorateMethod(
  OrdersController,
  'add',
  [Post()],
  Body('name'),
  Body('count', new DefaultValuePipe(1), ParseIntPipe),
);
decorateClass(OrdersController, [Controller('orders'), UseGuards(KeyGuard)], [Stock]);
