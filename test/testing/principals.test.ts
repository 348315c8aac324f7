import type { TemplateIdentity } from '../../src/template';
import type { LocalPrincipal } from '../../src/testing';
import { managedPolicy } from '../../src/testing/managed-policies';
import { Principals } from '../../src/testing/principals';

const identity = (stack: string, logicalId: string, arn: string, more: Partial<TemplateIdentity> = {}): TemplateIdentity => ({
  type: arn.includes(':user/') ? 'AWS::IAM::User' : 'AWS::IAM::Role',
  stack,
  logicalId,
  arn,
  name: arn.split('/').pop()!,
  policies: [],
  managedPolicyArns: [],
  ...more,
});

const WRITER = 'arn:aws:iam::111122223333:role/app/Shop-Writer-1A2B';
const ALICE = 'arn:aws:iam::111122223333:user/team/alice';
const DEPLOYER = 'arn:aws:iam::111122223333:role/cdk-exec';

const templates = [
  identity('Shop', 'WriterRole4F', WRITER, { path: 'Shop/Writer/Role/Resource' }),
  identity('Shop', 'Twin', 'arn:aws:iam::111122223333:role/Shop-Twin'),
  identity('Mall', 'Twin', 'arn:aws:iam::444455556666:role/Mall-Twin', { path: 'Mall/Twin/Resource' }),
  identity('Shop', 'Alice', ALICE),
];
const everyone = new Principals(templates, [{ arn: DEPLOYER, name: 'deployer' }, 'arn:aws:iam::444455556666:role/Auditor']);
const SESSION = 'arn:aws:sts::111122223333:assumed-role/Shop-Writer-1A2B/local';

describe('a principal is found', () => {
  test.each([
    ['by the ARN of its role', WRITER, SESSION],
    ['by the ARN of a session, which keeps its name', SESSION.replace('local', 'i-0abc'), SESSION.replace('local', 'i-0abc')],
    ['by name', 'Shop-Writer-1A2B', SESSION],
    ['by logical id', 'WriterRole4F', SESSION],
    ['by stack and logical id', 'Shop.WriterRole4F', SESSION],
    ['by construct path', 'Shop/Writer/Role', SESSION],
    ['by construct path of the resource', 'Shop/Writer/Role/Resource', SESSION],
    ['by a name it was given', 'deployer', 'arn:aws:sts::111122223333:assumed-role/cdk-exec/local'],
    ['by the name in an ARN that was given', 'Auditor', 'arn:aws:sts::444455556666:assumed-role/Auditor/local'],
    ['with the stack, where a logical id is there twice', 'Mall.Twin', 'arn:aws:sts::444455556666:assumed-role/Mall-Twin/local'],
    ['as itself, a user', 'alice', ALICE],
    ['as itself, the account root', 'arn:aws:iam::111122223333:root', 'arn:aws:iam::111122223333:root'],
  ])('%s', (_, reference, arn) => {
    expect(everyone.find(reference).arn).toBe(arn);
  });

  test('with the account and the identity it belongs to', () => {
    expect(everyone.find('WriterRole4F', 'nightly')).toEqual({
      arn: SESSION.replace('local', 'nightly'), account: '111122223333', temporary: true, identityArn: WRITER, uniqueId: expect.stringMatching(/^AROA[A-Z2-7]{17}$/),
    });
    expect(everyone.find('alice')).toMatchObject({ temporary: false, identityArn: ALICE, uniqueId: expect.stringMatching(/^AIDA[A-Z2-7]{17}$/) });
    expect(everyone.find('arn:aws:iam::111122223333:root')).not.toHaveProperty('uniqueId');
  });
});

