import type { KeyAccessAnswer, KeyRequest } from './key-access-types';
import { decide, identify } from '../authz';
import type { IdentityFacts, KmsRequest, OneOrMore, PolicyDocument, PolicyStatement, World } from '../authz';
import { denied, restricted } from '../checks/restricted';
import { folded } from '../checks/words';
import { can, nobodyExcept } from '../proof';
import type { Counterexample, EscalationWay, KeyWorld, Proof, Verdict } from '../proof';

/** Claims of KeyAccess, put together from proofs: what each came to, why, and by which request it is shown. */
export interface Part {
  readonly verdict: Verdict;
  /** What there is to say of it, a sentence each. */
  readonly said: readonly string[];
  readonly shownBy?: Counterexample;
}

const WORST: readonly Verdict[] = ['holds', 'undecidable', 'fails'];
const NAMED_AT_MOST = 5;
const ANYTHING: PolicyDocument = { Version: '2012-10-17', Statement: { Sid: 'Anything', Effect: 'Allow', Action: '*', Resource: '*' } };

/** The claim, as it was proved. */
export function directly({ verdict, counterexample, because }: Proof): Part {
  const seen = counterexample === undefined ? [] : [verdict === 'fails' ? counterexample.decision.reason : `perhaps ${counterexample.decision.reason}`];
  return { verdict, said: [...verdict === 'undecidable' ? [`not known: ${because ?? 'the policy'}`] : [], ...seen], ...counterexample ? { shownBy: counterexample } : {} };
}

/** The ways round the claim. One that nobody asks for is told, and decides nothing. */
export function waysRound({ verdict: direct, escalation: { verdict, ways } }: Proof, at: KeyWorld, isIgnored: boolean): Part {
  if (ways.length === 0) return { verdict: isIgnored ? 'holds' : verdict === direct ? 'holds' : verdict, said: [] };
  const said = [...new Set(ways.map(({ principal, action, statement }) => (
    `${isIgnored ? 'left out: ' : ''}${principal} may ${action}, by statement '${statement}', and so let in others`
  )))];
  const first = ways.map((way) => shownBy(way, at)).find((found) => found !== undefined);
  return {
    verdict: isIgnored ? 'holds' : verdict,
    said: said.length > NAMED_AT_MOST ? [...said.slice(0, NAMED_AT_MOST), `and ${said.length - NAMED_AT_MOST} more ways`] : said,
    ...first ? { shownBy: first } : {},
  };
}

function shownBy({ request }: EscalationWay, at: KeyWorld): Counterexample | undefined {
  const world = withAnyPolicies(at.world, request.principal);
  const bound = decide(world, request).allowed ? 'surely' : 'perhaps';
  return { request, decision: decide(world, request, { bound }), world, bound };
}

/** That what is claimed of all requests is not so merely because there are none: some request of the kind is allowed. */
export function alive(at: KeyWorld, actions: readonly string[], only: readonly PolicyStatement[], otherwise: string): Part {
  const { verdict } = nobodyExcept({ key: restricted(at.key, only), world: at.world }, [], actions);
  return verdict === 'fails' ? { verdict: 'holds', said: [] } : { verdict: verdict === 'holds' ? 'fails' : 'undecidable', said: [otherwise] };
}

/** A statement that denies requests of everybody but a principal. */
export function deniedToOthers(world: World, principal: string): PolicyStatement {
  const account = /^(?:arn:[^:]*:iam::)?(\d{12})(?::root)?$/.exec(principal)?.[1];
  if (account !== undefined) return denied({ StringNotEquals: { 'aws:PrincipalAccount': account } });
  if (!principal.startsWith('arn:')) return denied({ StringNotEquals: { 'aws:PrincipalServiceName': principal } });
  return denied({ ArnNotLike: { 'aws:PrincipalArn': /[*?]/.test(principal) ? principal : identify(world, principal).principalArn ?? principal } });
}

