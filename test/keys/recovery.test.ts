import { App, Stack } from 'aws-cdk-lib';
import { AccountPrincipal, AccountRootPrincipal, ArnPrincipal, CompositePrincipal, OrganizationPrincipal, PrincipalWithConditions, Role, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import { AccountAccess, KmsService, SigningKey, SymmetricDataKey, type SymmetricDataKeyProps } from '../../src';
import { decide } from '../../src/authz';
import type { PolicyDocument, PolicyStatement } from '../../src/authz';
import { startLocalKms } from '../../src/testing';
import type { LocalKms } from '../../src/testing';
import { tableIn } from '../services/support/resources';
import { almightyRoleIn, Deployed, executionRole, HERE, OTHER_ACCOUNT, roleIn } from '../support/deployed';

/** KMS keeps the unique id of a role that a policy names: when the role is made again, only statements that tell it by its ARN hold for it. */

const { ADMINISTRATION_ONLY, DELEGATE_TO_IAM, NONE } = AccountAccess;
const ROOT = `arn:aws:iam::${HERE.account}:root`;
const OTHER_REGION = { ...HERE, region: 'eu-central-1' };
const AFTER_BOOTSTRAP = executionRole().replace('hnb659fds', 'abc');
const EVERYTHING = [{ name: 'Everything', document: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } } as PolicyDocument }];

const named = (name: string, account = HERE.account) => `arn:aws:iam::${account}:role/${name}`;
const statementsOf = ({ Statement }: PolicyDocument): PolicyStatement[] => [Statement].flat() as PolicyStatement[];
const isRecovery = ({ Sid }: PolicyStatement) => /^RecoverPolicy\d*$/.test(Sid!);

interface Asked {
  readonly conditionKeys?: Record<string, string>;
  /** IAM policies of the principal. */
  readonly policies?: typeof EVERYTHING;
}

/** A key whose roles were all made again since its policy was put: what is left of it are its statements about ARNs. */
class Abandoned {
  public readonly recovery: readonly PolicyStatement[];

  constructor(private readonly deployed: Deployed, private readonly key: SymmetricDataKey | SigningKey) {
    this.recovery = statementsOf(deployed.keyOf(key).policy).filter(isRecovery);
  }

  public allows(principal: string | Role, action: string, { conditionKeys, policies = EVERYTHING }: Asked = {}): boolean {
    const arn = typeof principal === 'string' ? principal : this.deployed.arnOf(principal);
    const key = { ...this.deployed.keyOf(this.key), policy: { Version: '2012-10-17', Statement: this.recovery } };
    return this.recovery.length > 0 && decide({ identities: [{ arn, policies }] }, { principal: arn, action, key, conditionKeys }).allowed;
  }
}

function abandoned(props: (stack: Stack, app: App) => SymmetricDataKeyProps, env: object = HERE): Abandoned {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env });
  const key = new SymmetricDataKey(stack, 'Key', { alias: 'orders', ...props(stack, app) });
  return new Abandoned(new Deployed(app), key);
}

