// The light Headers beside the platform's: a table of operations, and random sequences of them.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { headersOfHead, LightHeaders } from '../../../src/app/fetch/headers.ts';
import { NativeHeaders } from '../../../src/app/fetch/native.ts';
import { FakeExchange } from '../fake-exchange.ts';
import { outcomeOf, sameOutcomes } from './outcome.ts';

type Kit = typeof NativeHeaders;
type Init = ConstructorParameters<Kit>[0];
const light = LightHeaders as unknown as Kit;
const wrong = (value: unknown) => value as Init & string;

sameOutcomes<Kit>('Headers', NativeHeaders, light, {
  'a record is lowered and sorted': (H) => [...new H({ 'X-B': '2', 'x-a': '1' })],
  'a record whose keys meet in lower case is combined': (H) => [...new H({ a: '1', A: '2', b: '3' })],
  'pairs that repeat are combined': (H) => [
    ...new H([
      ['a', '1'],
      ['A', '2'],
      ['cookie', 'x'],
      ['cookie', 'y'],
    ]),
  ],
  'pairs may be any iterables': (H) => [
    ...new H(
      wrong(
        new Map([
          ['b', '1'],
          ['a', '2'],
        ]),
      ),
    ),
  ],
  'a pair may be an iterable': (H) => [...new H(wrong([new Set(['a', 'b'])]))],
  'other headers are copied': (H) => [...new H(new H({ a: '1', 'set-cookie': 'x' }))],
  'a copy is its own': (H) => {
    const one = new H({ a: '1' });
    const two = new H(one);
    two.set('a', '2');
    return [one.get('a'), two.get('a')];
  },
  'a function is a record': (H) => [...new H(wrong(Object.assign(() => {}, {})))].length >= 0,
  'values are converted': (H) => [...new H(wrong({ a: 5, b: null, c: undefined, d: [1, 2] }))],
  'white space around values goes': (H) => new H({ a: ' \t\r\n x y \n' }).get('a'),
  'an empty value stays': (H) => new H({ a: '' }).get('a'),
  'a value of white space is empty': (H) => new H({ a: ' \t ' }).get('a'),
  'control characters in a value pass': (H) => new H({ a: 'x\x01\x7fy\tz' }).get('a'),
  'latin1 passes': (H) => new H({ a: 'é\xff' }).get('a'),
  'null is refused': (H) => new H(wrong(null)),
  'a string is refused': (H) => new H(wrong('a')),
  'a number is refused': (H) => new H(wrong(5)),
  'a lone name is refused': (H) => new H(wrong([['a']])),
  'three parts are refused': (H) => new H(wrong([['a', 'b', 'c']])),
  'strings for pairs are refused': (H) => new H(wrong(['ab'])),
  'a symbol for a name is refused': (H) => new H(wrong({ [Symbol('x')]: '1' })),
  'a symbol for a value is refused': (H) => new H(wrong({ a: Symbol('x') })),
  'an empty name is refused': (H) => new H([['', 'x']]),
  'a name with a space is refused': (H) => new H({ 'a b': 'x' }),
  'a name with a colon is refused': (H) => new H({ 'a:': 'x' }),
  'a name beyond latin1 is refused': (H) => new H({ ā: 'x' }),
  'LF in a value is refused': (H) => new H({ a: 'x\ny' }),
  'CR in a value is refused': (H) => new H({ a: 'x\ry' }),
  'NUL in a value is refused': (H) => new H({ a: 'x\0y' }),
  'a value beyond latin1 is refused': (H) => new H({ a: 'ā' }),
  'get refuses a bad name': (H) => new H().get('a b'),
  'has refuses a bad name': (H) => new H().has(''),
  'delete refuses a bad name': (H) => new H().delete('ä'),
  'get without a name is refused': (H) => Reflect.apply(new H().get, new H(), []),
  'set without a value is refused': (H) => Reflect.apply(new H().set, new H(), ['a']),
  'append without a value is refused': (H) => Reflect.apply(new H().append, new H(), ['a']),
  'forEach without a function is refused': (H) => new H().forEach(wrong(5) as never),
  'a symbol as a name is refused': (H) => new H().get(wrong(Symbol('x'))),
  'get of undefined looks for that name': (H) => new H({ undefined: 'x' }).get(wrong(undefined)),
  'a method on something else is refused': (H) => Reflect.apply(H.prototype.get, {}, ['a']),
  'what is missing is null': (H) => [new H().get('a'), new H().has('a'), new H({ a: '1' }).get('b')],
  'set replaces, append combines, delete removes': (H) => {
    const headers = new H();
    headers.append('a', '1');
    headers.append('A', '2');
    headers.set('B', '3');
    headers.set('b', '4');
    headers.append('c', '');
    headers.append('c', 'x');
    headers.delete('nothing');
    const before = [...headers];
    headers.delete('A');
    return [before, [...headers]];
  },
  'cookies stay apart': (H) => {
    const headers = new H([
      ['set-cookie', 'a=1'],
      ['x', 'y'],
      ['Set-Cookie', 'b=2'],
    ]);
    headers.append('set-cookie', 'c=3');
    return [[...headers], headers.get('set-cookie'), headers.getSetCookie(), [...headers.keys()]];
  },
  'set-cookie is replaced by one': (H) => {
    const headers = new H([
      ['set-cookie', 'a'],
      ['x', 'y'],
      ['set-cookie', 'b'],
      ['set-cookie', 'c'],
    ]);
    headers.set('set-cookie', 'd');
    return [[...headers], headers.getSetCookie()];
  },
  'set-cookie is deleted whole': (H) => {
    const headers = new H([
      ['set-cookie', 'a'],
      ['x', 'y'],
      ['set-cookie', 'b'],
    ]);
    headers.delete('set-cookie');
    return [[...headers], headers.getSetCookie(), headers.get('set-cookie'), headers.has('set-cookie')];
  },
  'keys, values, entries and forEach agree': (H) => {
    const headers = new H({ b: '2', a: '1' });
    const seen: unknown[] = [];
    headers.forEach(function (this: unknown, value, name, all) {
      seen.push(this, value, name, all === headers);
    }, 'self');
    return [[...headers.keys()], [...headers.values()], [...headers.entries()], seen];
  },
  'iteration sees changes': (H) => {
    const headers = new H({ a: '1', c: '3' });
    const seen: string[] = [];
    for (const [name] of headers) {
      seen.push(name);
      if (name === 'a') headers.set('b', '2');
      if (name === 'b') headers.delete('c');
    }
    return seen;
  },
  'entries are the program\u2019s own': (H) => {
    const headers = new H({ a: '1' });
    const [pair] = headers;
    pair![1] = 'changed';
    return [...headers];
  },
  'an iterator looks as the platform\u2019s': (H) => {
    const iterator = new H({ a: '1' }).entries();
    return [
      Object.prototype.toString.call(iterator),
      iterator[Symbol.iterator]() === iterator,
      iterator.next(),
      iterator.next(),
    ];
  },
  'it looks as the platform\u2019s': (H) => {
    const headers = new H({ a: '1' });
    const listed: string[] = [];
    for (const name in headers) listed.push(name);
    return [
      String(headers),
      JSON.stringify(headers),
      Object.keys(headers),
      inspect(headers),
      H.name,
      H.length,
      H.prototype.get.length,
      H.prototype.set.length,
      headers.constructor === H,
      listed.sort(),
    ];
  },
  'it is called with new': (H) => Reflect.apply(H as never, undefined, []),
  'a subclass works': (H) => {
    class Mine extends H {
      shout(): string {
        return (this.get('a') ?? '').toUpperCase();
      }
    }
    const mine = new Mine({ a: 'x' });
    return [mine.shout(), mine instanceof H, new H() instanceof Mine, mine instanceof Mine];
  },
});

