// What a coroutine may see thrown by the runtime itself, each with a code.

/**
 * Thrown where a cancelled task waits. Let it pass: `finally` and `catch` blocks run, and may themselves wait for a
 * bounded time. `reason` says why, e.g. the deadline's error or the connection's.
 */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
  readonly code = 'ERR_CANCELLED';
  readonly reason: unknown;

  constructor(reason?: unknown) {
    super(reason instanceof Error ? `cancelled: ${reason.message}` : 'cancelled', { cause: reason });
    this.reason = reason;
  }
}

/** A `deadline` passed before its coroutine had finished; that one was cancelled. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
  readonly code = 'ERR_DEADLINE_EXCEEDED';

  constructor(milliseconds: number) {
    super(`not done within ${milliseconds} ms`);
  }
}

/** A `Channel` was closed: nothing more can be sent, or, once it is empty, received. */
export class ChannelClosed extends Error {
  override readonly name = 'ChannelClosed';
  readonly code = 'ERR_CHANNEL_CLOSED';

  constructor() {
    super('the channel is closed');
  }
}
