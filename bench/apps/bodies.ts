// What the benchmarked programs answer: every server, whatever its style, answers these same bytes, and `check.ts`
// compares them before anything is measured.

export const HELLO = 'Hello, World!';

/** 64 KB of text, in one piece. */
export const LARGE = 'Siskins sing from treetops. 1234'.repeat(2048);

/** The streamed answer: 16 pieces of 4 KB. */
export const PIECE = new TextEncoder().encode('Siskins sing from treetops. 1234'.repeat(128));
export const PIECES = 16;

/** An order of about 1 KB, as a client would post it. */
export const ORDER = JSON.stringify({
  id: 81_402,
  customer: { name: 'Mara Lindqvist', email: 'mara.lindqvist@example.org', city: 'Uppsala' },
  note: 'Please leave the parcel with the neighbour on the left, or at the bakery on the corner.',
  items: Array.from({ length: 10 }, (_, index) => ({
    sku: `SEED-${1000 + index * 37}`,
    title: `Sunflower hearts, bag ${index + 1}`,
    quantity: index + 1,
    price: 350 + index * 25,
  })),
});

/** What is read of an order; enough of it that parsing can't be skipped. */
export interface Order {
  readonly id: number;
  readonly items: ReadonlyArray<{ readonly quantity: number; readonly price: number }>;
}

/** The answer to an order, computed from its parsed form. */
export function receipt(order: Order): { id: number; items: number; total: number } {
  let total = 0;
  for (const item of order.items) total += item.quantity * item.price;
  return { id: order.id, items: order.items.length, total };
}