describe('light Headers', () => {
  it('pass for the platform’s, and the platform’s for light ones', () => {
    assert.ok(new LightHeaders() instanceof NativeHeaders);
    assert.ok(new NativeHeaders() instanceof LightHeaders);
    assert.ok(!({} instanceof LightHeaders));
  });

  it('are taken by the platform’s classes', () => {
    const headers = new LightHeaders([
      ['set-cookie', 'a'],
      ['set-cookie', 'b'],
      ['x', 'y'],
    ]);
    const native = new NativeHeaders(headers as unknown as InstanceType<Kit>);
    assert.deepEqual([...native], [...headers]);
  });

  it('answer a single question about a request without decoding all its fields', () => {
    const exchange = new FakeExchange({ fields: ['X-A', '1', 'Cookie', 'a=1'] });
    const headers = headersOfHead(exchange.head);
    assert.equal(headers.get('X-a'), '1');
    assert.equal(headers.get('none'), null);
    assert.equal(headers.has('cookie'), true);
    assert.equal(headers.has('none'), false);
    assert.equal(exchange.decoded, 0);
  });

  it('of a request decode its fields once, in lower case and combined', () => {
    const exchange = new FakeExchange({ fields: ['X-A', '1', 'x-a', '2', 'Cookie', 'a=1', 'Cookie', 'b=2'] });
    const headers = headersOfHead(exchange.head);
    assert.deepEqual(
      [...headers],
      [
        ['cookie', 'a=1; b=2'],
        ['host', 'example.org'],
        ['x-a', '1, 2'],
      ],
    );
    headers.set('x-b', '3');
    headers.delete('cookie');
    assert.deepEqual([...headers.keys()], ['host', 'x-a', 'x-b']);
    assert.equal(exchange.decoded, 1);
  });

  it('remember names without growing for ever', () => {
    const headers = new LightHeaders();
    for (let i = 0; i < 2000; i++) headers.set(`X-${i}`, '1');
    assert.equal(headers.get('x-1999'), '1');
    assert.throws(() => headers.get('x 1'), TypeError);
  });

  it('do what the platform’s do, in any order', async () => {
    const name = fc.constantFrom('a', 'A', 'b', 'x-c', 'set-cookie', 'Set-Cookie', 'cookie', '', 'b c', 'ä');
    const value = fc.oneof(
      fc.constantFrom('', '1', ' 2 ', '\t3', 'x\ny', 'ā', '\0'),
      fc.string({ maxLength: 6 }),
    );
    const step = fc.oneof(
      fc.tuple(fc.constantFrom('set' as const, 'append' as const), name, value),
      fc.tuple(fc.constantFrom('get' as const, 'has' as const, 'delete' as const), name),
      fc.tuple(fc.constantFrom('getSetCookie' as const, 'entries' as const)),
    );
    const play = async (headers: InstanceType<Kit>, steps: ReadonlyArray<readonly [string, ...string[]]>) => {
      const outcomes: unknown[] = [];
      for (const [method, ...args] of steps) {
        outcomes.push(
          await outcomeOf(() => {
            const result = Reflect.apply(Reflect.get(headers, method), headers, args);
            return method === 'entries' ? [...(result as Iterable<unknown>)] : result;
          }),
        );
      }
      return outcomes;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        assert.deepEqual(await play(new light(), steps), await play(new NativeHeaders(), steps));
      }),
      { numRuns: 300 },
    );
  });
});
