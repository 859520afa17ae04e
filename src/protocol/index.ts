// What the arbiter and its workers say to each other.
export { beatInterval } from './beat.ts';
export {
  type Beat,
  type Boot,
  CHANNEL,
  type Kind,
  type ListenRequest,
  type Order,
  type Ready,
  type Report,
  type Stalled,
} from './messages.ts';
