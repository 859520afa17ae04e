import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { Subject } from 'rxjs';
import { decorateClass } from './decorate.js';

export class Stock {
  #products = new Map([
    ['seeds', { name: 'seeds', price: 3, left: 10 }],
    ['house', { name: 'house', price: 40, left: 1 }],
  ]);
  changes = new Subject();

  all() {
    return [...this.#products.values()];
  }

  one(name) {
    const product = this.#products.get(name);
    if (!product) throw new NotFoundException(`We have no ${name}.`);
    return product;
  }

  take(name, count) {
    const product = this.one(name);
    if (product.left < count) throw new ConflictException(`Only ${product.left} ${name} left.`);
    product.left -= count;
    this.changes.next({ name, left: product.left });
    return product;
  }
}
decorateClass(Stock, [Injectable()]);
