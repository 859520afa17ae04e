// The platform's own classes, taken before anything may have replaced them. The light classes of this folder chain
// to their prototypes and hand over to them whatever they don't do themselves.

export const NativeHeaders: typeof globalThis.Headers = globalThis.Headers;
export const NativeRequest: typeof globalThis.Request = globalThis.Request;
export const NativeResponse: typeof globalThis.Response = globalThis.Response;

export type NativeHeaders = InstanceType<typeof NativeHeaders>;
export type NativeRequest = InstanceType<typeof NativeRequest>;
export type NativeResponse = InstanceType<typeof NativeResponse>;

export type HeadersInit = ConstructorParameters<typeof NativeHeaders>[0];
export type BodyInit = ConstructorParameters<typeof NativeResponse>[0];
export type ResponseInit = ConstructorParameters<typeof NativeResponse>[1];
export type RequestInit = ConstructorParameters<typeof NativeRequest>[1];
export type FormDataBody = InstanceType<typeof globalThis.FormData>;

interface Class<T extends object> {
  readonly name: string;
  readonly prototype: T;
}

/**
 * Makes `light` pass for `native`: its prototype becomes a child of native's, with members enumerable as Web IDL has them,
 * and `instanceof light` is true for the platform's objects. What native's prototype has and light's lacks, such as a
 * method of a later Node, is done by the native object that `become` returns.
 */
export function passFor<Light extends object, Native extends object>(
  light: Class<Light>,
  native: Class<Native>,
  become: (self: Light) => Native,
): void {
  Object.defineProperty(light, 'name', { value: native.name });
  Object.defineProperty(light, Symbol.hasInstance, {
    value(this: unknown, object: unknown): boolean {
      // A program's own subclass, which inherits this, is tested as any class is.
      const tested = this === light ? native : this;
      return Function.prototype[Symbol.hasInstance].call(tested, object);
    },
  });
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(light.prototype))) {
    if (name !== 'constructor')
      Object.defineProperty(light.prototype, name, { ...descriptor, enumerable: true });
  }
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(native.prototype))) {
    if (Object.hasOwn(light.prototype, name)) continue;
    Object.defineProperty(light.prototype, name, handOver(name, descriptor, become));
  }
  Object.setPrototypeOf(light.prototype, native.prototype);
}

function handOver<Light extends object, Native extends object>(
  name: string,
  { get, value, enumerable = true }: PropertyDescriptor,
  become: (self: Light) => Native,
): PropertyDescriptor {
  if (get !== undefined) {
    const read = function (this: Light): unknown {
      return Reflect.apply(get, become(this), []);
    };
    Object.defineProperty(read, 'name', { value: `get ${name}` });
    return { configurable: true, enumerable, get: read };
  }
  if (typeof value !== 'function') return { configurable: true, enumerable, writable: true, value };
  const method = function (this: Light, ...args: unknown[]): unknown {
    return Reflect.apply(value, become(this), args);
  };
  Object.defineProperty(method, 'name', { value: name });
  return { configurable: true, enumerable, writable: true, value: method };
}
