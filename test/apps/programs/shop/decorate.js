// Decorators without a compiler: what TypeScript writes for `@Injectable() class Orders { constructor(stock: Stock) }`
// and `@Post() add(@Body() order)`.

/** Decorates a class whose constructor takes instances of `dependencies`. */
export function decorateClass(target, decorators, dependencies = []) {
  Reflect.defineMetadata('design:paramtypes', dependencies, target);
  for (const decorate of decorators.toReversed()) decorate(target);
}

/** Decorates a method, and its parameters in their order. */
export function decorateMethod({ prototype }, name, decorators, ...parameters) {
  parameters.forEach((decorate, index) => {
    decorate(prototype, name, index);
  });
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  for (const decorate of decorators.toReversed()) decorate(prototype, name, descriptor);
}
