// What a TypeScript app imports from a file of its own.

export const sumOf = (...numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);
