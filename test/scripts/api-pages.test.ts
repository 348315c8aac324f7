import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as runtime from '../../src/runtime';
import * as testing from '../../src/testing';

/** The pages of the API begin with a list of what is on them. */

const PAGES = { runtime, testing };

/** What GitHub makes of the headings of a page: each anchor with its heading. */
function anchorsOf(page: string): Map<string, string> {
  const seen = new Map<string, number>();
  const headings = page.replace(/^```[^]*?^```/gm, '').match(/^#+ .*$/gm)!.map((line) => line.replace(/^#+ /, '').replaceAll('\\', ''));
  return new Map(headings.map((heading) => {
    const slug = heading.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return [times ? `${slug}-${times}` : slug, heading];
  }));
}

describe.each(Object.entries(PAGES))('docs/api/%s.md', (name, door) => {
  const page = readFileSync(join(__dirname, `../../docs/api/${name}.md`), 'utf8');
  const list = [...page.split('\n## ')[0].matchAll(/^- \[(.*?)\]\(#(.*?)\): (.*)$/gm)].map(([, entry, anchor, sentence]) => ({ entry: entry.replaceAll('\\', ''), anchor, sentence }));

  test('lists everything that the door exports, each once a kind, with a sentence', () => {
    expect(list.map(({ entry }) => entry)).toEqual(expect.arrayContaining(Object.keys(door)));
    expect(page.match(/^### .*$/gm)!.map((line) => line.replaceAll('\\', '').replace(/^### |[<(].*$/g, '')).sort()).toEqual(list.map(({ entry }) => entry).sort());
    for (const { sentence } of list) expect(sentence).toMatch(/^[^ ].{5,}/);
  });

  test('links each to where it is described', () => {
    const anchors = anchorsOf(page);
    for (const { entry, anchor } of list) expect(anchors.get(anchor)?.replace(/[<(].*$/, '')).toBe(entry);
  });
});
