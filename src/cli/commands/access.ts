import { actionNamed } from './can';
import { accessOf } from '../../proof';
import type { Access } from '../../proof';
import type { Deployment, TemplateKey } from '../../template';
import { actionsInWords } from '../actions';
import type { Console } from '../console';
import type { Input, Place } from '../input/input';
import { findKey, keyName, principalName } from '../names';
import { markdownTable, table } from '../output/table';
import type { Column } from '../output/table';
import { count, hanging, listed, paint } from '../output/text';
import { working } from '../progress';
import { keyWorld, NOT_MODELLED } from '../proofs';
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
  readonly cell: (entry: Access, deployment: Deployment, most?: number) => string;
}

const COLUMNS: readonly AccessColumn[] = [
  { head: 'who', share: 3, cell: ({ principal }, deployment) => principalName(deployment, principal) },
  { head: 'can', share: 3, cell: ({ actions }, _, most) => actionsInWords(actions, most) },
  {
    head: 'if',
    share: 4,
    cell: ({ certain, viaServices, conditions }) => (
      [...(certain ? [] : ['perhaps: not all is known']), ...(viaServices ? [`through ${listed(viaServices, 20, 'or')}`] : []), ...conditions].join('\n')
    ),
  },
  { head: 'by', share: 2, cell: ({ statements, by }) => [...statements, ...(by === 'IAM' ? ['and IAM policies'] : [])].join('\n') },
];

function rows({ deployment }: Input, entries: readonly Access[], columns: readonly AccessColumn[], most?: number): string[][] {
  return entries.map((entry) => columns.map(({ cell }) => cell(entry, deployment, most)));
}

function text(input: Input, found: readonly KeyAccess[], shape: readonly AccessColumn[], { columns, colours }: Console): string {
  const { strong, aside } = paint(colours);
  const parts = found.map(({ key, access: entries }) => {
    const { file, line } = input.placeOf(key);
    const heading = strong(hanging(`${keyName(key)}${file === undefined ? '' : ` in ${file}, line ${line}`}`, columns, '', '  '));
    return `${heading}\n${entries.length ? table(shape, rows(input, entries, shape, SHOWN), columns) : 'nobody\n'}`;
  });
  const note = hanging(`Not counted: the root user, and ${listed(NOT_MODELLED)}.`, columns, '', '  ');
  return `${parts.length ? parts.join('\n') : `no keys in ${count(input.deployment.stacks.length, 'template')}\n`}\n${aside(note)}\n`;
}

function markdown(input: Input, found: readonly KeyAccess[], columns: readonly AccessColumn[]): string {
  const heads = columns.map(({ head }) => head);
  const parts = found.map(({ key, access: entries }) => (
    `### ${keyName(key)}\n\n${entries.length ? markdownTable(heads, rows(input, entries, columns)) : 'Nobody.\n'}`
  ));
  return [...parts, `Not counted: the root user, and ${listed(NOT_MODELLED)}.\n`].join('\n');
}
