import { App, Stack } from 'aws-cdk-lib';
import { matches } from './support/matcher';
import { event, role, service, user } from './support/records';
import type { Identity } from './support/records';
import { NEW_APP, rulesOf } from './support/scene';
import { KeyAlarms, KmsTrail, SigningKey, type SigningKeyProps } from '../../src';
import { Deployed, HERE, roleIn } from '../support/deployed';

/** A key with generations is watched whole, and a deployment that changes which of them signs wakes nobody. */

const trail = KmsTrail.elsewhere('the trail of the organization');
const ANNOUNCED: SigningKeyProps = { generations: [{ name: 'initial' }, { name: '2027' }] };
const ACTIVATED: SigningKeyProps = { ...ANNOUNCED, active: '2027' };

function watched(props: SigningKeyProps, roles = ['issuer'], keyOf = (stack: Stack) => new SigningKey(stack, 'Tokens', props)) {
  const app = new App({ context: NEW_APP });
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = keyOf(stack);
  new KeyAlarms(stack, 'Alarms', { trail, keys: [key] });
  for (const roleName of roles) key.grants.issueTokens(roleIn(stack, roleName, { roleName }));
  key.grants.readPublicKey(roleIn(stack, 'publisher', { roleName: 'publisher' }));
  const deployed = new Deployed(app);
  return { stack, deployed, rules: rulesOf(deployed), arnOf: (name: string) => deployed.arnOf(key.generation(name)) };
}

/** The detectors that tell of events. */
function seen(test: string, rules: ReturnType<typeof rulesOf>, events: Record<string, object>): Record<string, string[]> {
  const found = matches(test, Object.fromEntries(rules.map(({ name, pattern }) => [name, pattern])), events);
  const tellingOf = (what: string) => rules.filter(({ name }) => found[name].includes(what)).map(({ name }) => name);
  return Object.fromEntries(Object.keys(events).map((what) => [what, tellingOf(what)]));
}

type Row = readonly [what: string, by: Identity, eventName: string, on: 'initial' | '2027', isDenied: boolean, detectors: readonly string[]];

const OF_SIGNING = ['DeniedCallOfSigningShopTokens'];
const OTHERS = ['DeniedCallOfGenerations'];
const ROWS: readonly Row[] = [
  ['the issuer signs with the active one', role('issuer'), 'Sign', 'initial', false, []],
  ['the issuer signs with the next one, which a deployment has activated before the rules know', role('issuer'), 'Sign', '2027', false, []],
  ['the issuer is refused the one that is no longer active', role('issuer'), 'Sign', 'initial', true, []],
  ['the issuer is refused the one that is not active yet', role('issuer'), 'Sign', '2027', true, []],
  ['the issuer is refused another call', role('issuer'), 'Verify', 'initial', true, OTHERS],
  ['the issuer is refused the public key', role('issuer'), 'GetPublicKey', '2027', true, OTHERS],
  ['the publisher, who may not sign, is refused', role('publisher'), 'Sign', '2027', true, OF_SIGNING],
  ['a role whose name begins so is refused', role('issuer2'), 'Sign', 'initial', true, OF_SIGNING],
  ['a stranger is refused the next one', role('stranger'), 'Sign', '2027', true, OF_SIGNING],
  ['a user is refused', user('visitor'), 'Sign', 'initial', true, OF_SIGNING],
  ['a service is refused', service('sns.amazonaws.com'), 'Sign', '2027', true, OF_SIGNING],
  ['a stranger signs with the active one', role('stranger'), 'Sign', 'initial', false, ['UngrantedUseShopTokens']],
  ['a stranger signs with the next one', role('stranger'), 'Sign', '2027', false, ['UngrantedUseShopTokens']],
  ['a stranger reads the next public key', role('stranger'), 'GetPublicKey', '2027', false, ['UngrantedPublicKeyShopTokens']],
  ['the policy of the next one is changed', role('stranger'), 'PutKeyPolicy', '2027', false, ['KeyPolicyChanged']],
  ['the first one is to be deleted', role('stranger'), 'ScheduleKeyDeletion', 'initial', false, ['KeyDeletionScheduled']],
];

describe.each([['announced', ANNOUNCED], ['activated', ACTIVATED]])('the next one is %s', (state, props) => {
  const { rules, arnOf } = watched(props);
  const events = Object.fromEntries(ROWS.map(([what, by, eventName, on, isDenied]) => [what, event(eventName, {
    by, resources: [arnOf(on)], ...isDenied ? { errorCode: 'AccessDenied', errorMessage: `not authorized to perform: kms:${eventName} on resource: ${arnOf(on)}` } : {},
  })]));
  const bySigner = event('Sign', { by: role('issuer'), errorCode: 'AccessDenied', errorMessage: `not authorized to perform: kms:Sign on resource: ${arnOf('initial')} because` });
  const byStranger = event('Sign', { by: role('stranger'), errorCode: 'AccessDenied', errorMessage: `not authorized to perform: kms:Sign on resource: ${arnOf('2027')} because` });
  const found = seen(`generations-${state}`, rules, { ...events, bySigner, byStranger });

  test.each(ROWS)('%s', (what, ...[, , , , detectors]) => expect(found[what]).toEqual(detectors));

  test('where the message alone names the key, the same', () => expect([found.bySigner, found.byStranger]).toEqual([[], ['DeniedCallOfSigningShopTokensInMessage']]));
});

test('a key with one generation is told of every refusal, as ever', () => {
  const { rules, arnOf } = watched({});
  const refused = event('Sign', { by: role('issuer'), resources: [arnOf('initial')], errorCode: 'AccessDenied', errorMessage: 'not authorized' });
  expect(seen('one-generation', rules, { refused })).toEqual({ refused: ['DeniedCall'] });
});

test('alarms of a key keep their ids when it has generations, whichever way they were told of it', () => {
  const ids = (props: SigningKeyProps) => watched(props).deployed.deployment.resources().filter(({ type }) => /Alarm/.test(type)).map(({ logicalId }) => logicalId).sort();
  const byProp = watched(ANNOUNCED, [], (stack) => new SigningKey(stack, 'Tokens', { ...ANNOUNCED, alarms: new KeyAlarms(stack, 'Own', { trail }) }));
  const [before, after] = [ids({}), ids(ANNOUNCED)];
  expect(after).toEqual(expect.arrayContaining(before));
  expect(after.length).toBeGreaterThan(before.length);
  expect(rulesOf(byProp.deployed, 'Own').map(({ name }) => name)).toEqual(expect.arrayContaining(['DeniedCallOfGenerations', 'UngrantedUseShopTokens']));
});

test('signers that are too many for a rule are told of, rather than nobody', () => {
  const { rules } = watched(ANNOUNCED, Array.from({ length: 24 }, (_, i) => `issuer-of-tokens-for-the-shop-${i}`));
  const patterns = rules.filter(({ name }) => name.startsWith('DeniedCallOfSigning')).map(({ pattern }) => JSON.stringify(pattern));
  for (const pattern of patterns) expect([pattern.length < 2048, pattern.includes('sessionIssuer')]).toEqual([true, false]);
  // For each of the two generations, one on the resource of a record and one on the message.
  expect(patterns.length).toBe(4);
});
