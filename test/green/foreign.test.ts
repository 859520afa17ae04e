// Plain code between green code: middleware of packages that are not known, and routers that run plain.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'node:test';
import { atomic } from '../../src/green/api.ts';
import { Pending, start } from '../../src/green/coroutine.ts';
import { type Known, transform } from '../../src/green/transform/index.ts';
import { registerTwin, twinOf } from '../../src/green/twin.ts';
import { sleep } from '../../src/task/index.ts';
import { atRoot } from './simulate.ts';

type Functions = Record<string, (...args: unknown[]) => unknown>;

const seen: unknown[] = [];
const note = (what: unknown): void => void seen.push(what);

/** Plain, it tells; green, it waits. */
const wait = registerTwin(
  (_milliseconds: number): void => note('blocked'),
  function* (milliseconds) {
    yield* sleep(milliseconds);
  },
);

function load(source: string, known: Known, more: Readonly<Record<string, unknown>> = {}): Functions {
  const transformed = transform(source, { url: 'file:///router.cjs', format: 'commonjs', ...known });
  const exports: Functions = {};
  const values = { exports, wait, note, ...more };
  Function(...Object.keys(values), transformed!.code)(...Object.values(values));
  return exports;
}

/** What `fn` returns as a coroutine at the root, run to its end, and whether it waited. */
async function run(fn: unknown, ...args: unknown[]): Promise<{ value: unknown; waited: boolean }> {
  seen.length = 0;
  let waited = false;
  const [value] = await atRoot(() => {
    const started = start(twinOf(fn)!.apply(undefined, args));
    waited = started instanceof Pending;
    return [started instanceof Pending ? started.promise.catch((error: unknown) => ({ error })) : started];
  });
  return { value: await value, waited };
}

describe('a middleware that is not green', () => {
  const KNOWN = { enter: ['next'] };
  const middleware = (_request: unknown, next: () => unknown): string => {
    note('before');
    note(`next returned ${next()}`);
    return 'its value';
  };
  const { main } = load(
    `exports.main = function main(middleware, request) {
       const next = () => { note('in next'); if (request.wait) wait(5); note('out of next'); return 'done' };
       const value = middleware(request, next);
       note('behind');
       return value;
     }`,
    KNOWN,
  );

  it('comes behind all that its `next` has called, where that does not wait', async () => {
    const { value, waited } = await run(main, middleware, { wait: false });
    assert.deepEqual([value, waited], ['its value', false]);
    assert.deepEqual(seen, ['before', 'in next', 'out of next', 'next returned done', 'behind']);
  });

  it('returns before that where it waits, and its caller waits for the rest', async () => {
    const { value, waited } = await run(main, middleware, { wait: true });
    assert.deepEqual([value, waited], ['its value', true]);
    assert.deepEqual(seen, ['before', 'in next', 'next returned undefined', 'out of next', 'behind']);
  });

  it('gets what `next` throws at once; its caller gets what comes later', async () => {
    const { main: failing } = load(
      `exports.main = function main(middleware, milliseconds) {
         const next = () => { if (milliseconds > 0) wait(milliseconds); throw new RangeError('no') };
         try { return middleware(next) } catch (error) { return 'caught ' + error.message }
       }`,
      KNOWN,
    );
    const catching = (next: () => unknown): unknown => {
      try {
        return next();
      } catch (error) {
        return `the middleware caught ${(error as Error).message}`;
      }
    };
    assert.equal((await run(failing, catching, 0)).value, 'the middleware caught no');
    assert.equal((await run(failing, catching, 5)).value, 'caught no');
  });

  it('may call on twice: both go on to their ends, and the first error is thrown', async () => {
    const { main: twice } = load(
      `exports.main = function main(middleware) {
         let calls = 0;
         const next = () => {
           const call = ++calls;
           wait(10 - call);
           note('call ' + call);
           throw new RangeError('call ' + call);
         };
         try { middleware(next) } catch (error) { return error.message }
       }`,
      KNOWN,
    );
    const calling = (next: () => void): void => {
      next();
      next();
    };
    assert.equal((await run(twice, calling)).value, 'call 1');
    assert.deepEqual(seen, ['call 1', 'call 2']);
  });

  it('may call on in stores of its own, which are those of what it calls, and of nobody behind it', async () => {
    const store = new AsyncLocalStorage<string>();
    const { main: stores } = load(
      `exports.main = function main(middleware) {
         const next = () => { note('in ' + store.getStore()); wait(5); note('then in ' + store.getStore()) };
         middleware(next);
         note('behind in ' + store.getStore());
       }`,
      KNOWN,
      { store },
    );
    const within = (next: () => void): void => store.run('its own', next);
    await store.run('the caller’s', () => run(stores, within));
    assert.deepEqual(seen, ['in its own', 'then in its own', 'behind in the caller’s']);
  });

  it('that calls on when it is given up leaves no `finally` behind', async () => {
    const { main: giving } = load(
      `exports.main = function main(middleware) {
         let calls = 0;
         const next = () => {
           const call = ++calls;
           try { wait(1000) } finally { note('finally ' + call) }
         };
         try { middleware(next) } finally { note('the last') }
       }`,
      KNOWN,
    );
    seen.length = 0;
    const coroutine = twinOf(giving)!.call(undefined, (next: () => void) => {
      next();
      next();
    });
    await atRoot(() => {
      coroutine.next();
      coroutine.return(undefined);
    });
    assert.deepEqual(seen, ['finally 1', 'finally 2', 'the last']);
  });
});