describe('a principal is not found', () => {
  test.each([
    ['nobody has the name', 'Reader', /^no role or user 'Reader' here: there are Shop-Writer-1A2B \(Shop\.WriterRole4F, Shop\/Writer\/Role\), Shop-Twin/],
    ['it is the id of a construct within its path', 'Writer', /^no role or user 'Writer' here: did you mean 'Shop\/Writer\/Role'\? There are Shop-Writer-1A2B/],
    ['it is the end of a path, in other letters', 'writer/role', /here: did you mean 'Shop\/Writer\/Role'\?/],
    ['it is a name in other letters', 'AUDITOR', /here: did you mean 'Auditor'\?/],
    ['it is a part of a name only', 'Write', /^no role or user 'Write' here: there are/],
    ['the ARN is of another account', WRITER.replace('1111', '9999'), /^no role or user 'arn:aws:iam::999922223333/],
    ['the session is of a role that is not here', 'arn:aws:sts::444455556666:assumed-role/Shop-Writer-1A2B/local', /^no role or user/],
    ['a user\'s name stands in the session', 'arn:aws:sts::111122223333:assumed-role/alice/local', /^no role or user/],
    ['a logical id is there twice', 'Twin', /^'Twin' could be Shop-Twin \(Shop\.Twin\) or Mall-Twin \(Mall\.Twin, Mall\/Twin\): use the ARN/],
  ])('because %s', (_, reference, message) => {
    expect(() => everyone.find(reference)).toThrow(message);
  });

  test('and whose path ends with it is meant, before those who have it within theirs', () => {
    const roles = ['Api/Writer', 'Writer/Log', 'Batch/Writer'].map((path, i) => identity('Shop', `R${i}`, `arn:aws:iam::111122223333:role/R${i}`, { path: `${path}/Resource` }));
    expect(() => new Principals(roles, []).find('Writer')).toThrow("did you mean 'Api/Writer' or 'Batch/Writer'? There are R0");
  });

  test('because there is nobody', () => {
    expect(() => new Principals([], []).find('x')).toThrow('there are none; add others with the option \'principals\'');
  });

  test('and a long list is cut short', () => {
    const many = new Principals([], Array.from({ length: 40 }, (_, index) => `arn:aws:iam::111122223333:role/R${index}`));
    expect(() => many.find('x')).toThrow(/R29 and 10 more/);
  });
});

describe('what is added by hand', () => {
  const factsOf = (added: LocalPrincipal) => new Principals(templates, [added]).identities.find(({ arn }) => arn === added.arn)!;
  const document = { Version: '2012-10-17', Statement: [] };

  test('joins what the template says of the same role', () => {
    const facts = factsOf({ arn: WRITER, policies: [document, { name: 'named', document }], tags: { team: 'billing' }, organizationId: 'o-1' });
    expect(facts.policies!.map(({ name }) => name)).toEqual(['policy 1', 'named']);
    expect(facts).toMatchObject({ tags: { team: 'billing' }, organizationId: 'o-1' });
  });

  test('may be a managed policy by name or ARN, and a boundary', () => {
    const facts = factsOf({ arn: DEPLOYER, managedPolicies: ['AdministratorAccess', 'arn:aws:iam::aws:policy/ReadOnlyAccess'], boundary: document });
    expect(facts.policies!.map(({ name }) => name)).toEqual(['AdministratorAccess (AWS managed)', 'ReadOnlyAccess (AWS managed)']);
    expect(facts.boundary).toEqual({ name: 'policy 1', document });
  });

  test('may not be a managed policy that is not known here', () => {
    expect(() => factsOf({ arn: DEPLOYER, managedPolicies: ['MyOwn'] })).toThrow('managed policy \'MyOwn\' is not known here: give its document in \'policies\'');
  });

  test.each([['a name', 'Writer'], ['a session', SESSION], ['an account root', 'arn:aws:iam::111122223333:root'], ['a service', 'logs.amazonaws.com']])(
    'may not be %s', (_, arn) => {
      expect(() => new Principals([], [arn])).toThrow(`'principals' takes ARNs of roles and users, arn:aws:iam::111122223333:role/Name, got '${arn}'`);
    },
  );
});

describe('managed policies', () => {
  test.each([
    ['AdministratorAccess', 'policy/AdministratorAccess', ['*']],
    ['ReadOnlyAccess', 'policy/ReadOnlyAccess', ['kms:Describe*', 'kms:Get*', 'kms:List*']],
    ['AWSXrayWriteOnlyAccess', 'policy/AWSXrayWriteOnlyAccess', 'nothing on KMS'],
    ['ViewOnlyAccess', 'policy/job-function/ViewOnlyAccess', undefined],
    ['toString', 'policy/toString', undefined],
  ])('%s is the same by name and by ARN', (name, resource, actions) => {
    for (const policy of [managedPolicy(name), managedPolicy(`arn:aws:iam::aws:${resource}`)]) {
      const [statement] = [policy?.document.Statement ?? []].flat();
      expect(policy && (statement?.Action ?? 'nothing on KMS')).toEqual(actions);
    }
  });
});
