import { actionNamed } from './can';
import { NOT_MODELLED } from '../../checks';
import { accessOf } from '../../proof';
import type { Access } from '../../proof';
import { keyWorld } from '../../template';
import type { Deployment, TemplateKey } from '../../template';
import { actionsInWords } from '../actions';
import type { Console } from '../console';
import type { Input, Place } from '../input/input';
import { findKey, keyName, principalName } from '../names';
import { groupedTable, markdownTable } from '../output/table';
import type { Column } from '../output/table';
import { count, hanging, listed, paint } from '../output/text';
import { working } from '../progress';
import { Unusable } from '../unusable';

/** Which access is told, and how. */
export interface AccessSettings {
  /** @default - each key there is */
  readonly key?: string;
  /** Only who can do this. */
  readonly action?: string;
  readonly json?: boolean;
  readonly markdown?: boolean;
}

/** Who can do what with one key. */
interface KeyAccess {
  readonly key: TemplateKey;
  readonly access: readonly Access[];
}

/** What `keysmith access --json` and `who-can --json` print. */
export interface AccessJson {
  readonly keys: readonly {
    readonly key: string;
    readonly keyArn: string;
    readonly at: Place;
    readonly access: readonly (Access & { readonly name: string })[];
  }[];
  readonly notModelled: readonly string[];
}

/** @returns of a single action 0 if somebody can, else 1; of all of them 0 */
export function access(input: Input, settings: AccessSettings, console: Console): number {
  const found = accessIn(input, settings, console);
  const columns = settings.action === undefined ? COLUMNS : COLUMNS.filter(({ head }) => head !== 'can');
  if (settings.json) console.out(`${JSON.stringify(accessJson(input, found), null, 2)}\n`);
  else console.out(settings.markdown ? markdown(input, found, columns) : text(input, found, columns, console));
  return settings.action === undefined || found.some(({ access: entries }) => entries.length) ? 0 : 1;
}

function accessIn({ deployment }: Input, { key, action, json, markdown: asMarkdown }: AccessSettings, console: Console): KeyAccess[] {
  if (json && asMarkdown) throw new Unusable('--json and --markdown both print to standard output: give one');
  const wanted = action === undefined ? undefined : actionNamed(action);
  const keys = key === undefined ? deployment.keys : [findKey(deployment, key)];
  return keys.map((each, index) => {
    const entries = working(`asking about key ${index + 1} of ${keys.length}`, console, () => accessOf(keyWorld(deployment, each)));
    return { key: each, access: wanted === undefined ? entries : entries.filter(({ actions }) => actions.includes(wanted)) };
  });
}

function accessJson({ deployment, placeOf }: Input, found: readonly KeyAccess[]): AccessJson {
  return {
    keys: found.map(({ key, access: entries }) => ({
      key: keyName(key),
      keyArn: key.arn,
      at: placeOf(key),
      access: entries.map((entry) => ({ name: principalName(deployment, entry.principal), ...entry })),
    })),
    notModelled: NOT_MODELLED,
  };
}

/** Actions of a cell in a terminal; Markdown and JSON have all. */
const SHOWN = 6;

interface AccessColumn extends Column {
  readonly cell: (entry: Access, most?: number) => string;
}

const COLUMNS: readonly AccessColumn[] = [
  { head: 'can', share: 3, cell: ({ actions }, most) => actionsInWords(actions, most) },
  {
    head: 'if',
    share: 4,
    cell: ({ certain, viaServices, conditions }) => (
      [...(certain ? [] : ['perhaps: not all is known']), ...(viaServices ? [`through ${listed(viaServices, 20, 'or')}`] : []), ...conditions].join('\n')
    ),
  },
  { head: 'by', share: 2, cell: ({ statements, by }) => [...statements, ...(by === 'IAM' ? ['and IAM policies'] : [])].join('\n') },
];

/** Entries by whom they are about. */
function grouped(deployment: Deployment, entries: readonly Access[]): [string, Access[]][] {
  const groups = new Map<string, Access[]>();
  for (const entry of entries) {
    const name = principalName(deployment, entry.principal);
    groups.set(name, [...groups.get(name) ?? [], entry]);
  }
  return [...groups];
}

function rows(entries: readonly Access[], columns: readonly AccessColumn[], most?: number): string[][] {
  return entries.map((entry) => columns.map(({ cell }) => cell(entry, most)));
}

function text(input: Input, found: readonly KeyAccess[], shape: readonly AccessColumn[], { columns, colours }: Console): string {
  const { strong, aside } = paint(colours);
  const parts = found.map(({ key, access: entries }) => {
    const { file, line } = input.placeOf(key);
    const heading = strong(hanging(`${keyName(key)}${file === undefined ? '' : ` in ${file}, line ${line}`}`, columns, '', '  '));
    const groups = grouped(input.deployment, entries).map(([title, group]) => ({ title, rows: rows(group, shape, SHOWN) }));
    return `${heading}\n${entries.length ? groupedTable(shape, groups, columns, aside) : 'nobody\n'}`;
  });
  const note = hanging(`Not counted: the root user, and ${listed(NOT_MODELLED)}.`, columns, '', '  ');
  return `${parts.length ? parts.join('\n') : `no keys in ${count(input.deployment.stacks.length, 'template')}\n`}\n${aside(note)}\n`;
}

function markdown(input: Input, found: readonly KeyAccess[], columns: readonly AccessColumn[]): string {
  const heads = ['who', ...columns.map(({ head }) => head)];
  const parts = found.map(({ key, access: entries }) => {
    const cells = rows(entries, columns).map((row, index) => [principalName(input.deployment, entries[index].principal), ...row]);
    return `### ${keyName(key)}\n\n${entries.length ? markdownTable(heads, cells) : 'Nobody.\n'}`;
  });
  return [...parts, `Not counted: the root user, and ${listed(NOT_MODELLED)}.\n`].join('\n');
}
