// Green: blocking code that suspends its coroutine instead. What other layers need of it.

export { registerTwin } from './twin.ts';
