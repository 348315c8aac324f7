import { ACCOUNT, allow, ownedBy, role } from './support/policies';
import type { Call } from './support/transports';
import { TRANSPORTS, destroyClients } from './support/transports';
import type { PolicyDocument } from '../../src/authz';
import { startLocalKms } from '../../src/testing';
import type { LocalKms, LocalKmsOptions } from '../../src/testing';

/** A role that is deleted and made again under its name is another principal: statements that named the old one are dead. */

const OWNER = role('Owner');
const READER = role('app/Reader');
const DEPLOYER = role('Deployer');
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const DENIED = { name: 'AccessDeniedException' };
const NO_LONGER = { name: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' };
const KeyId = 'alias/data';
const input = { KeyId, Plaintext: Buffer.from('x') };

const running: LocalKms[] = [];
const start = async (policy: PolicyDocument, options: LocalKmsOptions = {}): Promise<LocalKms> => {
  const local = await startLocalKms({ keys: [{ aliases: [KeyId], policy }], principals: [OWNER, READER, role('Other')], ...options });
  running.push(local);
  return local;
};
afterEach(async () => {
  destroyClients();
  await Promise.all(running.splice(0).map((local) => local.stop()));
});

const uniqueId = expect.stringMatching(/^AROA[A-Z2-7]{17}$/);
const text = (policy: PolicyDocument) => JSON.stringify(policy);
/** The AWS principal of each statement, as GetKeyPolicy shows it. */
const shown = async (call: Call, key: string): Promise<unknown[]> => {
  const { Policy } = await call('GetKeyPolicy', { KeyId: key });
  return (JSON.parse(Policy as string).Statement as { Principal: { AWS: unknown } }[]).map(({ Principal }) => Principal.AWS);
};

describe.each(TRANSPORTS)('a role that was made again, by %s,', (_, transport) => {
  const reads = allow('Reads', { AWS: READER }, ['kms:Encrypt']);

  test('is not the one whom the key policy names, until the policy is put again', async () => {
    const policy = ownedBy(OWNER, reads);
    const local = await start(policy);
    const [key] = local.keyArns;
    await expect(transport(local, 'Reader')('Encrypt', input)).resolves.toHaveProperty('CiphertextBlob');
    local.recreateRole('Reader');
    await expect(transport(local, 'Reader')('Encrypt', input)).rejects.toMatchObject(DENIED);
    const owner = transport(local, 'Owner');
    expect(await shown(owner, key)).toEqual([OWNER, uniqueId]);
    await owner('PutKeyPolicy', { KeyId: key, Policy: text(policy) });
    await expect(transport(local, 'Reader')('Encrypt', input)).resolves.toHaveProperty('CiphertextBlob');
    expect(await shown(owner, key)).toEqual([OWNER, READER]);
  });

  test('takes nobody else\'s statements with it', async () => {
    const both = allow('Both', { AWS: [READER, role('Other')] }, ['kms:Encrypt']);
    const nightly = allow('Nightly', { AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/Reader/nightly` }, ['kms:Encrypt']);
    const namesake = allow('Namesake', { AWS: role('Reader', '444455556666') }, ['kms:Encrypt']);
    const local = await start(ownedBy(OWNER, both, nightly, namesake));
    local.recreateRole(READER);
    await expect(transport(local, 'Other')('Encrypt', input)).resolves.toHaveProperty('CiphertextBlob');
    await expect(transport(local, 'Reader', { sessionName: 'nightly' })('Encrypt', input)).rejects.toMatchObject(DENIED);
    expect(await shown(transport(local, 'Owner'), local.keyArns[0])).toEqual([
      OWNER, [uniqueId, role('Other')], expect.stringMatching(/^AROA[A-Z2-7]{17}:nightly$/), role('Reader', '444455556666'),
    ]);
  });

  test('is let in where a condition on its ARN says so', async () => {
    const byArn = allow('ByArn', { AWS: '*' }, ['kms:Encrypt'], { ArnEquals: { 'aws:PrincipalArn': READER } });
    const local = await start(ownedBy(OWNER, byArn));
    local.recreateRole('Reader');
    await expect(transport(local, 'Reader')('Encrypt', input)).resolves.toHaveProperty('CiphertextBlob');
    await expect(transport(local, 'Other')('Encrypt', input)).rejects.toMatchObject(DENIED);
  });

  test('is not whom a statement denies that denied the old one', async () => {
    const byArn = allow('ByArn', { AWS: '*' }, ['kms:Encrypt'], { ArnEquals: { 'aws:PrincipalArn': READER } });
    const local = await start(ownedBy(OWNER, byArn, { ...allow('NotReader', { AWS: READER }, ['kms:Encrypt']), Effect: 'Deny' }));
    await expect(transport(local, 'Reader')('Encrypt', input)).rejects.toMatchObject(DENIED);
    local.recreateRole('Reader');
    await expect(transport(local, 'Reader')('Encrypt', input)).resolves.toHaveProperty('CiphertextBlob');
  });

  test('is among those whom a Deny with NotPrincipal is for, which left the old one out', async () => {
    const others = { Sid: 'Others', Effect: 'Deny', NotPrincipal: { AWS: [ROOT, READER, `arn:aws:sts::${ACCOUNT}:assumed-role/Reader/local`] }, Action: 'kms:Encrypt', Resource: '*' };
    const byArn = allow('ByArn', { AWS: '*' }, ['kms:Encrypt'], { ArnEquals: { 'aws:PrincipalArn': READER } });
    const local = await start(ownedBy(OWNER, byArn, others));
    await expect(transport(local, 'Reader')('Encrypt', input)).resolves.toHaveProperty('CiphertextBlob');
    local.recreateRole('Reader');
    await expect(transport(local, 'Reader')('Encrypt', input)).rejects.toMatchObject(DENIED);
  });

  test('has none of the old one\'s grants, and may retire none', async () => {
    const local = await start(ownedBy(OWNER));
    const owner = transport(local, 'Owner');
    const [key] = local.keyArns;
    const grant = { KeyId: key, GranteePrincipal: READER, RetiringPrincipal: READER, Operations: ['Encrypt'], Name: 'reader' };
    const { GrantId } = await owner('CreateGrant', grant);
    await expect(transport(local, 'Reader')('Encrypt', input)).resolves.toHaveProperty('CiphertextBlob');
    local.recreateRole('Reader');
    await expect(transport(local, 'Reader')('Encrypt', input)).rejects.toMatchObject(DENIED);
    await expect(transport(local, 'Reader')('RetireGrant', { KeyId: key, GrantId })).rejects.toMatchObject(DENIED);
    const { Grants } = await owner('ListGrants', { KeyId: key });
    expect(Grants).toEqual([expect.objectContaining({ GrantId, GranteePrincipal: uniqueId, RetiringPrincipal: uniqueId })]);
    expect((await owner('CreateGrant', grant)).GrantId).not.toBe(GrantId);
    await expect(transport(local, 'Reader')('Encrypt', input)).resolves.toHaveProperty('CiphertextBlob');
  });

  test('has credentials of its own: those of the old one are not taken', async () => {
    const local = await start(ownedBy(OWNER, reads));
    const before = [local.credentials('Reader'), transport(local, 'Reader')] as const;
    local.recreateRole('Reader');
    await expect(before[1]('Encrypt', input)).rejects.toMatchObject(NO_LONGER);
    expect(local.credentials('Reader')).not.toEqual(before[0]);
  });

  test('has another `aws:userid`', async () => {
    const local = await start(ownedBy(OWNER, allow('Anybody', { AWS: '*' }, ['kms:Encrypt'])));
    const seen = async () => {
      await transport(local, 'Owner')('PutKeyPolicy', { KeyId: local.keyArns[0], Policy: text(ownedBy(OWNER, reads)) });
      local.recreateRole('Reader');
      return (await shown(transport(local, 'Owner'), local.keyArns[0]))[1];
    };
    const first = await seen();
    const second = await seen();
    expect(second).not.toBe(first);
    const byId = (id: unknown) => allow('ById', { AWS: '*' }, ['kms:Encrypt'], { StringEquals: { 'aws:userid': `${id}:local` } });
    const outcomes = [];
    for (const id of [first, second]) {
      await transport(local, 'Owner')('PutKeyPolicy', { KeyId: local.keyArns[0], Policy: text(ownedBy(OWNER, byId(id))) });
      outcomes.push(await transport(local, 'Reader')('Encrypt', input).then(() => 'allowed', ({ name }) => name));
    }
    expect(outcomes).toEqual(['AccessDeniedException', 'AccessDeniedException']);
  });
});

describe('a role that was deleted', () => {
  test('calls no more, and nobody calls as it, until it is made again', async () => {
    const local = await start(ownedBy(OWNER, allow('Reads', { AWS: READER }, ['kms:Encrypt'])));
    const before = local.port('Reader');
    local.deleteRole('Reader');
    await expect(before.call('Encrypt', input)).rejects.toMatchObject(NO_LONGER);
    expect(() => local.port('Reader')).toThrow(`no role or user 'Reader' here: there are ${OWNER}`);
    local.recreateRole('Reader');
    await expect(local.port('Reader').call('Encrypt', input)).rejects.toMatchObject(DENIED);
    await expect(before.call('Encrypt', input)).rejects.toMatchObject(NO_LONGER);
  });

  test('is no principal that a policy or grant could name', async () => {
    const local = await start(ownedBy(OWNER));
    const named = ownedBy(OWNER, allow('Reads', { AWS: READER }, ['kms:Encrypt']));
    local.deleteRole('Reader');
    const owner = local.port('Owner');
    const KeyArn = local.keyArns[0];
    await expect(owner.call('PutKeyPolicy', { KeyId: KeyArn, Policy: text(named) })).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' });
    await expect(owner.call('CreateGrant', { KeyId: KeyArn, GranteePrincipal: READER, Operations: ['Encrypt'] })).rejects.toMatchObject({
      name: 'InvalidArnException', message: `ARN does not refer to a valid principal: ${READER}`,
    });
  });

  test.each<[string, string, RegExp]>([
    ['a user', 'alice', /^'alice' is a user, and this is for roles: arn:aws:iam::111122223333:user\/alice$/],
    ['nobody', 'Nobody', /^no role or user 'Nobody' here/],
    ['the account root', ROOT, /^no role or user/],
  ])('is not %s', async (_, reference, message) => {
    const local = await start(ownedBy(OWNER), { principals: [OWNER, `arn:aws:iam::${ACCOUNT}:user/alice`] });
    expect(() => local.deleteRole(reference)).toThrow(message);
    expect(() => local.recreateRole(reference)).toThrow(message);
  });
});

describe('of a template', () => {
  const template = (statement: object) => ({
    Resources: {
      Reader: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'Reader', AssumeRolePolicyDocument: { Statement: [] } }, Metadata: { 'aws:cdk:path': 'Shop/Reader/Resource' } },
      Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: ownedBy(OWNER, statement) } },
    },
  });
  const encrypts = (local: LocalKms) => local.port('Shop/Reader').call('Encrypt', { ...input, KeyId: local.keyArn('Key') }).then(() => 'allowed', ({ name }) => name);

  test('a role is found by its construct path, and again after it was made again', async () => {
    const local = await startLocalKms({ template: template(allow('Reads', { AWS: { 'Fn::GetAtt': ['Reader', 'Arn'] } }, ['kms:Encrypt'])), principals: [OWNER] });
    running.push(local);
    const before = await encrypts(local);
    local.recreateRole('Shop/Reader');
    const after = await encrypts(local);
    local.recreateRole('Stack.Reader');
    expect([before, after, await encrypts(local)]).toEqual(['allowed', 'AccessDeniedException', 'AccessDeniedException']);
  });

  test('its RoleId is the unique id that conditions see, and no longer when it was made again', async () => {
    const condition = { StringLike: { 'aws:userid': { 'Fn::Sub': '${Reader.RoleId}:*' } } };
    const local = await startLocalKms({ template: template(allow('Reads', { AWS: '*' }, ['kms:Encrypt'], condition)), principals: [OWNER] });
    running.push(local);
    const before = await encrypts(local);
    local.recreateRole('Reader');
    expect([before, await encrypts(local)]).toEqual(['allowed', 'AccessDeniedException']);
  });
});

test('what lacks is an identity policy, where the key policy leaves a role to IAM by its unique id', async () => {
  const byId = (pattern: string) => ownedBy(OWNER, allow('ById', { AWS: ROOT }, ['kms:Encrypt'], { StringLike: { 'aws:userid': pattern } }));
  const lacks = async (pattern: string) => (await start(byId(pattern))).port('Reader').call('Encrypt', input).catch(({ message }) => message as string);
  expect(await lacks('AROA*:local')).toContain('because no identity-based policy allows');
  expect(await lacks('AIDA*')).toContain('because no resource-based policy allows');
});

test('whom a key starts with may be named again, whether or not anything tells of them', async () => {
  const unknown = allow('Reads', { AWS: role('Elsewhere') }, ['kms:Encrypt']);
  const local = await start(ownedBy(OWNER, unknown));
  const put = (...statements: object[]) => local.port('Owner').call('PutKeyPolicy', { KeyId: local.keyArns[0], Policy: text(ownedBy(OWNER, ...statements)) });
  await expect(put({ ...unknown, Sid: 'ReadsStill' })).resolves.toEqual({});
  await expect(put(allow('Reads', { AWS: role('Nowhere') }, ['kms:Encrypt']))).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' });
});

describe('a key whose deployer was made again', () => {
  const named = allow('DeployerOwnsThePolicy', { AWS: DEPLOYER }, ['kms:PutKeyPolicy', 'kms:GetKeyPolicy']);
  const recovery = allow('Recovery', { AWS: ROOT }, ['kms:PutKeyPolicy', 'kms:GetKeyPolicy', 'kms:DescribeKey'], { ArnEquals: { 'aws:PrincipalArn': [DEPLOYER, ROOT] } });
  const policyWith = (...Statement: object[]) => ({ Version: '2012-10-17', Statement }) as PolicyDocument;
  const almighty = { managedPolicies: ['AdministratorAccess'] };
  const principals = [{ arn: DEPLOYER, ...almighty }, { arn: role('Administrator'), ...almighty }];

  /** Puts the policy again as each of them, first the one whose turn it is. */
  const outcomes = async (policy: PolicyDocument, given = principals) => {
    const local = await start(policy, { principals: given });
    const puts = async (who: string) => local.port(who).call('PutKeyPolicy', { KeyId: local.keyArns[0], Policy: text(policy) }).then(() => 'allowed', ({ name }) => name);
    const before = await puts('Deployer');
    local.recreateRole('Deployer');
    const administrator = given.length > 1 ? await puts('Administrator') : undefined;
    const root = await puts(ROOT);
    local.recreateRole('Deployer');
    return { before, administrator, root, deployer: await puts('Deployer'), again: await puts('Deployer') };
  };

  test('and which only the deployer could change is lost, to the root user too', async () => {
    expect(await outcomes(policyWith(named))).toEqual({
      before: 'allowed', administrator: 'AccessDeniedException', root: 'AccessDeniedException', deployer: 'AccessDeniedException', again: 'AccessDeniedException',
    });
  });

  test('is changed by it and by the root user, who are told by their ARNs, and by nobody else', async () => {
    expect(await outcomes(policyWith(named, recovery))).toEqual({
      before: 'allowed', administrator: 'AccessDeniedException', root: 'allowed', deployer: 'allowed', again: 'allowed',
    });
  });

  test('is not changed by it where its IAM policies do not allow that: the account is named, not the role', async () => {
    expect(await outcomes(policyWith(named, recovery), [{ arn: DEPLOYER, managedPolicies: [] }])).toMatchObject({ before: 'allowed', deployer: 'AccessDeniedException' });
  });
});
