import { addedKey } from './added-key';
import type { AddedKey } from './added-key';
import { renamesBetween, worldBefore } from './renamed-keys';
import type { Renamed } from './renamed-keys';
import type { KmsRequest } from '../../authz';
import { NOT_MODELLED, unknownAlike, unreadOf } from '../../checks';
import { allowsNothingNew, differences } from '../../proof';
import type { Difference, KeyWorld, Verdict } from '../../proof';
import { keyWorld } from '../../template';
import type { Deployment, TemplateKey } from '../../template';
import { actionsInWords } from '../actions';
import type { Console } from '../console';
import type { Input, Place } from '../input/input';
import { keyName, principalName } from '../names';
import { requestText } from '../output/report';
import { count, hanging, listed, paint } from '../output/text';
import { working } from '../progress';

/** When a difference is a failure, and how it is told. */
export interface DiffSettings {
  readonly failOn?: 'wider' | 'any';
  readonly json?: boolean;
  /** Accounts whose principals a key that is added may let in. */
  readonly trustedAccounts?: readonly string[];
}

/** One key before and after. */
interface KeyChange {
  readonly change: 'added' | 'removed' | 'renamed' | 'changed' | 'same';
  readonly key: TemplateKey;
  readonly in: Input;
  /** The same key before it was renamed. */
  readonly renamed?: Renamed & { readonly in: Input };
  readonly differences: readonly Difference[];
  /** Whether it is proved that nothing is possible that was not. */
  readonly nothingNew: Verdict;
  readonly because?: string;
}

/** What `keysmith diff --json` prints. */
export interface DiffJson {
  /** Whether something is possible that was not; of a key that is added, to others than its own account and those that are trusted. `undecidable` counts as yes. */
  readonly wider: 'yes' | 'no' | 'undecidable';
  readonly keys: readonly {
    readonly key: string;
    readonly keyArn: string;
    readonly at: Place;
    readonly change: Exclude<KeyChange['change'], 'same'>;
    /** Which key it is compared with, and why with that one. */
    readonly renamed?: { readonly was: string; readonly keyArn: string; readonly at: Place; readonly because: string };
    readonly differences: readonly (Omit<Difference, 'request'> & { readonly name: string; readonly request: Omit<KmsRequest, 'key'> })[];
    readonly because?: string;
  }[];
  readonly notModelled: readonly string[];
}

/** @returns 1 for what `--fail-on` names, else 0 */
export function diff(old: Input, next: Input, { failOn, json = false, trustedAccounts = [] }: DiffSettings, console: Console): number {
  const changes = changesOf(old, next, trustedAccounts, console).filter(({ change }) => change !== 'same');
  const wider = widerIn(changes);
  if (json) console.out(`${JSON.stringify(diffJson(changes, wider), null, 2)}\n`);
  else console.out(text(changes, wider, keysIn(old, next, changes), console));
  return (failOn === 'wider' && wider !== 'no') || (failOn === 'any' && changes.length > 0) ? 1 : 0;
}

/** Keys of both, each once; by two names, too. */
function keysIn(old: Input, next: Input, changes: readonly KeyChange[]): number {
  const places = new Set([old, next].flatMap(({ deployment }) => deployment.keys.map(addressOf)));
  return places.size - changes.filter(({ renamed }) => renamed !== undefined).length;
}

function changesOf(old: Input, next: Input, trusted: readonly string[], console: Console): KeyChange[] {
  const [before, after] = [old, next].map(({ deployment }) => new Map(deployment.keys.map((key) => [addressOf(key), key])));
  const missingIn = (there: ReadonlyMap<string, TemplateKey>, keys: readonly TemplateKey[]) => keys.filter((key) => !there.has(addressOf(key)));
  const gone = missingIn(after, old.deployment.keys);
  const renames = renamesBetween(gone, missingIn(before, next.deployment.keys));
  const renamed = new Set([...renames.of.values()].map(({ was }) => was));
  const changeOf = (key: TemplateKey): KeyChange => {
    const was = before.get(addressOf(key));
    if (was) return doubted(compared(key, next, keyWorld(old.deployment, was), [old.deployment, was]), [old.deployment, was], [next.deployment, key]);
    const rename = renames.of.get(key);
    if (rename) return { ...changeBetween(old, rename, next, key), change: 'renamed', renamed: { ...rename, in: old } };
    const added = addedKey(next, key, trusted);
    return { change: 'added', ...added, ...amongSeveral(old, renames.ambiguous.get(key) ?? [], next, key, added) };
  };
  return [
    ...next.deployment.keys.map((key, index) => working(`comparing key ${index + 1} of ${next.deployment.keys.length}`, console, () => changeOf(key))),
    ...gone.filter((key) => !renamed.has(key)).map((key): KeyChange => ({ change: 'removed', key, in: old, differences: [], nothingNew: 'holds' })),
  ];
}

