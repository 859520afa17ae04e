import { Controller, Get, Header, Param, Sse } from '@nestjs/common';
import { map } from 'rxjs';
import { decorateClass, decorateMethod } from './decorate.js';
import { Stock } from './stock.js';

export class ProductsController {
  constructor(stock) {
    this.stock = stock;
  }

  all() {
    return this.stock.all();
  }

  /** What is sold, as it is sold. */
  changes() {
    return this.stock.changes.pipe(map((data) => ({ data })));
  }

  one(name) {
    return this.stock.one(name);
  }
}
decorateMethod(ProductsController, 'all', [Get(), Header('Cache-Control', 'max-age=5')]);
decorateMethod(ProductsController, 'changes', [Sse('changes')]);
decorateMethod(ProductsController, 'one', [Get(':name')], Param('name'));
decorateClass(ProductsController, [Controller('products')], [Stock]);
