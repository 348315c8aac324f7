import { ALICE, BOB, ROOT, TestKms } from './kms';
import type { PrincipalDirectory } from '../../../src/testing/engine';
import { KmsEngine } from '../../../src/testing/engine';

/** What KMS asks of the principals that policies and grants name. */

const CAROL = ALICE.replace('Alice', 'Carol');
const BOBS_ID = 'AROABOBBOBBOBBOBBOBBO';
const directory: PrincipalDirectory = {
  exists: (principal) => ![CAROL].includes(principal),
  arnOf: (uniqueId) => (uniqueId === BOBS_ID ? BOB : undefined),
};
const allowed = { outcome: 'Allowed', allowed: true, decidedBy: [], reason: '', nearMisses: [] } as const;
const engine = new KmsEngine({ authorize: () => allowed, principals: directory });
const KeyId = engine.addKey({ policy: { Statement: [] } });
const call = (operation: string, input: object) => engine.call(operation, { KeyId, ...input }, { principal: ALICE });
const policy = (Principal: unknown, element = 'Principal') => JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', [element]: Principal, Action: 'kms:*', Resource: '*' }] });

describe.each(['PutKeyPolicy', 'CreateKey'])('%s', (operation) => {
  test.each<[string, unknown]>([
    ['somebody who does not exist', { AWS: CAROL }],
    ['such a one among others', { AWS: [ALICE, CAROL] }],
    ['the unique id of nobody', { AWS: 'AROADEADDEADDEADDEADD' }],
  ])('refuses %s', async (_, Principal) => {
    await expect(call(operation, { Policy: policy(Principal) })).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException', message: expect.stringMatching(/^Policy contains a statement with one or more invalid principals\. \(there is no \S+\)$/),
    });
  });

  test.each<[string, unknown]>([
    ['everybody', '*'],
    ['everybody, in another way', { AWS: '*' }],
    ['the account', { AWS: ROOT }],
    ['a service', { Service: 'logs.us-east-1.amazonaws.com' }],
    ['several', { AWS: [ALICE, BOB] }],
  ])('takes %s', async (_, Principal) => {
    await expect(call(operation, { Policy: policy(Principal) })).resolves.toBeDefined();
  });
});

test('NotPrincipal is asked like Principal', async () => {
  await expect(call('PutKeyPolicy', { Policy: policy({ AWS: CAROL }, 'NotPrincipal') })).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' });
});

test('the unique id of somebody who exists is their ARN', async () => {
  await call('PutKeyPolicy', { Policy: policy({ AWS: [ALICE, BOBS_ID] }) });
  expect(await call('GetKeyPolicy', {})).toMatchObject({ Policy: policy({ AWS: [ALICE, BOB] }) });
});

test('a policy that stays as it is comes back as it was written', async () => {
  const statement = { Effect: 'Allow', Principal: { AWS: ALICE }, Action: 'kms:*', Resource: '*' };
  for (const written of [`${policy({ AWS: ALICE })}\n`, JSON.stringify({ Version: '2012-10-17', Statement: statement }, undefined, 2)]) {
    await call('PutKeyPolicy', { Policy: written });
    engine.forget({ arn: BOB, uniqueId: BOBS_ID });
    expect(await call('GetKeyPolicy', {})).toMatchObject({ Policy: written });
  }
});

test.each([['GranteePrincipal'], ['RetiringPrincipal']])('CreateGrant takes nobody as %s who does not exist', async (member) => {
  const grant = { GranteePrincipal: ALICE, Operations: ['Decrypt'] };
  await expect(call('CreateGrant', { ...grant, [member]: CAROL })).rejects.toMatchObject({ name: 'InvalidArnException', message: `ARN does not refer to a valid principal: ${CAROL}` });
  await expect(call('CreateGrant', { ...grant, [member]: 'dynamodb.us-east-1.amazonaws.com' })).resolves.toHaveProperty('GrantId');
});

test('what a key starts with is taken as it is, whatever it is, and outlives those it names', async () => {
  const odd = [{ Effect: 'Allow', Principal: { AWS: [BOB, 7] } }, null, { Principal: 'x' }, { NotPrincipal: { AWS: null } }];
  const arn = engine.addKey({ policy: { Statement: odd } as never });
  engine.forget({ arn: BOB, uniqueId: BOBS_ID });
  const { Policy } = await engine.call('GetKeyPolicy', { KeyId: arn }, { principal: ALICE });
  expect(JSON.parse(Policy as string).Statement[0].Principal).toEqual({ AWS: [BOBS_ID, 7] });
});

test('where nobody is looked up, everybody exists', async () => {
  const kms = new TestKms();
  await expect(kms.call('PutKeyPolicy', { KeyId: kms.key(), Policy: policy({ AWS: CAROL }) })).resolves.toEqual({});
});
