/**
 * A plugin of TypeDoc: a page begins with a list of what is on it, a line each. What a program calls comes first; what it is called with, last.
 * Links lead to the headings as GitHub names them: the Markdown plugin counts some names that no heading has.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReflectionKind, RendererEvent } from 'typedoc';

const KINDS = [
  ['Functions', ReflectionKind.Function],
  ['Classes', ReflectionKind.Class],
  ['Variables', ReflectionKind.Variable],
  ['Interfaces', ReflectionKind.Interface],
  ['Type aliases', ReflectionKind.TypeAlias],
];

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.renderer.on(RendererEvent.END, ({ pages, outputDirectory }) => {
    const modules = pages.filter(({ model }) => model.kind === ReflectionKind.Module).map(({ model, url }) => {
      const file = join(outputDirectory, url);
      const text = readFileSync(file, 'utf8');
      return { model, url, file, text, entries: entriesOf(model, text) };
    });
    /** By page and anchor of the Markdown plugin. */
    const anchors = new Map(modules.flatMap(({ url, entries }) => entries.map(({ child, anchor }) => [`${url}#${app.renderer.router.getAnchor(child)}`, anchor])));
    for (const { model, url, file, text, entries } of modules) {
      const linked = text.replace(/\]\(([\w.]*)#([^)]+)\)/g, (_, page, anchor) => `](${page}#${anchors.get(`${page || url}#${anchor}`) ?? anchor})`);
      const [title, ...rest] = linked.split('\n\n');
      writeFileSync(file, [title, ...listsOf(model, entries), ...rest].join('\n\n'));
    }
  });
}

/** What is on a page, in its order, with the anchor of its heading. */
function entriesOf(model, text) {
  const children = model.groups.flatMap((group) => group.children);
  const headings = headingsOf(text).filter(({ level }) => level === 3);
  return children.map((child, index) => {
    const { title, anchor } = headings[index] ?? {};
    if (title?.replace(/[<(].*$/, '') !== child.name) throw new Error(`${child.name} of ${model.name} is not under a heading of its own, but ${title}`);
    return { child, anchor };
  });
}

/** The headings of a page with the anchors that GitHub gives them: the second of a name has a number. */
function headingsOf(text) {
  const seen = new Map();
  return [...text.replace(/^```[^]*?^```/gm, '').matchAll(/^(#+) (.*)$/gm)].map(([, level, heading]) => {
    const title = heading.replaceAll('\\', '');
    const slug = title.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return { level: level.length, title, anchor: before ? `${slug}-${before}` : slug };
  });
}

function listsOf(model, entries) {
  const others = entries.filter(({ child }) => KINDS.every(([, kind]) => child.kind !== kind));
  if (others.length) throw new Error(`${others.map(({ child }) => child.name).join(', ')}: of no kind that the list of ${model.name} has`);
  return KINDS.flatMap(([title, kind]) => {
    const lines = entries.filter(({ child }) => child.kind === kind).map(lineOf);
    return lines.length ? [`**${title}**\n\n${lines.join('\n')}`] : [];
  });
}

function lineOf({ child, anchor }) {
  const comment = child.comment ?? child.signatures?.[0].comment;
  const said = firstSentence(comment?.summary.map(({ text }) => text).join('') ?? '');
  if (!said) throw new Error(`${child.name} has no comment: say in a sentence what it is`);
  return `- [${child.name}](#${anchor}): ${said}`;
}

/** To the end of the sentence, or of the paragraph where that comes first. */
function firstSentence(text) {
  const line = text.trim().split('\n\n')[0].replace(/\s+/g, ' ');
  return /^.*?\.(?= |$)/.exec(line)?.[0] ?? line;
}