/** A key and the one that it was by another name. */
function changeBetween(old: Input, rename: Renamed, next: Input, key: TemplateKey): KeyChange {
  const was = [old.deployment, rename.was] as const;
  return doubted(compared(key, next, worldBefore(old.deployment, rename, next.deployment, key), was), was, [next.deployment, key]);
}

/** More than this many keys that are gone are not compared with each that came. */
const COMPARED_AT_MOST = 8;

/** A key that may be one of several that are gone is no wider if it is no wider than any of them. */
function amongSeveral(old: Input, several: readonly TemplateKey[], next: Input, key: TemplateKey, { nothingNew, because }: AddedKey): Pick<KeyChange, 'nothingNew' | 'because'> {
  const isNarrow = (was: TemplateKey) => changeBetween(old, { was, because: '' }, next, key).nothingNew === 'holds';
  if (several.length === 0 || (several.length <= COMPARED_AT_MOST && several.every(isNarrow))) return { nothingNew, because };
  const names = listed(several.map(keyName), COMPARED_AT_MOST, 'or');
  const doubt = `it may be ${names} by another name, as far as the templates tell, and allows what ${several.length > 1 ? 'one of these' : 'that'} did not`;
  return { nothingNew: nothingNew === 'fails' ? 'fails' : 'undecidable', because: [doubt, ...because === undefined ? [] : [because]].join('; ') };
}

function compared(key: TemplateKey, next: Input, was: KeyWorld, [before, keyBefore]: readonly [Deployment, TemplateKey]): KeyChange {
  const is = keyWorld(next.deployment, key);
  const reads = [unreadOf(before, keyBefore), unreadOf(next.deployment, key)];
  const refused = reads.map((read) => read.refused);
  if (refused.some((why) => why !== undefined)) {
    const isSame = JSON.stringify(was.key.policy) === JSON.stringify(is.key.policy);
    const because = ['before', 'now'].flatMap((when, index) => (refused[index] === undefined ? [] : [`KMS would refuse the key policy ${when}: ${refused[index]}`])).join('; ');
    return { change: isSame ? 'same' : 'changed', key, in: next, differences: [], nothingNew: 'undecidable', because };
  }
  if (reads.some(({ wholly }) => wholly)) return { change: 'same', key, in: next, differences: [], nothingNew: 'holds' };
  const found = differences(was, is);
  const { verdict, because } = allowsNothingNew(was, is);
  const change = found.length || verdict !== 'holds' ? 'changed' : 'same';
  return { change, key, in: next, differences: found, nothingNew: verdict, ...(because !== undefined && { because }) };
}

/** Parts of a policy of which nothing is known may make it wider, unless they are the same before and after. */
function doubted(change: KeyChange, old: readonly [Deployment, TemplateKey], next: readonly [Deployment, TemplateKey]): KeyChange {
  if (unknownAlike(old, next)) return change;
  const doubts = [['before', ...old] as const, ['now', ...next] as const]
    .flatMap(([when, deployment, key]) => unreadOf(deployment, key).unknown.map((part) => `not known of the policy ${when}: ${part}`));
  if (doubts.length === 0) return change;
  return { ...change, change: 'changed', nothingNew: change.nothingNew === 'fails' ? 'fails' : 'undecidable', because: [...doubts, ...change.because === undefined ? [] : [change.because]].join('; ') };
}

/** A key is the same in two deployments if it stands at the same place. */
function addressOf({ stack, logicalId }: TemplateKey): string {
  return JSON.stringify([stack, logicalId]);
}

function widerIn(changes: readonly KeyChange[]): DiffJson['wider'] {
  const became = changes.flatMap(({ differences: all }) => all.filter(({ change }) => change === 'possible'));
  if (changes.some(({ nothingNew }) => nothingNew === 'fails') || became.some(({ certain }) => certain)) return 'yes';
  return became.length > 0 || changes.some(({ nothingNew }) => nothingNew === 'undecidable') ? 'undecidable' : 'no';
}

function diffJson(changes: readonly KeyChange[], wider: DiffJson['wider']): DiffJson {
  return {
    wider,
    keys: changes.map(({ change, key, in: input, renamed, differences: all, because }) => ({
      key: keyName(key),
      keyArn: key.arn,
      at: input.placeOf(key),
      change: change as Exclude<KeyChange['change'], 'same'>,
      ...(renamed && { renamed: renamedJson(renamed) }),
      differences: all.map((each) => ({ name: principalName(input.deployment, each.principal), ...each, request: withoutKey(each.request) })),
      ...(because !== undefined && { because }),
    })),
    notModelled: NOT_MODELLED,
  };
}