/** Whether a single request is allowed. IAM policies that nobody knows make it undecidable where they count. */
export function allowed(at: KeyWorld, request: Omit<KmsRequest, 'key'>, anyIamPolicies: boolean): Part {
  const asked = (world: World): Proof => can({ ...at, world }, request);
  const known = asked(anyIamPolicies ? withAnyPolicies(at.world, request.principal) : at.world);
  const { counterexample } = known;
  if (known.verdict === 'fails' && !anyIamPolicies && isStranger(at.world, request.principal)
    && asked(withAnyPolicies(at.world, request.principal)).verdict !== 'fails') {
    const said = [`not known: IAM policies of ${request.principal}, which no template tells, have to allow it too`];
    return { verdict: 'undecidable', said };
  }
  const near = known.verdict === 'holds' ? [] : (counterexample?.decision.nearMisses ?? []).map(({ statement, because }) => `nearest: statement '${statement.statement}': ${because}`);
  const why = known.verdict === 'undecidable' ? [`not known: ${known.because ?? 'the policy'}`] : [counterexample?.decision.reason ?? ''].filter(Boolean);
  return { verdict: known.verdict, said: [...why, ...near] };
}

/** All parts together: as good as the worst of them. */
export function answerOf(claim: string, parts: readonly Part[], { at, notCounted, standIns, plain }: {
  readonly at: KeyWorld; readonly notCounted: readonly string[]; readonly standIns?: string; readonly plain: (text: string) => string;
}): KeyAccessAnswer {
  const verdict = WORST[Math.max(...parts.map((part) => WORST.indexOf(part.verdict)))];
  const shown = verdict === 'holds' ? undefined : parts.find((part) => part.verdict === verdict && part.shownBy !== undefined)?.shownBy;
  const witness = shown && witnessOf(shown, at);
  const became = { holds: 'holds', undecidable: 'cannot be decided', fails: 'does not hold' }[verdict];
  return {
    holds: verdict === 'holds',
    undecidable: verdict === 'undecidable',
    message: [
      plain(`${claim}: ${became}`),
      ...[...parts].sort((one, other) => WORST.indexOf(other.verdict) - WORST.indexOf(one.verdict)).flatMap(({ said }) => said).map((text) => folded(plain(text), '  ', '    ')),
      ...witness ? [`  request: ${JSON.stringify(witness)}`] : [],
      folded(`not counted: ${notCounted.join(', ')}`, '  ', '    '),
      ...standIns === undefined ? [] : [folded(`${standIns}: give account and region`, '  ', '    ')],
    ].join('\n'),
    ...witness ? { witness } : {},
  };
}

function witnessOf({ request: { key: _, conditionKeys, ...request }, bound }: Counterexample, { key, world }: KeyWorld): KeyRequest {
  const asked = { ...request, key, ...conditionKeys ? { conditionKeys } : {} };
  const isKnown = decide(world, asked, { bound }).allowed || !decide(withAnyPolicies(world, request.principal), asked, { bound }).allowed;
  const asLists = conditionKeys && Object.fromEntries(Object.entries(conditionKeys).map(([name, values]) => [name, listOf(values)]));
  return {
    ...request as Omit<KmsRequest, 'key' | 'conditionKeys'>,
    ...asLists ? { conditionKeys: asLists } : {},
    ...isKnown ? {} : { anyIamPolicies: true },
  } as KeyRequest;
}

const listOf = (values: OneOrMore<string>): string[] => (typeof values === 'string' ? [values] : [...values]);

/** Whether a principal has IAM policies that nobody here knows. */
function isStranger(world: World, principal: string): boolean {
  const { kind, identity } = identify(world, principal);
  return identity === undefined && kind !== 'service' && kind !== 'account root';
}

/** A world in which IAM policies allow a principal everything; the same where there are none for it. */
function withAnyPolicies(world: World, principal: string): World {
  const { kind, identity, issuerArn, ownArn } = identify(world, principal);
  const arn = identity?.arn ?? issuerArn ?? ownArn;
  if (kind === 'service' || kind === 'account root' || arn === undefined) return world;
  const facts: IdentityFacts = { ...identity, arn, policies: [...identity?.policies ?? [], { name: 'any policy', document: ANYTHING }] };
  return { identities: [...world.identities.filter((one) => one.arn !== arn), facts] };
}
