import { decide } from '../../authz';
import type { Decision, KmsRequest, World } from '../../authz';
import { doubtsOf, unreadOf } from '../../checks';
import type { Unread } from '../../checks/unread';
import { KEY_ACTIONS, ACCOUNT_ACTIONS } from '../../spec/action-resources';
import { worldOf } from '../../template';
import type { TemplateKey } from '../../template';
import type { Console } from '../console';
import type { Input } from '../input/input';
import { findKey, findPrincipal, keyName } from '../names';
import { standInNote } from '../output/findings';
import { count, hanging, listed, paint } from '../output/text';
import { Unusable } from '../unusable';

/** Who wants what. */
export interface Question {
  readonly principal: string;
  readonly action: string;
  /** @default - each key there is */
  readonly key?: string;
  readonly context?: Readonly<Record<string, string>>;
  /** Condition keys of the request besides. */
  readonly conditions?: Readonly<Record<string, string>>;
  /** `s3`, or `s3.eu-west-1.amazonaws.com`. */
  readonly via?: string;
}

/** Yes, no, or what the templates do not tell. */
export type Verdict = 'allowed' | 'denied' | 'undecidable';

/** An answer about one key. */
export interface Answer {
  readonly key: TemplateKey;
  readonly verdict: Verdict;
  readonly request: Omit<KmsRequest, 'key'>;
  readonly decision: Decision;
}

/** What `keysmith can --json` prints. */
export interface CanJson {
  readonly answers: readonly {
    readonly key: string;
    readonly keyArn: string;
    readonly verdict: Verdict;
    readonly request: Omit<KmsRequest, 'key'>;
    readonly reason: string;
    readonly decidedBy: Decision['decidedBy'];
    readonly nearMisses: Decision['nearMisses'];
  }[];
}

/** `kms:Decrypt`, however it is written: `decrypt`, `kms:decrypt`. */
export function actionNamed(given: string): string {
  const wanted = given.includes(':') ? given : `kms:${given}`;
  const action = KEY_ACTIONS.find((known) => known.toLowerCase() === wanted.toLowerCase());
  if (action !== undefined) return action;
  if (wanted.toLowerCase() === 'kms:reencrypt') throw new Unusable('ReEncrypt is two actions: ask for kms:ReEncryptFrom on the source key and for kms:ReEncryptTo on the destination key');
  if (ACCOUNT_ACTIONS.some((known) => known.toLowerCase() === wanted.toLowerCase())) throw new Unusable(`${wanted} is about no key: key policies have no say in it`);
  const near = KEY_ACTIONS.filter((known) => known.toLowerCase().includes(wanted.toLowerCase().replace(/^kms:/, '').replace(/\*$/, ''))).slice(0, 5);
  throw new Unusable(`'${given}' is no action on a KMS key${near.length ? `: did you mean ${listed(near, 5, 'or')}?` : ': expected one such as kms:Decrypt'}`);
}

/** Answers a question about each key that it is about. */
export function answer(input: Input, question: Question): Answer[] {
  const { deployment } = input;
  const principal = findPrincipal(deployment, question.principal);
  const action = actionNamed(question.action);
  const keys = question.key === undefined ? deployment.keys : [findKey(deployment, question.key)];
  const world = worldOf(deployment);
  return keys.map((key) => decided(world, key, unreadOf(deployment, key), {
    principal,
    action,
    ...(question.context && { encryptionContext: question.context }),
    ...(question.conditions && { conditionKeys: question.conditions }),
    ...(question.via !== undefined && { viaService: question.via.includes('.') ? question.via : `${question.via}.${key.region}.amazonaws.com` }),
  }));
}

function decided(world: World, key: TemplateKey, unread: Unread, request: Omit<KmsRequest, 'key'>): Answer {
  const [surely, perhaps] = (['surely', 'perhaps'] as const).map((bound) => {
    try {
      return decide(world, { ...request, key }, { bound });
    } catch (cause) {
      throw new Unusable((cause as Error).message, { cause });
    }
  });
  // Statements of which nothing is known may allow what no other does, and deny what another allows, but take no Deny back.
  const isOpen = unread.unknown.length > 0 && perhaps.outcome !== 'ExplicitlyDenied';
  const verdict = isOpen ? 'undecidable' : surely.allowed ? 'allowed' : perhaps.allowed ? 'undecidable' : 'denied';
  const decision = verdict === 'denied' ? perhaps : surely;
  const doubts = doubtsOf(unread);
  return { key, verdict, request, decision: doubts.length === 0 ? decision : { ...decision, reason: [...doubts, decision.reason].join('; ') } };
}

const WORDS: Readonly<Record<Verdict, string>> = { allowed: 'yes', denied: 'no', undecidable: 'not known' };

/** @returns 0 if it is allowed on one of the keys at least, else 1 */
export function can(input: Input, question: Question, console: Console, { json = false }: { readonly json?: boolean } = {}): number {
  const answers = answer(input, question);
  if (json) {
    const printed: CanJson = {
      answers: answers.map(({ key, verdict, request, decision: { reason, decidedBy, nearMisses } }) => ({
        key: keyName(key), keyArn: key.arn, verdict, request, reason, decidedBy, nearMisses,
      })),
    };
    console.out(`${JSON.stringify(printed, null, 2)}\n`);
  } else {
    if (!answers.length) console.out('no keys: nothing to ask about\n');
    for (const each of answers) console.out(lines(each, input, console));
    if (answers.length > 1) console.out(`\n${count(answers.filter(({ verdict }) => verdict === 'allowed').length, 'key')} of ${answers.length}\n`);
    const note = answers.length ? standInNote(input.deployment) : undefined;
    if (note !== undefined) console.out(`\n${paint(console.colours).aside(hanging(note, console.columns, '', '  '))}\n`);
  }
  return answers.some(({ verdict }) => verdict === 'allowed') ? 0 : 1;
}

function lines({ key, verdict, decision }: Answer, input: Input, { columns, colours }: Console): string {
  const { good, bad, doubtful, aside } = paint(colours);
  const mark = { allowed: good, denied: bad, undecidable: doubtful }[verdict];
  const place = input.placeOf(key, decision.decidedBy.find(({ kind }) => kind === 'key policy')?.statement);
  const misses = decision.nearMisses.map(({ statement, because }) => hanging(`nearest: ${statement.kind} ${statement.statement}: ${because}`, columns, '  ', '    '));
  return [
    `${mark(WORDS[verdict])}  ${keyName(key)}`,
    hanging(decision.reason, columns, '  '),
    ...(verdict === 'denied' || verdict === 'undecidable' ? misses : []),
    ...(place.file === undefined ? [] : [aside(`  ${place.file}:${place.line}`)]),
    '',
  ].join('\n');
}
