/** Turns of the event loop in which a file that listens is loaded, as a rule. */
export const TURNS = 10;
