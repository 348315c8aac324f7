import fc from 'fast-check';
import { decide, identify } from '../../src/authz';
import type { KmsRequest } from '../../src/authz';
import { allowsNothingNew, nobodyExcept, requiresContext } from '../../src/proof';
import type { KeyWorld, Proof } from '../../src/proof';
import { completion, scenes } from '../authz/generated';
import type { Scene } from '../authz/generated';

/** Proofs against requests made by chance: what is allowed in one of them is not proved to be ruled out, and what a proof shows is so. */

const RUNS = { numRuns: 12 };
const ROLE = 'arn:aws:iam::111122223333:role/App';

/** A scene, and what its requests carry of the condition keys of which it says nothing. */
const completeScenes = fc.record({
  scene: scenes(12), completions: fc.array(completion, { minLength: 12, maxLength: 12 }), account: fc.constantFrom<string | string[]>('111122223333', '444455556666', []),
}).map(({ scene: { world, requests }, completions, account }): Scene =>
  ({ world, requests: requests.map((request, index) => asAwsMakesIt(request, completions[index], account)) }));

/**
 * A request that tells all that conditions ask for, as AWS makes them up. What a request leaves untold may be anything for each condition by itself: two
 * conditions that no time meets are then each met perhaps, and a proof rightly says that nobody meets both. A service has no MFA, whoever has an age of it has it,
 * and what comes through a VPC endpoint has no public address.
 */
function asAwsMakesIt(request: KmsRequest, completed: KmsRequest['conditionKeys'], account: string | readonly string[]): KmsRequest {
  const keys = { ...completed, ...request.conditionKeys };
  const service = !request.principal.startsWith('arn:');
  const aged = !service && keys['aws:MultiFactorAuthAge']?.length;
  return {
    ...request,
    conditionKeys: {
      ...keys,
      ...(service ? { 'aws:MultiFactorAuthAge': [], 'aws:MultiFactorAuthPresent': [], 'kms:CallerAccount': account } : {}),
      ...(aged ? { 'aws:MultiFactorAuthPresent': 'true' } : {}),
      ...(keys['aws:VpcSourceIp'] === undefined ? {} : { 'aws:SourceIp': [] }),
    },
  };
}

const at = ({ world, requests }: Scene): KeyWorld => ({ key: requests[0].key!, world });
const mayBe = ({ world }: Scene, request: KmsRequest) => decide(world, request, { bound: 'perhaps' }).allowed;

function replays({ counterexample, verdict }: Proof): boolean {
  if (!counterexample) return verdict !== 'fails';
  const { world, request, bound, decision } = counterexample;
  expect(decide(world, request, { bound })).toEqual(decision);
  return decision.allowed && (verdict !== 'fails' || bound === 'surely');
}

test('nobody except the role and its sessions: no request of another principal is allowed where that holds', () => {
  fc.assert(fc.property(completeScenes, (scene) => {
    const proofs = new Map(scene.requests.map(({ action }) => [action, nobodyExcept(at(scene), [ROLE], [action])]));
    return scene.requests.every((request) => {
      const proof = proofs.get(request.action)!;
      const other = identify(scene.world, request.principal).issuerArn !== ROLE;
      return replays(proof) && (!other || !mayBe(scene, request) || proof.verdict !== 'holds');
    });
  }), RUNS);
});

test.each<[string, readonly string[] | Record<string, string>]>([
  ['a name', ['tenant']],
  ['a name with its value', { tenant: 't1' }],
  ['two names', ['tenant', 'stage']],
])('requires %s: no request without is allowed where that holds', (_, context) => {
  const pairs = Array.isArray(context) ? context.map((name) => [name, undefined]) : Object.entries(context);
  const lacks = ({ encryptionContext = {} }: KmsRequest) =>
    pairs.some(([name, value]) => !Object.hasOwn(encryptionContext, name!) || (value !== undefined && encryptionContext[name!] !== value));
  fc.assert(fc.property(completeScenes, (scene) => {
    const proofs = new Map(scene.requests.map(({ action }) => [action, requiresContext(at(scene), [action], context)]));
    return scene.requests.every((request) => {
      const proof = proofs.get(request.action)!;
      return replays(proof) && (!lacks(request) || !mayBe(scene, request) || proof.verdict !== 'holds');
    });
  }), RUNS);
});

test('allows nothing new: no request is allowed that was not, where that holds', () => {
  fc.assert(fc.property(completeScenes, scenes(1), (scene, old) => {
    const was = (request: KmsRequest) => mayBe(old, { ...request, key: at(old).key });
    const fresh = scene.requests.find((request) => mayBe(scene, request) && !was(request));
    const proof = allowsNothingNew(at(old), at(scene));
    return replays(proof) && (fresh === undefined || proof.verdict !== 'holds');
  }), RUNS);
});

test('there is enough of either verdict for the properties above to mean something', () => {
  const verdicts = fc.sample(scenes(1), { numRuns: 40, seed: 7 }).flatMap((scene) =>
    [nobodyExcept(at(scene), [ROLE], ['kms:Decrypt']), requiresContext(at(scene), ['kms:Encrypt'], { tenant: 't1' })]).map(({ verdict }) => verdict);
  for (const verdict of ['holds', 'fails']) expect(verdicts.filter((one) => one === verdict).length).toBeGreaterThan(8);
});
