// What a worker says, read as what anybody could say: an app may write to any descriptor, and a worker that has been taken
// over must not be able to harm an arbiter that is root. Nothing is passed on but members that are known, and are what they
// are to be.

import type { BindAddress } from '../config/index.ts';
import type { ListenOptions } from '../kernel/index.ts';
import type { Kind, Report } from './messages.ts';

type Fields = Readonly<Record<string, unknown>>;
type Reader<Type> = (fields: Fields) => Omit<Extract<Report, { readonly type: Type }>, 'type'>;

const READERS: { readonly [Type in Report['type']]: Reader<Type> } = {
  listen: (fields) => ({
    target: targetOf(object(fields, 'target')),
    options: optionsOf(object(fields, 'options')),
    ordinal: whole(fields, 'ordinal'),
  }),
  loaded: (fields) => ({ file: text(fields, 'file'), ...optional(fields, 'format', text) }),
  unready: (fields) => ({ message: text(fields, 'message') }),
  ready: (fields) => ({
    kind: kindOf(object(fields, 'kind')),
    addresses: texts(fields, 'addresses'),
    kernel: text(fields, 'kernel'),
  }),
  beat: (fields) => ({
    connections: number(fields, 'connections'),
    inFlight: number(fields, 'inFlight'),
    requests: number(fields, 'requests'),
    resident: number(fields, 'resident'),
    delay: number(fields, 'delay'),
    utilization: number(fields, 'utilization'),
  }),
  stalled: (fields) => ({ ms: number(fields, 'ms'), ...stackOf(fields) }),
  stack: stackOf,
  failed: (fields) => ({ status: whole(fields, 'status'), message: text(fields, 'message') }),
};

/** Throws for what no worker of ours says. */
export function readReport(message: string): Report {
  const value: unknown = JSON.parse(message);
  if (!isObject(value)) throw new TypeError('it is no report');
  const { type } = value;
  if (typeof type !== 'string' || !Object.hasOwn(READERS, type)) throw new TypeError('it is no report');
  return { type, ...READERS[type as Report['type']](value) } as Report;
}

function targetOf(fields: Fields): BindAddress {
  const { family } = fields;
  switch (family) {
    case 'inet':
    case 'inet6':
      return { family, host: text(fields, 'host'), port: whole(fields, 'port', 65_535) };
    case 'unix':
      return { family, path: text(fields, 'path') };
    case 'fd':
      return { family, fd: whole(fields, 'fd') };
    default:
      throw wrong('family', 'inet, inet6, unix or fd');
  }
}

/** `reusePort` is the arbiter's to say. */
function optionsOf(fields: Fields): ListenOptions {
  return {
    backlog: whole(fields, 'backlog'),
    ...optional(fields, 'ipv6Only', flag),
    ...optional(fields, 'mode', permissions),
  };
}

function kindOf(fields: Fields): Kind {
  const found = fields['interface'];
  if (found !== 'fetch' && found !== 'node' && found !== 'program')
    throw wrong('interface', 'fetch, node or program');
  return { interface: found, ...optional(fields, 'shape', text), ...optional(fields, 'threads', whole) };
}

function stackOf(fields: Fields): { request: string | undefined; stack?: readonly string[] } {
  const { request } = optional(fields, 'request', text);
  return { request, ...optional(fields, 'stack', texts) };
}

function object(fields: Fields, name: string): Fields {
  const value = fields[name];
  if (!isObject(value)) throw wrong(name, 'an object');
  return value;
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw wrong(name, 'a text');
  return value;
}

function texts(fields: Fields, name: string): readonly string[] {
  const value = fields[name];
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string'))
    throw wrong(name, 'a list of texts');
  return value;
}

function number(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number') throw wrong(name, 'a number');
  return value;
}

function whole(fields: Fields, name: string, most = Number.MAX_SAFE_INTEGER): number {
  const value = number(fields, name);
  if (!Number.isSafeInteger(value) || value < 0 || value > most)
    throw wrong(name, `a whole number of at most ${most}`);
  return value;
}

function permissions(fields: Fields, name: string): number {
  return whole(fields, name, 0o777);
}

function flag(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== 'boolean') throw wrong(name, 'true or false');
  return value;
}

/** JSON leaves out what is undefined. */
function optional<Name extends string, Value>(
  fields: Fields,
  name: Name,
  read: (fields: Fields, name: string) => Value,
): { readonly [Key in Name]?: Value } {
  return fields[name] === undefined ? {} : ({ [name]: read(fields, name) } as { [Key in Name]: Value });
}

function isObject(value: unknown): value is Fields {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function wrong(name: string, expected: string): TypeError {
  return new TypeError(`its ${name} is not ${expected}`);
}