describe('a key of which all roles were made again', () => {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env: HERE });
  const [elsewhere, otherRegion] = [new Stack(app, 'Owners', { env: HERE }), new Stack(app, 'Far', { env: OTHER_REGION })];
  const owners = {
    nameless: roleIn(stack, 'Owner'),
    elsewhere: roleIn(elsewhere, 'Owner', { roleName: 'owner-elsewhere', path: '/owners/' }),
    namelessElsewhere: roleIn(elsewhere, 'Nameless'),
    otherRegion: roleIn(otherRegion, 'Owner', { roleName: 'owner-of-other-region' }),
  };
  const [administrator, auditor, reader] = ['Administrator', 'Auditor', 'Reader'].map((id) => roleIn(stack, id));
  const key = new SymmetricDataKey(stack, 'Key', {
    alias: 'orders',
    policyOwners: [...Object.values(owners), Role.fromRoleArn(stack, 'Imported', named('imported'))],
    otherDeployers: [new ArnPrincipal(AFTER_BOOTSTRAP)],
    administrators: [administrator],
    auditors: [auditor],
  });
  key.grants.decrypt(reader);
  const stranger = almightyRoleIn(stack, 'Stranger');
  let abandonedKey: Abandoned;
  beforeAll(() => { abandonedKey = new Abandoned(new Deployed(app), key); });

  const MAY: [string, string | Role][] = [
    ['the deployer', executionRole()],
    ['the deployer of another bootstrap qualifier', AFTER_BOOTSTRAP],
    ['a policy owner of the stack, under a name that CloudFormation makes', owners.nameless],
    ['a policy owner of another stack', owners.elsewhere],
    ['a policy owner of another stack, under a name that CloudFormation makes', owners.namelessElsewhere],
    ['a policy owner of another Region', owners.otherRegion],
    ['a policy owner that was imported', named('imported')],
    ['the root user', ROOT],
  ];
  const MAY_NOT: [string, string | Role][] = [
    ['a stranger', stranger],
    ['an administrator', administrator],
    ['an auditor', auditor],
    ['a grantee', reader],
    ['a role with a longer name', `${executionRole()}x`],
    ['a role with a shorter name', executionRole().slice(0, -1)],
    ['a role of that name under a path', executionRole().replace('role/', 'role/team/')],
    ['a policy owner\'s name without its path', named('owner-elsewhere')],
    ['a user of that name', executionRole().replace('role/', 'user/')],
    ['a role of that name in another account', executionRole().replace(HERE.account, OTHER_ACCOUNT.account)],
    ['the root user of another account', ROOT.replace(HERE.account, OTHER_ACCOUNT.account)],
    ['the deployer of another Region', executionRole(OTHER_REGION)],
  ];

  test.each(MAY)('is given a policy again by %s', (_, who) =>
    expect(['kms:PutKeyPolicy', 'kms:GetKeyPolicy', 'kms:DescribeKey'].filter((action) => !abandonedKey.allows(who, action))).toEqual([]));

  test.each(MAY)('and %s may do nothing else with it', (_, who) =>
    expect(['kms:Decrypt', 'kms:GenerateDataKey', 'kms:CreateGrant', 'kms:ReplicateKey', 'kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:ListGrants']
      .filter((action) => abandonedKey.allows(who, action))).toEqual([]));

  test.each(MAY.filter(([, who]) => who !== ROOT))('nor may %s without an IAM policy, as it is told by its ARN', (_, who) =>
    expect(abandonedKey.allows(who, 'kms:PutKeyPolicy', { policies: [] })).toBe(false));

  test.each(MAY_NOT)('is out of reach for %s', (_, who) =>
    expect(['kms:PutKeyPolicy', 'kms:GetKeyPolicy', 'kms:DescribeKey'].filter((action) => abandonedKey.allows(who, action))).toEqual([]));
});

