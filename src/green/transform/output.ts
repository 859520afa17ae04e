// Pieces of the source and of emitted text, put together: the code, and the source map that says where each piece is from.

import { encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec';
import { firstAfter, type Lines } from './parse.ts';

/** A stretch of the source; or text that was made, with the offset it stands for where it has one. */
export type Piece =
  | { readonly start: number; end: number }
  | { text: string; readonly at: number | undefined }
  | { readonly pieces: readonly Piece[] };

/** A source map, version 3. */
export interface SourceMap {
  readonly version: 3;
  readonly file: string;
  readonly sources: readonly string[];
  readonly sourcesContent: readonly string[];
  readonly names: readonly string[];
  readonly mappings: string;
}

export class Output {
  #pieces: Piece[] = [];
  /** The last piece, where it is text that more can be added to. */
  #growing: { text: string } | undefined;
  readonly #source: string;
  readonly #lines: Lines;
  /** How many line breaks there are so far. */
  lines = 0;

  constructor(source: string, lines: Lines) {
    this.#source = source;
    this.#lines = lines;
  }

  /** The source from `start` to `end`, as it is. */
  copy(start: number, end: number): void {
    if (start >= end) return;
    this.#growing = undefined;
    this.lines += this.#lines.lineOf(end) - this.#lines.lineOf(start);
    const last = this.#pieces.at(-1);
    if (last !== undefined && 'end' in last && last.end === start) last.end = end;
    else this.#pieces.push({ start, end });
  }

  put(text: string, at?: number): void {
    const breaks = text.startsWith('\n');
    if (breaks) this.lines += text.length;
    if (at === undefined && !breaks && this.#growing !== undefined) {
      this.#growing.text += text;
      return;
    }
    const piece = { text, at };
    this.#pieces.push(piece);
    this.#growing = breaks ? undefined : piece;
  }

  /** A place whose text is set when it is known. */
  slot(): { text: string } {
    this.#growing = undefined;
    const piece = { text: '', at: undefined };
    this.#pieces.push(piece);
    return piece;
  }

  /** A place that pieces are added to later. */
  place(): Piece[] {
    this.#growing = undefined;
    const pieces: Piece[] = [];
    this.#pieces.push({ pieces });
    return pieces;
  }

  /** Adds what `emit` emits, none of it with line breaks, to a place. */
  into(place: Piece[], emit: () => void): void {
    const { lines } = this;
    const outer = this.#pieces;
    const growing = this.#growing;
    this.#pieces = [];
    this.#growing = undefined;
    emit();
    place.push({ pieces: this.#pieces });
    this.#pieces = outer;
    this.#growing = growing;
    this.lines = lines;
  }

  code(): string {
    let code = '';
    for (const piece of flat(this.#pieces))
      code += 'text' in piece ? piece.text : this.#source.slice(piece.start, piece.end);
    return code;
  }

  /** A segment at each piece, at each line, and at each of `marks` (ascending offsets). */
  map(url: string, marks: readonly number[]): SourceMap {
    const lines = this.#lines;
    let line: SourceMapSegment[] = [];
    const mappings = [line];
    let column = 0;
    const segment = (offset: number): void => {
      const from = lines.lineOf(offset);
      line.push([column, 0, from, offset - lines.startOf(from)]);
    };
    for (const piece of flat(this.#pieces)) {
      if ('text' in piece) {
        if (piece.at !== undefined) segment(piece.at);
        if (piece.text.startsWith('\n')) {
          for (const _ of piece.text) mappings.push((line = []));
          column = 0;
        } else column += piece.text.length;
        continue;
      }
      let mark = firstAfter(marks, piece.start);
      let from = piece.start;
      let nextLine = lines.startOf(lines.lineOf(from) + 1);
      while (from < piece.end) {
        segment(from);
        const nextMark = marks[mark] ?? Number.POSITIVE_INFINITY;
        const to = Math.min(piece.end, nextLine, nextMark);
        column += to - from;
        if (to === nextMark) mark += 1;
        if (to === nextLine) {
          line = [];
          mappings.push(line);
          column = 0;
          nextLine = lines.startOf(lines.lineOf(to) + 1);
        }
        from = to;
      }
    }
    return {
      version: 3,
      file: url,
      sources: [url],
      sourcesContent: [this.#source],
      names: [],
      mappings: encode(mappings),
    };
  }
}

type FlatPiece = Exclude<Piece, { readonly pieces: unknown }>;

function* flat(pieces: readonly Piece[]): Generator<FlatPiece> {
  for (const piece of pieces) {
    if ('pieces' in piece) yield* flat(piece.pieces);
    else yield piece;
  }
}
