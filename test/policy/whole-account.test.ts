import { App, Aws, Stack, type Environment } from 'aws-cdk-lib';
import { PolicyStatement, type Conditions, type OrganizationPrincipal } from 'aws-cdk-lib/aws-iam';
import { anybody, BY_ORGANIZATION, DOORS, enter, FORMS, MAYBE_OWN, NEAR_MISSES, ROLES, statementFor, USES, type Door, type Form, type Forms } from './support/doors';
import { AccountAccess, SymmetricDataKey } from '../../src';
import { Deployed, HERE, roleIn } from '../support/deployed';

const { ADMINISTRATION_ONLY, DELEGATE_TO_IAM, NONE } = AccountAccess;
/** What no test here looks at. */
const QUICK = { treeMetadata: false, analyticsReporting: false };

function refusal(door: Door, form: Form, access: AccountAccess, env: Environment): string | undefined {
  const app = new App(QUICK);
  const stack = new Stack(app, 'Keys', { env });
  try {
    enter(door, stack, access, form(stack));
    app.synth();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What is wrong with a refusal: it has to be there, and to say which key, who, and which statement. */
function fault(message: string | undefined): string | undefined {
  if (message === undefined) return 'was let in';
  if (!message.includes('Keys/Key')) return `does not name the key: ${message}`;
  if (!/account|everybody|anybody|organization|not one role|gives everything away|not bound to the service/.test(message)) return `does not say who: ${message}`;
  if (!/statement '\w+'|granted \w+ on|cannot grant|the view of|among otherDeployers|: the deployer is/.test(message)) return `does not name the statement: ${message}`;
  return /Token|Resolution|<own account>|\[object/.test(message) ? `shows what nobody can read: ${message}` : undefined;
}

/** The faults of what a door says to each form. */
function faults(door: Door, forms: Forms, access: AccountAccess, env: Environment = HERE): Record<string, string> {
  return Object.fromEntries(Object.entries(forms).flatMap(([name, form]) => {
    const found = fault(refusal(door, form, access, env));
    return found === undefined ? [] : [[name, found]];
  }));
}

/** One door of each kind, where all of them would take too long. */
const SOME_USES = Object.entries(USES).filter(([name]) => ['grants.decrypt', 'grantEncryptDecrypt', 'grant', 'addToResourcePolicy', 'grantDecrypt of the view for S3'].includes(name));
const SOME_DOORS: [string, Door][] = [...SOME_USES, ...Object.entries(ROLES)];
const SOME_FORMS = Object.fromEntries(Object.entries(FORMS).filter(([name]) => /^the account root$|^anybody by kms:CallerAccount$|^a role beside the account$/.test(name)));

describe('nobody lets in the whole account', () => {
  test.each(Object.entries(DOORS))('by %s', (_, door) => expect(faults(door, FORMS, ADMINISTRATION_ONLY)).toEqual({}));

  test.each(Object.entries(DOORS))('by %s, where IAM policies give nothing', (_, door) => expect(faults(door, SOME_FORMS, NONE)).toEqual({}));
  test.each(SOME_DOORS)('by %s in any form, where IAM policies give nothing', (_, door) => expect(faults(door, FORMS, NONE)).toEqual({}));

  test.each(Object.entries(DOORS))('by %s, in a stack that does not know its account', (_, door) => expect(faults(door, MAYBE_OWN, ADMINISTRATION_ONLY, {})).toEqual({}));

  test.each(Object.entries(ROLES))('by %s, for all accounts of an organization', (_, door) => expect(faults(door, BY_ORGANIZATION, NONE)).toEqual({}));
});

/** Lets in each of the forms, one in a stack. */
function letIn(door: Door, forms: Forms, access: AccountAccess): void {
  const app = new App(QUICK);
  for (const [name, form] of Object.entries(forms)) {
    const stack = new Stack(app, name.replace(/[^a-z]+/gi, '-'), { env: HERE });
    enter(door, stack, access, form(stack));
  }
  app.synth();
}

describe('who is not the whole account is let in', () => {
  test.each(SOME_USES)('by %s', (_, door) => letIn(door, NEAR_MISSES, ADMINISTRATION_ONLY));

  test.each<[string, Door]>([...SOME_USES, ['grants.readPublicKey', USES['grants.readPublicKey']]])('by %s, for an organization', (_, door) => letIn(door, BY_ORGANIZATION, NONE));

  test.each(SOME_USES)('and so is the account by %s where IAM decides anyway', (_, door) => letIn(door, FORMS, DELEGATE_TO_IAM));
});

describe('where IAM decides who uses the key, nobody owns its policy without an IAM policy', () => {
  const everybody = Object.fromEntries(Object.entries({ ...FORMS, ...BY_ORGANIZATION }).filter(([name]) => /^(anybody|an organization|a part)/.test(name)));

  test('by policyOwners', () => expect(faults(ROLES.policyOwners, everybody, DELEGATE_TO_IAM)).toEqual({}));
  test('by addToResourcePolicy', () => expect(faults(ROLES['addToResourcePolicy to own the policy'], everybody, DELEGATE_TO_IAM)).toEqual({}));
  test('but a role does', () => letIn(ROLES.policyOwners, { role: NEAR_MISSES['a role'] }, DELEGATE_TO_IAM));
});

describe('administration by the whole account', () => {
  const door = (...actions: string[]): Door => ({ key: (key, principal) => key.addToResourcePolicy(statementFor(principal, ...actions)) });
  const WHOM_IAM_LETS_IN = "the whole account: IAM policies would decide who administers 'Keys/Key'";
  const WHOEVER_IT_IS = 'everybody in the whole account, with an IAM policy or without';
  const [root, everybody, organization] = [FORMS['the account root'], FORMS['anybody by kms:CallerAccount'], BY_ORGANIZATION['an organization']];
  test.each<[string, AccountAccess, string, Form, boolean]>([
    ['looks', ADMINISTRATION_ONLY, 'kms:Describe*', root, true],
    ['looks, without an IAM policy', ADMINISTRATION_ONLY, 'kms:DescribeKey', everybody, true],
    ['looks', NONE, 'kms:List*', root, true],
    ['has its IAM policies', ADMINISTRATION_ONLY, 'kms:ScheduleKeyDeletion', root, true],
    ['has no IAM policy', ADMINISTRATION_ONLY, 'kms:ScheduleKeyDeletion', everybody, false],
    ['has no IAM policy, and comes from anywhere in an organization', ADMINISTRATION_ONLY, 'kms:Disable*', organization, false],
    ['has its IAM policies, which are to give nothing', NONE, 'kms:ScheduleKeyDeletion', root, false],
    ['has its IAM policies, which are to give nothing, by a pattern', NONE, 'kms:Untag*', root, false],
    ['has no IAM policy', NONE, 'kms:ScheduleKeyDeletion', everybody, false],
  ])('that %s: under %s %s', (_, access, action, form, allowed) => {
    const message = refusal(door(action), form, access, HERE);
    if (allowed) expect(message).toBeUndefined();
    else expect(message).toContain(`allows ${action} to ${form === root ? WHOM_IAM_LETS_IN : WHOEVER_IT_IS}. Name the roles`);
  });
});

describe('a service that acts for its callers', () => {
  // As AWS writes it for EFS: Amazon EFS User Guide, "Using encryption keys".
  const efs: Door = {
    key: (key, principal) => key.addToResourcePolicy(statementFor(principal, 'kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:CreateGrant', 'kms:DescribeKey')),
  };
  const caller = { 'kms:CallerAccount': HERE.account };
  test.each<[string, Conditions, boolean]>([
    ['through one service', { StringEquals: { ...caller, 'kms:ViaService': 'elasticfilesystem.eu-west-1.amazonaws.com' } }, true],
    ['through one service in any Region', { StringEquals: caller, StringLike: { 'kms:ViaService': 'elasticfilesystem.*.amazonaws.com' } }, true],
    ['through one service in the Region of the stack', { StringEquals: { ...caller, 'kms:ViaService': `elasticfilesystem.${Aws.REGION}.amazonaws.com` } }, true],
    ['through any service', { StringEquals: caller, StringLike: { 'kms:ViaService': '*' } }, false],
    ['through any service, in more words', { StringEquals: caller, StringLike: { 'kms:ViaService': '*.amazonaws.com' } }, false],
    ['through services with a beginning in common', { StringEquals: caller, StringLike: { 'kms:ViaService': 's*.eu-west-1.amazonaws.com' } }, false],
    ['through one service or any', { StringEquals: caller, StringLike: { 'kms:ViaService': ['s3.*.amazonaws.com', '*'] } }, false],
    ['through no service', { StringEquals: caller }, false],
    ['through one service, for every account', { StringEquals: { 'kms:ViaService': 'elasticfilesystem.eu-west-1.amazonaws.com' } }, false],
  ])('may act for the whole account %s: %j is %s', (_, conditions, allowed) =>
    expect(refusal(efs, anybody(conditions), ADMINISTRATION_ONLY, HERE) === undefined).toBe(allowed));

  const through = { StringEquals: { ...caller, 'kms:ViaService': 'ssm.eu-west-1.amazonaws.com' } };
  const gives = (...actions: string[]): Door => ({ key: (key, principal) => key.addToResourcePolicy(statementFor(principal, ...actions)) });
  test.each<[string, AccountAccess, string[], boolean]>([
    ['decrypts', NONE, ['kms:Decrypt'], true],
    ['looks and decrypts', NONE, ['kms:Describe*', 'kms:Decrypt'], true],
    ['deletes', NONE, ['kms:ScheduleKeyDeletion'], false],
    ['decrypts and disables', NONE, ['kms:Decrypt', 'kms:DisableKey'], false],
    ['ends grants', ADMINISTRATION_ONLY, ['kms:*Grant'], false],
    ['tags', ADMINISTRATION_ONLY, ['kms:TagResource'], false],
  ])('does for its callers what it calls for them: that it %s under %s (%j) is %s', (_, access, actions, allowed) =>
    expect(refusal(gives(...actions), anybody(through), access, HERE) === undefined).toBe(allowed));
});

describe('an account that only deployment knows', () => {
  test('may be the whole account, and there is a way out', () => {
    expect(refusal(USES['grants.decrypt'], MAYBE_OWN['an account by parameter'], ADMINISTRATION_ONLY, HERE))
      .toMatch(/may be the whole account of the key, as only deployment knows which account it is: .* If it is another account, write it out, or read it when the app is synthesized/);
  });

  test('is known where a map of Fn::Sub says it', () => {
    expect(refusal(USES['grants.decrypt'], FORMS['the ARN of the root, as Fn::Sub with a number'], ADMINISTRATION_ONLY, HERE)).toMatch(/: IAM policies of the whole account would decide/);
  });
});

describe('an organization that is let in', () => {
  const warnings = (form: Form, access: AccountAccess, ...doors: Door[]) => {
    const app = new App(QUICK);
    const stack = new Stack(app, 'Keys', { env: HERE });
    doors.forEach((door, i) => enter(door, new Stack(app, `Keys${i}`, { env: HERE }), access, form(stack)));
    return app.synth().stacks.flatMap(({ messages }) => messages.map(({ entry }) => String(entry.data))).filter((text) => text.includes('cdk-keysmith:organization'));
  };
  const [organization, grants, statement] = [BY_ORGANIZATION['an organization'], USES['grants.decrypt'], USES.addToResourcePolicy];

  test.each(Object.entries(BY_ORGANIZATION))('may hold the key\'s own account: %s', (_, form) => {
    const [granted, added, ...others] = warnings(form, NONE, grants, statement);
    expect(granted).toMatch(/granted Decrypt, lets everybody of every account of an organization use 'Keys0\/Key', the key's own account included .* nobody needs an IAM policy for it\. Narrow it by a condition/);
    expect(added).toContain("statement 'Custom' given to addToResourcePolicy lets everybody of every account of an organization use 'Keys1/Key'");
    expect(others).toEqual([]);
  });

  test.each<[string, Form, AccountAccess]>([
    ['by a tag', () => (organization(new Stack()) as OrganizationPrincipal).withConditions({ StringEquals: { 'aws:PrincipalTag/team': 'billing' } }), NONE],
    ['by another account of it', () => (organization(new Stack()) as OrganizationPrincipal).withConditions({ StringEquals: { 'aws:PrincipalAccount': '444455556666' } }), NONE],
    ['where IAM decides anyway', organization, DELEGATE_TO_IAM],
    ['where no organization is', NEAR_MISSES['another account'], NONE],
  ])('is nothing to say %s', (_, form, access) => expect(warnings(form, access, grants, statement)).toEqual([]));

  test('lets in whoever is of it, without an IAM policy', () => {
    const app = new App(QUICK);
    const stack = new Stack(app, 'Keys', { env: HERE });
    const [role, key] = [roleIn(stack, 'Role'), new SymmetricDataKey(stack, 'Key', { accountAccess: NONE })];
    key.grants.decrypt(organization(stack));
    const deployed = new Deployed(app);
    const call = (id?: string) => ({ parameters: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }, conditionKeys: id === undefined ? undefined : { 'aws:PrincipalOrgID': id } });
    expect([call('o-abcdefghij'), call('o-klmnopqrst')].map((each) => deployed.outcome(role, 'kms:Decrypt', key, each))).toEqual(['Allowed', 'ImplicitlyDenied']);
  });
});

describe('whoever administers from another account', () => {
  test('is told what has no effect there', () => {
    const app = new App(QUICK);
    const stack = new Stack(app, 'Keys', { env: HERE });
    enter(ROLES.administrators, stack, NONE, NEAR_MISSES['all roles of another account'](stack));
    const [template] = app.synth().stacks;
    expect(template.messages.map(({ entry }) => String(entry.data)).join()).toMatch(/is in another account, where .*kms:ScheduleKeyDeletion.* on this key have no effect/);
    expect(JSON.stringify((template.template as { Resources: object }).Resources)).not.toMatch(/"AWS":"\*"\},"Action":\[[^\]]*ScheduleKeyDeletion/);
  });
});

describe('whoever is let in by what tells them from others', () => {
  const AES = { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
  const decrypts = (form: Form) => {
    const app = new App(QUICK);
    const stack = new Stack(app, 'Keys', { env: HERE });
    const [inside, outside] = [roleIn(stack, 'Inside', { roleName: 'inside', path: '/readers/' }), roleIn(stack, 'Outside', { roleName: 'readers' })];
    for (const role of [inside, outside]) role.addToPolicy(new PolicyStatement({ actions: ['kms:*'], resources: ['*'] }));
    const key = new SymmetricDataKey(stack, 'Key', { accountAccess: NONE });
    key.grants.decrypt(form(stack));
    const deployed = new Deployed(app);
    const call = (team?: string) => ({ parameters: AES, tags: team === undefined ? undefined : { team } });
    return {
      inside: deployed.outcome(inside, 'kms:Decrypt', key, call()),
      outside: deployed.outcome(outside, 'kms:Decrypt', key, call()),
      tagged: deployed.outcome(outside, 'kms:Decrypt', key, call('billing')),
      other: deployed.outcome(outside, 'kms:Decrypt', key, call('sales')),
    };
  };
  const nobody = { inside: 'ImplicitlyDenied', outside: 'ImplicitlyDenied', tagged: 'ImplicitlyDenied', other: 'ImplicitlyDenied' };

  test.each([
    ['roles by path', { ...nobody, inside: 'Allowed' }],
    ['anybody by path', { ...nobody, inside: 'Allowed' }],
    ['the account by tag', { ...nobody, tagged: 'Allowed' }],
    ['anybody of the account by tag', { ...nobody, tagged: 'Allowed' }],
    ['another account', nobody],
    ['anybody of another account', nobody],
    ['a role beside another account', nobody],
  ])('%s: %j', (name, outcomes) => expect(decrypts(NEAR_MISSES[name])).toEqual(outcomes));
});

describe('instead of the whole account', () => {
  const account = FORMS['the account root'];
  test.each<[string, Door, AccountAccess, RegExp]>([
    ['a use is left to IAM by DELEGATE_TO_IAM', USES['grants.decrypt'], ADMINISTRATION_ONLY, /Name the roles, or choose AccountAccess\.DELEGATE_TO_IAM, which leaves that to IAM$/],
    ['administration is left to IAM by ADMINISTRATION_ONLY', ROLES.administrators, NONE, /Name the roles, or choose AccountAccess\.ADMINISTRATION_ONLY, which leaves that to IAM$/],
    ['administration need not be given again', ROLES.administrators, ADMINISTRATION_ONLY, /ADMINISTRATION_ONLY leaves that to IAM already: leave it out, or name the roles$/],
    ['looking need not be given again', ROLES.auditors, ADMINISTRATION_ONLY, /ADMINISTRATION_ONLY leaves that to IAM already: leave it out, or name the roles$/],
    ['the policy is left to nobody', ROLES.policyOwners, NONE, /IAM policies of the whole account would decide who may\. Name the roles$/],
    ['the policy is left to nobody, whoever uses the key', ROLES.policyOwners, DELEGATE_TO_IAM, /IAM policies of the whole account would decide who may\. Name the roles$/],
  ])('%s', (_, door, access, message) => expect(refusal(door, account, access, HERE)).toMatch(message));
});