describe('the statement that keeps a key from loss', () => {
  const puts = (key: Abandoned, who = executionRole()) => key.allows(who, 'kms:PutKeyPolicy');

  test.each<[string, string, AccountAccess | undefined]>([
    ['is there', 'by default', undefined],
    ['is there', 'under ADMINISTRATION_ONLY', ADMINISTRATION_ONLY],
    ['is there', 'under NONE', NONE],
    ['is not there', 'under DELEGATE_TO_IAM, where IAM decides anyway', DELEGATE_TO_IAM],
  ])('%s %s', (there, _, accountAccess) => {
    const key = abandoned(() => ({ accountAccess }));
    expect([puts(key), key.recovery.length > 0]).toEqual(Array(2).fill(there === 'is there'));
  });

  test('is there for every kind of key', () => {
    const app = new App();
    const key = new SigningKey(new Stack(app, 'Keys', { env: HERE }), 'Key');
    expect(puts(new Abandoned(new Deployed(app), key))).toBe(true);
  });

  test('is there in a stack that does not know its account, for the one that it is deployed to', () => {
    const app = new App();
    const key = new SymmetricDataKey(new Stack(app, 'Keys'), 'Key');
    const deployed = new Deployed(app);
    const { arn } = deployed.keyOf(key);
    const [, , , region, account] = arn.split(':');
    const abandonedKey = new Abandoned(deployed, key);
    expect([executionRole({ account, region }), `arn:aws:iam::${account}:root`].map((who) => abandonedKey.allows(who, 'kms:PutKeyPolicy'))).toEqual([true, true]);
  });

  test.each<[string, (stack: Stack) => IPrincipal]>([
    ['a policy owner of another account, who can own nothing here', () => new ArnPrincipal(named('owner', OTHER_ACCOUNT.account))],
    ['roles by path, who are told by their ARNs as it is', () => new AccountRootPrincipal().withConditions({ ArnLike: { 'aws:PrincipalArn': named('owners/*') } })],
    ['a session, whose role has another ARN', () => new ArnPrincipal(`arn:aws:sts::${HERE.account}:assumed-role/owner/nightly`)],
  ])('leaves out %s', (_, owner) => {
    const [without, withOwner] = [abandoned(() => ({})), abandoned((stack) => ({ policyOwners: [owner(stack)] }))];
    expect(withOwner.recovery).toEqual(without.recovery);
  });

  describe('keeps the conditions of an owner', () => {
    const mfa = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } };
    const key = abandoned((stack) => ({ policyOwners: [new PrincipalWithConditions(roleIn(stack, 'Owner', { roleName: 'owner' }), mfa)] }));
    test.each<[string, string, Record<string, string>, boolean]>([
      ['the owner with MFA', named('owner'), { 'aws:MultiFactorAuthPresent': 'true' }, true],
      ['the owner without', named('owner'), { 'aws:MultiFactorAuthPresent': 'false' }, false],
      ['the deployer, of whom none is asked', executionRole(), { 'aws:MultiFactorAuthPresent': 'false' }, true],
      ['somebody else with MFA', named('other'), { 'aws:MultiFactorAuthPresent': 'true' }, false],
    ])('%s', (_, who, conditionKeys, allowed) => expect(key.allows(who, 'kms:PutKeyPolicy', { conditionKeys })).toBe(allowed));
  });

  describe('with a reason against it', () => {
    const define = (noRecoveryBecause: string) => {
      const app = new App();
      const key = new SymmetricDataKey(new Stack(app, 'Keys', { env: HERE }), 'Key', { noRecoveryBecause });
      return { app, key };
    };

    test('is not there, and the reason is shown', () => {
      const { app, key } = define('roles here are made by a pipeline that anybody can change');
      const deployed = new Deployed(app);
      expect(new Abandoned(deployed, key).recovery).toEqual([]);
      expect(deployed.outcome(executionRole(), 'kms:PutKeyPolicy', key)).toBe('Allowed');
      expect(app.synth().getStackByName('Keys').messages.map(({ level, entry }) => [level, entry.data])).toEqual([
        ['info', expect.stringMatching(/^can be lost with the roles that own its policy: roles here are made by a pipeline that anybody can change/)],
      ]);
    });

    test.each(['', '  \n'])('that is none is refused: %j', (reason) => expect(() => define(reason)).toThrow('Keys/Key: noRecoveryBecause gives no reason'));
  });
});

