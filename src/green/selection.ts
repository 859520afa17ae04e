// Which files are made green: the app's own, those of the packages that are known (packages.ts), and what `--green-include`
// names: a package (`left-pad`, `@scope/*`), or files by a path (`./lib/**`, `/srv/shared/*.js`). A pattern that begins with
// `!` takes out again.

import { readFileSync } from 'node:fs';
import { join, matchesGlob, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type GreenPackage, PACKAGES } from './packages.ts';

/** This package itself: what runs coroutines isn't one. */
const OURS = resolve(import.meta.dirname, '..') + sep;
const IN_PACKAGE = /^(?<folder>.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/][^\\/]+|[^\\/]+))[\\/](?<path>.*)$/;

interface Pattern {
  readonly text: string;
  readonly exclude: boolean;
  readonly isPath: boolean;
}

export class Selection {
  readonly #patterns: readonly Pattern[];
  readonly #base: string;
  /** Of packages, by their folders. */
  readonly #names = new Map<string, string>();

  /** `base`: what relative paths are relative to. */
  constructor(patterns: readonly string[], base: string) {
    this.#base = base;
    this.#patterns = patterns.map((pattern) => {
      const exclude = pattern.startsWith('!');
      const text = exclude ? pattern.slice(1) : pattern;
      const isPath = /^\.{0,2}[\\/]/.test(text);
      return { text: isPath ? resolve(base, text) : text, exclude, isPath };
    });
  }

  /** How the file is made green; `undefined`: it isn't. */
  choose(url: string): GreenPackage | undefined {
    if (!url.startsWith('file:')) return undefined;
    const path = fileURLToPath(url);
    const { folder, path: inside } = IN_PACKAGE.exec(path)?.groups ?? {};
    const packageName = folder === undefined ? undefined : this.#nameOf(folder);
    const asked = this.#patterns.findLast(({ text, isPath }) =>
      isPath ? matchesGlob(path, text) : packageName !== undefined && matchesGlob(packageName, text),
    );
    if (asked?.exclude === true) return undefined;
    const known = packageName === undefined ? undefined : PACKAGES.get(packageName);
    if (asked !== undefined) return known ?? {};
    if (packageName === undefined) return path.startsWith(OURS) ? undefined : {};
    if (known?.files?.test(inside!.replaceAll('\\', '/')) === false) return undefined;
    return known;
  }

  /** The package that the file is of; `undefined`: it is the app's own. */
  packageOf(url: string): string | undefined {
    const folder = IN_PACKAGE.exec(fileURLToPath(url))?.groups?.['folder'];
    return folder === undefined ? undefined : this.#nameOf(folder);
  }

  /** What its package.json says: it may be installed under another name. */
  #nameOf(folder: string): string {
    let name = this.#names.get(folder);
    if (name === undefined) {
      name = readName(folder) ?? folder.replaceAll('\\', '/').replace(/^.*\/node_modules\//, '');
      this.#names.set(folder, name);
    }
    return name;
  }

  /** The path as a person would write it here. */
  shown(url: string): string {
    const path = fileURLToPath(url);
    const short = relative(this.#base, path);
    return short.startsWith('..') ? path : short;
  }
}

function readName(folder: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown };
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}