describe('a router that runs plain', () => {
  /** The shape of Express's: what calls the layers is plain, a layer catches what its handler throws. */
  const ROUTER = `
    function Layer(handle) { this.handle = handle }
    Layer.prototype.handle_request = function handle(request, next) {
      try { return this.handle(request, next) } catch (error) { next(error) }
    };
    exports.make = function make(...handlers) {
      const stack = handlers.map((each) => new Layer(each));
      return function app(request) {
        let at = 0;
        let found;
        note(next.name + ' ' + next.length);
        next();
        note('routed');
        return found;
        function next(error) {
          const layer = stack[at++];
          if (error) { note('error ' + error.message); return }
          if (layer) found = find(layer);
          function find(layer) { layer.handle_request(request, next); return 'found' }
        }
      };
    };`;
  const KNOWN: Known = { enter: ['next', 'handle_request'], wait: ['app', 'next'] };
  const { make } = load(ROUTER, KNOWN);
  const handlers = (source: string): Functions => load(source, {});
  const { first, second, failing } = handlers(`
    exports.first = (request, next) => { note('first'); next(); note('behind next') };
    exports.second = (request, next) => { note('second'); if (request.wait) wait(5); note('done') };
    exports.failing = (request, next) => { if (request.wait) wait(5); throw new RangeError('no') };
  `);

  it('is a coroutine to who calls it, and to handlers that call on', async () => {
    const app = make!(first, second);
    const { value, waited } = await run(app, { wait: true });
    assert.deepEqual([value, waited], ['found', true]);
    assert.deepEqual(seen, ['next 1', 'first', 'second', 'routed', 'done', 'behind next']);
  });

  it('does all in order where nothing waits', async () => {
    const { value, waited } = await run(make!(first, second), { wait: false });
    assert.deepEqual([value, waited], ['found', false]);
    assert.deepEqual(seen, ['next 1', 'first', 'second', 'done', 'behind next', 'routed']);
  });

  it('has a handler’s error caught by its layer, before and behind a wait', async () => {
    for (const behind of [false, true]) {
      await run(make!(first, failing), { wait: behind });
      const routed = behind ? ['routed', 'error no', 'behind next'] : ['error no', 'behind next', 'routed'];
      assert.deepEqual(seen, ['next 1', 'first', ...routed]);
    }
  });

  it('goes on in handlers behind what is not green', async () => {
    const plain = (_request: unknown, next: () => void): void => {
      note('plain');
      next();
      note('behind plain');
    };
    await run(make!(plain, second), { wait: true });
    assert.deepEqual(seen, ['next 1', 'plain', 'second', 'behind plain', 'routed', 'done']);
  });

  it('stays plain where nothing may switch, and where nobody waits', async () => {
    const { main } = load(
      'exports.main = (app, atomic) => { atomic(() => app({ wait: true })); note("atomic"); }',
      {},
    );
    await run(main, make!(second), atomic);
    assert.deepEqual(seen, ['next 1', 'second', 'blocked', 'done', 'routed', 'atomic']);
  });

  it('is entered where the event loop calls on', async () => {
    seen.length = 0;
    await atRoot(() => {
      const app = make!(second) as (request: unknown) => unknown;
      note(app({ wait: true }));
    });
    assert.deepEqual(seen, ['next 1', 'second', 'routed', 'found', 'done']);
  });

  it('is waited for by its own module, too', async () => {
    const { main } = load(
      `function handle(request) { return request.wait ? wait(5) : 'at once' }
       function dispatch(request) { handle(request); note('dispatched') }
       exports.main = function main(request) { dispatch(request); note('behind') };`,
      { enter: ['handle'], wait: ['dispatch'] },
    );
    assert.equal((await run(main, { wait: true })).waited, true);
    assert.deepEqual(seen, ['dispatched', 'behind']);
  });

  it('has layers that stay plain where that is said', async () => {
    const { make: makeSome } = load(ROUTER, { ...KNOWN, enterUnless: 'request.plain' });
    await run(makeSome!(second), { wait: true, plain: true });
    assert.deepEqual(seen, ['next 1', 'second', 'blocked', 'done', 'routed']);
    await run(makeSome!(second), { wait: true });
    assert.deepEqual(seen, ['next 1', 'second', 'routed', 'done']);
  });
});