describe('deployers of before and to come', () => {
  const define = (otherDeployer: (stack: Stack) => IPrincipal) => () => abandoned((stack) => ({ otherDeployers: [otherDeployer(stack)] }));
  const NO_ROLE = /among otherDeployers of 'Keys\/Key' is not one role: name each by its ARN \(new ArnPrincipal\('arn:…:role\/…'\)\)/;

  test.each<[string, (stack: Stack) => IPrincipal, string]>([
    ['an ARN of nobody yet', () => new ArnPrincipal(AFTER_BOOTSTRAP), AFTER_BOOTSTRAP],
    ['a role of the stack', (stack) => roleIn(stack, 'Deployer', { roleName: 'deployer' }), named('deployer')],
    ['an imported role', (stack) => Role.fromRoleName(stack, 'Deployer', 'deployer'), named('deployer')],
  ])('may be %s', (_, deployer, arn) => expect(define(deployer)().allows(arn, 'kms:PutKeyPolicy')).toBe(true));

  test.each<[string, () => IPrincipal]>([
    ['the account', () => new AccountRootPrincipal()],
    ['another account', () => new AccountPrincipal(OTHER_ACCOUNT.account)],
    ['an organization', () => new OrganizationPrincipal('o-abcdefghij')],
    ['a session, whose role has another ARN', () => new ArnPrincipal(`arn:aws:sts::${HERE.account}:assumed-role/deployer/nightly`)],
    ['a role beside an account', () => new CompositePrincipal(new ArnPrincipal(AFTER_BOOTSTRAP), new AccountRootPrincipal())],
  ])('may not be %s', (_, deployer) => expect(define(deployer)).toThrow(NO_ROLE));

  test('may not be of another account, where nobody can change the policy', () => {
    expect(define(() => new ArnPrincipal(`arn:aws:iam::${OTHER_ACCOUNT.account}:role/deployer`)))
      .toThrow(/^arn:aws:iam::444455556666:role\/deployer among otherDeployers of 'Keys\/Key' is in another account and cannot change the policy: name roles of the key's account/);
  });

  test('may not be a pattern, and no hint leads to what is refused too', () => {
    expect(define(() => new ArnPrincipal(`arn:aws:iam::${HERE.account}:role/cdk-*`)))
      .toThrow(/role\/cdk-\* is a pattern, and KMS takes no wildcards in the ARN of a principal: name the role, for RecoverPolicy on 'Keys\/Key'$/);
  });

  test('are named by no statement that needs them to exist', () => {
    const key = abandoned(() => ({ otherDeployers: [new ArnPrincipal(AFTER_BOOTSTRAP)] }));
    expect(JSON.stringify(key.recovery.map(({ Principal }) => Principal))).not.toContain('abc');
  });
});

describe('policyRevision', () => {
  const policyOf = (accountAccess: AccountAccess, policyRevision?: number) => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const key = new SymmetricDataKey(stack, 'Key', { accountAccess, policyRevision, policyOwners: [roleIn(stack, 'Owner')] });
    return statementsOf(new Deployed(app).keyOf(key).policy);
  };

  test.each([ADMINISTRATION_ONLY, NONE, DELEGATE_TO_IAM])('changes one statement id and nothing else under %s', (access) => {
    const [none, first, second] = [undefined, 0, 7].map((revision) => policyOf(access, revision));
    const changed = (one: PolicyStatement[], other: PolicyStatement[]) =>
      one.flatMap(({ Sid }, i) => (Sid === other[i].Sid ? [] : [[Sid, other[i].Sid]]));
    const withoutSids = (statements: PolicyStatement[]) => statements.map(({ Sid: _, ...rest }) => rest);
    expect([first, second].map(withoutSids)).toEqual([none, none].map(withoutSids));
    expect(changed(none, second)).toEqual([[expect.any(String), expect.stringMatching(/^(OwnPolicy|AccountDelegatesToIam)Revision7$/)]]);
    expect(changed(first, second)).toHaveLength(1);
  });

  test.each([-1, 1.5, Number.NaN])('is a whole number, not %d', (policyRevision) =>
    expect(() => policyOf(ADMINISTRATION_ONLY, policyRevision)).toThrow(`Keys/Key: policyRevision is ${policyRevision}: give it a whole number, and raise it to have the policy put again`));
});

describe('on the local KMS, after the role of the deployer was made again', () => {
  const running: LocalKms[] = [];
  afterEach(async () => { await Promise.all(running.splice(0).map((local) => local.stop())); });

  const start = async (props: SymmetricDataKeyProps) => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const key = new SymmetricDataKey(stack, 'Key', { alias: 'orders', ...props });
    tableIn(stack, 'Table', key.forService(KmsService.DYNAMODB), 'orders');
    const deployed = new Deployed(app);
    const local = await startLocalKms({ assembly: app.synth().directory });
    running.push(local);
    const outcome = (call: Promise<unknown>) => call.then(() => 'done', ({ name }: Error) => name);
    const deployer = {
      puts: (who = 'deployer') => outcome(local.port(who).call('PutKeyPolicy', { KeyId: deployed.arnOf(key), Policy: JSON.stringify(deployed.keyOf(key).policy) })),
      createsTable: () => outcome(local.via('dynamodb', 'deployer', { resource: `arn:aws:dynamodb:${HERE.region}:${HERE.account}:table/orders` }).createTable()),
    };
    return { local, deployer };
  };

  test('it puts the policy again, and with it all its statements are its own', async () => {
    const { local, deployer } = await start({});
    expect([await deployer.puts(), await deployer.createsTable()]).toEqual(['done', 'done']);
    local.recreateRole('deployer');
    expect(await deployer.createsTable()).toBe('AccessDeniedException');
    expect([await deployer.puts(), await deployer.createsTable()]).toEqual(['done', 'done']);
  });

  test('the root user puts it again', async () => {
    const { local, deployer } = await start({});
    local.recreateRole('deployer');
    expect([await deployer.puts(ROOT), await deployer.createsTable()]).toEqual(['done', 'done']);
  });

  test('it does not without that statement: nobody can', async () => {
    const { local, deployer } = await start({ noRecoveryBecause: 'a test' });
    expect(await deployer.puts()).toBe('done');
    local.recreateRole('deployer');
    expect([await deployer.puts(), await deployer.puts(ROOT)]).toEqual(['AccessDeniedException', 'AccessDeniedException']);
  });
});
