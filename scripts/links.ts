// Checks the links of the documentation: `npm run check:docs`. A relative link must lead to a file that git knows or
// that is there, and an anchor to a heading of that file. Addresses on the web are left alone.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

/** A link in a Markdown text. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

/** Links and images outside of code; inline ones, reference definitions and HTML's. */
export function findLinks(markdown: string): Link[] {
  const text = blankCode(markdown);
  const pattern =
    /\]\(\s*<?([^\s)>]+)>?(?:\s+["'(][^)]*)?\)|^\s{0,3}\[[^\]^][^\]]*\]:\s*<?(\S+?)>?(?:\s|$)|<(?:a|img|source)\b[^>]*?\b(?:href|src|srcset)="([^"]+)"/gm;
  return [...text.matchAll(pattern)].map((match) => ({
    target: match[1] ?? match[2] ?? match[3]!,
    line: text.slice(0, match.index).split('\n').length,
  }));
}

/** Anchors of a Markdown text's headings, made as GitHub makes them; a repeated one gets -1, -2, and so on. */
export function findAnchors(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const match of blankFences(markdown).matchAll(
    /^#{1,6}\s+(.+?)\s*#*\s*$|<a\s+(?:id|name)="([^"]+)"/gm,
  )) {
    if (match[2] !== undefined) {
      anchors.add(match[2]);
      continue;
    }
    const anchor = slug(match[1]!);
    let unique = anchor;
    for (let copy = 1; anchors.has(unique); copy++) unique = `${anchor}-${copy}`;
    anchors.add(unique);
  }
  return anchors;
}

/** What is wrong with the links of `file` (its absolute path), as messages without the file's name. */
export function checkLinks(file: string, markdown: string): string[] {
  return findLinks(markdown).flatMap(({ target, line }) => {
    const reason = whyBroken(file, markdown, target);
    return reason === undefined ? [] : [`${line}: ${target}: ${reason}`];
  });
}

function whyBroken(file: string, markdown: string, target: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  const [path, anchor = ''] = target.split('#', 2) as [string, string?];
  if (path === '') return whyNoAnchor(markdown, anchor);
  const destination = resolve(dirname(file), decodeURIComponent(path));
  if (!existsSync(destination)) return 'there is no such file';
  if (!destination.endsWith('.md') || statSync(destination).isDirectory()) return undefined;
  return whyNoAnchor(readFileSync(destination, 'utf8'), anchor);
}

function whyNoAnchor(markdown: string, anchor: string): string | undefined {
  if (anchor === '' || findAnchors(markdown).has(anchor)) return undefined;
  return `no heading has the anchor ${anchor}`;
}

/** Lower case, without punctuation, spaces as hyphens. Links in the heading count by their text. */
function slug(heading: string): string {
  const text = heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1');
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');
}

function blankFences(markdown: string): string {
  return markdown.replace(/^( {0,3})(`{3,}|~{3,})[\s\S]*?^ {0,3}\2[^\n]*$/gm, blank);
}

function blankCode(markdown: string): string {
  return blankFences(markdown).replace(/(`+)[^`](?:[^\n]|\n(?!\n))*?\1/g, blank);
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

/** Files that git tracks or would: not what is ignored. */
function markdownFiles(root: string): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '*.md'];
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0');
  return listed
    .filter((name) => name !== '' && existsSync(resolve(root, name)))
    .map((name) => resolve(root, name));
}

if (import.meta.main) {
  const root = dirname(import.meta.dirname);
  const files = markdownFiles(root);
  const broken = files.flatMap((file) =>
    checkLinks(file, readFileSync(file, 'utf8')).map((text) => `${relative(root, file)}:${text}`),
  );
  for (const message of broken) console.error(message);
  console.log(`links: ${files.length} documents, ${broken.length} broken links`);
  if (broken.length > 0) process.exitCode = 1;
}
