import { Module } from '@nestjs/common';
import { decorateClass } from './decorate.js';
import { OrdersController } from './orders.controller.js';
import { ProductsController } from './products.controller.js';
import { Stock } from './stock.js';

export class ShopModule {}
decorateClass(ShopModule, [
  Module({ controllers: [ProductsController, OrdersController], providers: [Stock] }),
]);
