import { actionNamed } from './can';
import { doubtsOf, NOT_MODELLED, unreadOf } from '../../checks';
import { accessOf, nobodyExcept } from '../../proof';
import type { Access, KeyWorld } from '../../proof';
import { KEY_ACTIONS } from '../../spec/action-resources';
import { keyWorld } from '../../template';
import type { Deployment, TemplateKey } from '../../template';
import { actionsInWords } from '../actions';
import type { Console } from '../console';
import type { Input, Place } from '../input/input';
import { DEPLOYER, DEPLOYER_IN_WORDS, findKey, keyName, principalName } from '../names';
import { notRead, standInNote } from '../output/findings';
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
  /** Why that may not be all. */
  readonly doubts: readonly string[];
}

/** What `keysmith access --json` and `who-can --json` print. */
export interface AccessJson {
  readonly keys: readonly {
    readonly key: string;
    readonly keyArn: string;
    readonly at: Place;
    readonly access: readonly (Access & { readonly name: string })[];
    /** Why that may not be all, or may come to nothing. */
    readonly notKnown?: readonly string[];
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
    const unread = unreadOf(deployment, each);
    // A policy that is refused allows nothing, however many statements it has.
    const at = keyWorld(deployment, each);
    const isEmpty = unread.wholly === true || unread.refused !== undefined;
    const entries = isEmpty ? [] : working(`asking about key ${index + 1} of ${keys.length}`, console, () => accessOf(at));
    const doubts = [...doubtsOf(unread), ...isEmpty ? [] : unsettled(at, entries)];
    return { key: each, doubts, access: wanted === undefined ? entries : entries.filter(({ actions }) => actions.includes(wanted)) };
  });
}

/** Why somebody may be missing: whom patterns tell apart in too many ways, and what a proof gave up on. */
function unsettled(at: KeyWorld, entries: readonly Access[]): string[] {
  const told = new Set(entries.flatMap(({ actions }) => actions));
  const silent = KEY_ACTIONS.filter((action) => !told.has(action));
  const proofs = [nobodyExcept(at, ['*'], KEY_ACTIONS), ...silent.length === 0 ? [] : [nobodyExcept(at, [], silent)]];
  const reasons = proofs.flatMap(({ verdict, counterexample, because }) => (verdict === 'undecidable' && !counterexample && because !== undefined ? [`not known: ${because}`] : []));
  return [...new Set(reasons)];
}

function accessJson({ deployment, placeOf }: Input, found: readonly KeyAccess[]): AccessJson {
  return {
    keys: found.map(({ key, access: entries, doubts }) => ({
      ...(doubts.length ? { notKnown: doubts } : {}),
      key: keyName(key),
      keyArn: key.arn,
      at: placeOf(key),
      access: entries.map((entry) => ({ name: principalName(deployment, entry.principal), ...entry })),
    })),
    notModelled: [...NOT_MODELLED, ...notRead(deployment)],
  };
}

/** Actions of a cell in a terminal; Markdown and JSON have all. */
const SHOWN = 6;

/** Of whom one statement for everybody speaks: other accounts have to allow it too, which makes two entries of it. */
const EVERYBODY: Readonly<Record<Access['by'], string>> = { 'IAM': 'of another account', 'key policy': 'of the key\'s account, or a service' };

interface AccessColumn extends Column {
  readonly cell: (entry: Access, most?: number) => string;
}

const COLUMNS: readonly AccessColumn[] = [
  { head: 'can', share: 3, cell: ({ actions }, most) => actionsInWords(actions, most) },
  {
    head: 'if',
    share: 4,
    cell: ({ principal, by, certain, viaServices, conditions }) => (
      [...(principal === '*' ? [EVERYBODY[by]] : []), ...(certain ? [] : ['perhaps: not all is known']), ...(viaServices ? [`through ${listed(viaServices, 20, 'or')}`] : []), ...conditions].join('\n')
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
  const { strong, aside, doubtful } = paint(colours);
  const parts = found.map(({ key, access: entries, doubts }) => {
    const { file, line } = input.placeOf(key);
    const heading = strong(hanging(`${keyName(key)}${file === undefined ? '' : ` in ${file}, line ${line}`}`, columns, '', '  '));
    const groups = grouped(input.deployment, entries).map(([title, group]) => ({ title, rows: rows(group, shape, SHOWN) }));
    const told = doubts.map((doubt) => `${doubtful(hanging(doubt, columns, '  ', '    '))}\n`).join('');
    return `${heading}\n${told}${entries.length ? groupedTable(shape, groups, columns, aside) : doubts.length ? 'nobody else\n' : 'nobody\n'}`;
  });
  const legend = legends(input, found).map((line) => `${aside(hanging(line, columns, '', '  '))}\n`).join('');
  const note = hanging(`Not counted: the root user, and ${listed([...NOT_MODELLED, ...notRead(input.deployment)])}.`, columns, '', '  ');
  return `${parts.length ? parts.join('\n') : `no keys in ${count(input.deployment.stacks.length, 'template')}\n`}\n${legend}${aside(note)}\n`;
}

/** What of the names above has to be explained. */
function legends({ deployment }: Input, found: readonly KeyAccess[]): string[] {
  const hasDeployer = found.some(({ access: entries }) => entries.some(({ principal }) => principalName(deployment, principal) === DEPLOYER));
  const note = found.length === 0 ? undefined : standInNote(deployment);
  return [...hasDeployer ? [`${DEPLOYER}: ${DEPLOYER_IN_WORDS}.`] : [], ...note === undefined ? [] : [note]];
}

function markdown(input: Input, found: readonly KeyAccess[], columns: readonly AccessColumn[]): string {
  const heads = ['who', ...columns.map(({ head }) => head)];
  const parts = found.map(({ key, access: entries, doubts }) => {
    const cells = rows(entries, columns).map((row, index) => [principalName(input.deployment, entries[index].principal), ...row]);
    const told = doubts.map((doubt) => `${doubt}\n\n`).join('');
    return `### ${keyName(key)}\n\n${told}${entries.length ? markdownTable(heads, cells) : doubts.length ? 'Nobody else.\n' : 'Nobody.\n'}`;
  });
  return [...parts, ...legends(input, found).map((line) => `${line}\n`), `Not counted: the root user, and ${listed([...NOT_MODELLED, ...notRead(input.deployment)])}.\n`].join('\n');
}
