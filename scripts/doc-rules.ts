import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** What links of a page may lead to. */
export interface Links {
  /** `package.json`'s `files`, and what npm ships besides. */
  readonly shipped: readonly string[];
  /** `https://github.com/owner/name` */
  readonly repository: string;
  /** Whether there is a file or folder, by its path from the root. @default - in the working directory */
  readonly exists?: (path: string) => boolean;
}

/** `[text](target)`, and `[name]: target` of links that are written out below. */
const LINKS = /\]\((?<inline>[^)\s]+)[^)]*\)|^\[[^\]]+\]: (?<below>\S+)/gm;
const WIDTH = 80;

/** What is wrong with a page's links: who reads a shipped page has the shipped files only, and the repository by its full address. */
export function brokenLinks(page: string, text: string, { shipped, repository, exists = existsSync }: Links): string[] {
  return [...text.matchAll(LINKS)].map(({ groups }) => groups!.inline ?? groups!.below).flatMap((link) => {
    const [target] = link.split('#');
    const [, inRepository] = target.startsWith(`${repository}/`) ? /^\/(?:blob|tree)\/main\/(.+)$/.exec(target.slice(repository.length)) ?? [] : [];
    if (target === '' || (/^https?:/.test(target) && inRepository === undefined)) return [];
    const path = inRepository ?? normalize(join(dirname(page), target));
    if (!exists(path)) return [`${page} links to ${target}, which does not exist`];
    const isShipped = inRepository !== undefined || shipped.some((each) => path === each || path.startsWith(`${each}/`));
    return isShipped ? [] : [`${page} links to ${target}, which is not shipped with it: write ${repository}/blob/main/${path}`];
  });
}

/** Lines that a terminal of 80 columns breaks; addresses are as long as they are. */
export function wideLines(page: string, text: string): string[] {
  return text.split('\n').flatMap((line, i) => (line.length > WIDTH && !/^\[[^\]]+\]: \S+$/.test(line) ? [`line ${i + 1} of ${page} is ${line.length} characters wide, and ${WIDTH} fit`] : []));
}

/** Ids of warnings and notes (`cdk-keysmith:every-source`) in sources or in a page. */
export function idsIn(text: string): string[] {
  return [...new Set(text.match(/\bcdk-keysmith:[a-z]+(?:-[a-z]+)*\b/g))];
}

/** The ids that sources and page do not share. Throws for an id that is put together, and which nobody can look for. */
export function unsharedIds(sources: string, page: string, text: string): string[] {
  if (/cdk-keysmith:\$\{(?!string\})/.test(sources)) throw new Error('an id of a warning is put together (`cdk-keysmith:${…}`): write it out, as people look for it');
  const [said, told] = [idsIn(sources), idsIn(text)];
  return [
    ...said.filter((id) => !told.includes(id)).map((id) => `${page} does not tell of ${id}: say what it means, and what to do`),
    ...told.filter((id) => !said.includes(id)).map((id) => `${page} tells of ${id}, which nothing in src says`),
  ];
}
