// Tells tasks that something has happened. It stays set: who asks later does not wait.

import type { Co } from './co.ts';
import { WaitList } from './wait-list.ts';

/** @example const stopping = new Signal<string>(); yield* stopping.wait(); // elsewhere: stopping.set('SIGTERM') */
export class Signal<T = void> {
  readonly #waiting = new WaitList();
  #set = false;
  #value: T | undefined;

  get isSet(): boolean {
    return this.#set;
  }

  /** Wakes everybody who waits. The first value counts until {@link clear}. */
  set(value: T): void {
    if (this.#set) return;
    this.#set = true;
    this.#value = value;
    this.#waiting.wakeAll(value);
  }

  /** Makes `wait` wait again. Those who waited when it was set have been woken all the same. */
  clear(): void {
    this.#set = false;
    this.#value = undefined;
  }

  *wait(): Co<T> {
    if (this.#set) return this.#value as T;
    return (yield this.#waiting.place(undefined)) as T;
  }
}