function renamedJson({ was, because, in: input }: NonNullable<KeyChange['renamed']>): DiffJson['keys'][number]['renamed'] {
  return { was: keyName(was), keyArn: was.arn, at: input.placeOf(was), because };
}

function withoutKey({ key: _, ...request }: KmsRequest): Omit<KmsRequest, 'key'> {
  return request;
}

type Told = Difference & { readonly name: string };

/** Proofs speak of somebody whom nobody names, of each kind: that is anybody of an account. */
const UNNAMED = /^(arn:[^:]+:iam::\d{12}:)(?:role\/any-principal|user\/any-principal|root)$/;

/** Differences that say the same of all principals of an account, as one. */
function together(all: readonly Difference[], deployment: Deployment): Told[] {
  const told = new Map<string, Told>();
  for (const each of all) {
    const { change, principal, actions, conditions, statements, certain, withoutIam } = each;
    const account = UNNAMED.exec(principal)?.[1];
    const whom = account === undefined ? principal : `${account}root`;
    const same = JSON.stringify([whom, change, actions, conditions, statements, certain, withoutIam]);
    const isOfAll = account !== undefined && !principal.endsWith(':root');
    if (!told.has(same)) told.set(same, { ...each, name: isOfAll ? `anybody of ${principalName(deployment, whom)}` : principalName(deployment, principal) });
  }
  return [...told.values()];
}

const WIDER: Readonly<Record<DiffJson['wider'], string>> = {
  yes: 'Wider: something is possible that was not.',
  no: 'Not wider: nothing is possible that was not.',
  undecidable: 'Perhaps wider: not all is known.',
};

const NEW_KEYS = 'Not wider: nothing is possible that was not, but what new keys are for: their use in accounts that the templates are deployed to, or that are trusted.';

function text(changes: readonly KeyChange[], wider: DiffJson['wider'], keys: number, console: Console): string {
  const { strong, aside, bad, good } = paint(console.colours);
  const all = changes.flatMap(({ differences: found, in: input }) => together(found, input.deployment));
  const counts = (['possible', 'impossible'] as const).map((became) => `${count(all.filter(({ change }) => change === became).length, 'thing')} became ${became}`);
  const isNew = wider === 'no' && changes.some(({ change }) => change === 'added');
  const verdict = (wider === 'no' ? good : bad)(hanging(isNew ? NEW_KEYS : WIDER[wider], console.columns, '', '  '));
  const summary = hanging(`${count(keys, 'key')}: ${listed(counts)}. Not counted: ${listed(NOT_MODELLED)}.`, console.columns, '', '  ');
  return [...changes.map((change) => changeText(change, console)), strong(verdict), aside(summary), ''].join('\n');
}

function changeText(changed: KeyChange, { columns, colours }: Console): string {
  const { change, key, in: input, renamed, differences: all, nothingNew, because } = changed;
  const { strong, bad, good, aside } = paint(colours);
  const { file, line } = input.placeOf(key);
  const place = file === undefined ? '' : ` in ${file}, line ${line}`;
  const what = { added: ` is new${nothingNew === 'holds' ? ', and lets in no stranger' : ''}: see keysmith access`, removed: ' is gone', renamed: renamed ? ` was ${keyName(renamed.was)}` : '', changed: '', same: '' }[change];
  return [
    strong(hanging(`${keyName(key)}${place}${what}`, columns, '', '  ')),
    ...(renamed ? [aside(hanging(`compared as one key that is renamed: ${renamed.because}`, columns, '  '))] : []),
    ...together(all, input.deployment).flatMap(({ change: direction, name, actions, conditions, statements, request, certain, withoutIam }) => {
      const isMore = direction === 'possible';
      const can = certain ? (isMore ? 'can now' : 'can no longer') : (isMore ? 'can now, perhaps,' : 'can, perhaps, no longer');
      const when = conditions.length ? ` if ${listed(conditions, 20)}` : '';
      const by = statements.length ? `, by statement ${listed(statements.map((each) => `'${each}'`))}` : '';
      const alone = withoutIam ? ' without an IAM policy' : '';
      const sentence = `${name} ${can} ${actionsInWords(actions, 8)}${alone}${when}${by}`;
      return [(isMore ? bad : good)(hanging(sentence, columns, isMore ? '  + ' : '  - ')), aside(hanging(`request: ${requestText(request)}`, columns, '    ', '      '))];
    }),
    ...(because === undefined ? [] : [hanging(because, columns, '    ')]),
    '',
  ].join('\n');
}
