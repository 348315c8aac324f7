import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, NestedStack, Stack, Stage, Validations } from 'aws-cdk-lib';
import { AccountPrincipal, AnyPrincipal, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';
import { KmsChecks, SymmetricDataKey } from '../../src';
import type { KmsChecksProps } from '../../src';

/** CDK's own checks are left out: they take seconds. */
beforeAll(() => { process.env.CDK_VALIDATION = 'false'; });

const HERE = { account: '111122223333', region: 'eu-west-1' };
const open = new PolicyStatement({ sid: 'Open', principals: [new AnyPrincipal()], actions: ['kms:Decrypt'], resources: ['*'] });

interface Violation {
  readonly ruleName: string;
  readonly severity: string;
  readonly path: string;
  readonly description: string;
  readonly fix: string;
}

/** Synthesizes an app with the checks, and reads the report that CDK writes. */
function synthesized(make: (app: App) => void, props?: KmsChecksProps): { readonly violations: Violation[]; readonly failed: string | undefined } {
  const app = new App({ context: { '@aws-cdk/core:validationReportJson': true } });
  Validations.of(app).addPlugins(new KmsChecks(app, props));
  make(app);
  const printed = jest.spyOn(console, 'error').mockImplementation(() => {});
  const code = process.exitCode;
  let failed: string | undefined;
  try {
    app.synth();
    if (process.exitCode === 1) failed = 'exit code 1';
  } catch (error) {
    failed = String(error);
  } finally {
    process.exitCode = code;
    printed.mockRestore();
  }
  const report = JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8')) as { pluginReports: { pluginName: string; violations: any[] }[] };
  const violations = report.pluginReports.filter(({ pluginName }) => pluginName === 'KmsChecks').flatMap((plugin) => plugin.violations);
  return {
    failed,
    violations: violations.map(({ ruleName, severity, description, suggestedFix: fix, violatingConstructs: [{ constructPath: path }] }) => (
      { ruleName, severity, description, fix, path }
    )),
  };
}

describe('an app with a key that lets in everybody', () => {
  const { violations, failed } = synthesized((app) => new Key(new Stack(app, 'Stack', { env: HERE }), 'Key', { enableKeyRotation: true }).addToResourcePolicy(open.copy()));

  test('fails synthesis', () => expect(failed).toBeDefined());

  test('is told which statement of which construct it is, and what would get in', () => {
    const found = violations.find(({ ruleName }) => ruleName === 'KP-01[Stack/Key#Open]');
    expect(found).toMatchObject({ severity: 'error', path: 'Stack/Key/Resource' });
    expect(found?.description).toContain("Stack/Key, statement 'Open': lets everybody kms:Decrypt");
  });
});

test('warnings do not fail synthesis', () => {
  const { violations, failed } = synthesized((app) => new Key(new Stack(app, 'Stack', { env: HERE }), 'Key', { enableKeyRotation: false }));
  expect(violations.map(({ severity }) => severity)).toEqual(['warning', 'warning'].slice(0, violations.length));
  expect(violations.length).toBeGreaterThan(0);
  expect(failed).toBeUndefined();
});

test('keys of this library pass', () => {
  const { violations, failed } = synthesized((app) => {
    const stack = new Stack(app, 'Stack', { env: HERE });
    new SymmetricDataKey(stack, 'Key', { contextKeys: ['tenant'] }).grants.decrypt(new Role(stack, 'Reader', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));
  });
  expect(failed).toBeUndefined();
  expect(violations.filter(({ severity }) => severity === 'error')).toEqual([]);
});

test('each finding is told once, in apps with stages, nested stacks and several environments', () => {
  const { violations } = synthesized((app) => {
    const stage = new Stage(app, 'Prod');
    for (const region of ['eu-west-1', 'us-east-1']) {
      const stack = new Stack(stage, region, { env: { ...HERE, region } });
      new Key(stack, 'Key').addToResourcePolicy(open.copy());
      new Key(new NestedStack(stack, 'Nested'), 'Key').addToResourcePolicy(open.copy());
    }
  });
  expect(violations.filter(({ ruleName }) => /^KP-01\[.*#Open\]$/.test(ruleName)).map(({ path }) => path).sort()).toEqual([
    'Prod/eu-west-1/Key/Resource', 'Prod/eu-west-1/Nested/Key/Resource', 'Prod/us-east-1/Key/Resource', 'Prod/us-east-1/Nested/Key/Resource',
  ]);
});

describe('accounts', () => {
  const partner = (app: App) => new Key(new Stack(app, 'Stack', { env: HERE }), 'Key', { enableKeyRotation: true })
    .addToResourcePolicy(new PolicyStatement({ sid: 'Partner', principals: [new AccountPrincipal('444455556666')], actions: ['kms:Decrypt'], resources: ['*'] }));

  test('that are not trusted are errors', () => expect(synthesized(partner).violations.map(({ ruleName }) => ruleName)).toContain('KP-05[Stack/Key#Partner]'));

  test('that are trusted are none', () => {
    const { violations, failed } = synthesized(partner, { trustedAccounts: ['444455556666'] });
    expect(violations.map(({ ruleName }) => ruleName)).not.toContain('KP-05[Stack/Key#Partner]');
    expect(failed).toBeUndefined();
  });
});

describe('an acknowledgement', () => {
  const rules = (acknowledge: (stack: Stack, key: Key) => void) => synthesized((app) => {
    const stack = new Stack(app, 'Stack', { env: HERE });
    const key = new Key(stack, 'Key', { enableKeyRotation: true });
    key.addToResourcePolicy(open.copy());
    acknowledge(stack, key);
  }).violations.map(({ ruleName }) => ruleName);
  const [id, told] = ['KP-01[Open]', 'KP-01[Stack/Key#Open]'];

  test('on the key takes the finding back', () => expect(rules((_, key) => Validations.of(key).acknowledge({ id, reason: 'a public key of the competition' }))).not.toContain(told));
  test('without a reason does not', () => expect(rules((_, key) => Validations.of(key).acknowledge({ id, reason: ' ' }))).toContain(told));
  test('of the whole rule does not', () => expect(rules((_, key) => Validations.of(key).acknowledge({ id: 'KP-01', reason: 'all of them' }))).toContain(told));
  test.each<[string, string, string, string | undefined]>([
    ['of the whole rule', 'KP-01', 'all of them', "The acknowledgement of 'KP-01' has no effect: acknowledge 'KP-01[Open]'."],
    ['of a statement that there is not', 'KP-01[Opne]', 'mistyped', "The acknowledgement of 'KP-01[Opne]' has no effect: acknowledge 'KP-01[Open]'."],
    ['without a reason', 'KP-01[Open]', ' ', "The acknowledgement of 'KP-01[Open]' has no effect without a reason."],
    ['of another rule', 'KP-19[Open]', 'another', undefined],
  ])('%s: the finding says why it is for nothing', (_, written, reason, said) => {
    const { violations } = synthesized((app) => {
      const key = new Key(new Stack(app, 'Stack', { env: HERE }), 'Key', { enableKeyRotation: true });
      key.addToResourcePolicy(open.copy());
      Validations.of(key).acknowledge({ id: written, reason });
    });
    const fix = violations.find(({ ruleName }) => ruleName === told)!.fix;
    expect(/The acknowledgement .*/.exec(fix)?.[0]).toBe(said);
  });
  test('on the stack, where it would be for keys to come, does not', () => expect(rules((stack) => Validations.of(stack).acknowledge({ id, reason: 'all of them' }))).toContain(told));
});

describe('an acknowledgement of which nothing comes is a warning', () => {
  const spaced = open.copy({ sid: 'Open to all' });
  const warned = (acknowledge: (app: App, stack: Stack, key: Key) => void, props?: KmsChecksProps) => {
    const { violations, failed } = synthesized((app) => {
      const stack = new Stack(app, 'Stack', { env: HERE });
      const key = new Key(stack, 'Key', { enableKeyRotation: true });
      key.addToResourcePolicy(spaced.copy());
      Validations.of(key).acknowledge({ id: 'KP-01[Open to all]', reason: 'a public key of the competition' });
      new Key(new NestedStack(new Stack(app, 'Other', { env: { ...HERE, region: 'us-east-1' } }), 'Nested'), 'Key');
      acknowledge(app, stack, key);
    }, props);
    expect(failed).toBeUndefined();
    return violations.filter(({ ruleName }) => ruleName.startsWith('Unused')).map(({ ruleName, severity, fix }) => `${severity} ${ruleName} ${fix}`);
  };
  const on = (construct: IConstruct, id: string) => Validations.of(construct).acknowledge({ id, reason: 'so be it' });

  test.each<[string, (app: App, stack: Stack, key: Key) => void, string]>([
    ['its statement is gone', (_, __, key) => on(key, 'KP-05[Gone]'), 'Stack/Key#KP-05[Gone]] Take it out: it would hide what is found there later.'],
    ['it stands on the stack', (_, stack) => on(stack, 'KP-01[Open to all]'), 'Stack#KP-01[Open to all]] It counts only on the construct that has the finding: Stack/Key.'],
    ['it stands on the app', (app) => on(app, 'KP-01[Open to all]'), '#KP-01[Open to all]] It counts only on the construct that has the finding: Stack/Key.'],
    ['in a nested stack, of another environment', (app) => on(app.node.findChild('Other').node.findChild('Nested'), 'KP-24'), 'Other/Nested#KP-24] Take it out: it would hide what is found there later.'],
    ['by the whole id, of a key that is gone', (app) => on(app, 'KmsChecks::KP-01[Gone/Key#Open]'), '#KmsChecks::KP-01[Gone/Key#Open]] Take it out: it would hide what is found there later.'],
    ['of an effect', (app) => on(app.node.findChild('Other').node.findChild('Nested').node.findChild('Key'), 'KP-24'), "Other/Nested/Key#KP-24] It is an effect of 'KP-12[#1]': to acknowledge that is enough."],
  ])('%s', (_, acknowledge, told) => expect(warned(acknowledge)).toEqual([`warning UnusedAcknowledgement[${told}`]));

  test.each<[string, (app: App, stack: Stack, key: Key) => void, KmsChecksProps]>([
    ['one that takes its finding back', () => {}, {}],
    ['one as CDK writes it, with hyphens', (_, __, key) => on(key, 'KP-01[Open-to-all]'), {}],
    ['one by the whole id', (app) => on(app, 'KmsChecks::KP-01[Stack/Key#Open-to-all]'), {}],
    ['one of a rule that is not applied', (_, __, key) => on(key, 'KP-24'), { rules: ['KP-01'] }],
    ['one for another plugin', (_, __, key) => on(key, 'AwsSolutions-KMS5'), {}],
  ])('not %s', (_, acknowledge, props) => expect(warned(acknowledge, props)).toEqual([]));
});

test('as CDK proposes it, by the whole id, is for one finding', () => {
  const { violations } = synthesized((app) => {
    for (const name of ['One', 'Other']) new Key(new Stack(app, name, { env: HERE }), 'Key', { enableKeyRotation: true }).addToResourcePolicy(open.copy());
    Validations.of(app).acknowledge({ id: 'KmsChecks::KP-01[One/Key#Open]', reason: 'a public key of the competition' });
  });
  expect(violations.filter(({ ruleName }) => ruleName.startsWith('KP-01')).map(({ path }) => path)).toEqual(['Other/Key/Resource']);
});

describe('what it is given', () => {
  test.each<[string, KmsChecksProps, string]>([
    ['a rule that it does not have', { also: ['KP-99'] }, 'KmsChecks has no rule KP-99: they are KP-00 to KP-35'],
    ['an account that is none', { trustedAccounts: ['4444'] }, "trustedAccounts of KmsChecks takes account ids of 12 digits, got '4444'"],
  ])('%s is refused', (_, props, message) => expect(() => new KmsChecks(new App(), props)).toThrow(message));

  test('tells which rules it applies', () => {
    expect(new KmsChecks(new App()).ruleIds).not.toContain('KP-30');
    expect(new KmsChecks(new App(), { also: ['KP-30'] }).ruleIds).toContain('KP-30');
    expect(new KmsChecks(new App(), { rules: ['KP-01'] }).ruleIds).toEqual(['KP-01']);
  });
});

describe('a protected key', () => {
  const withKey = (protectedKeys: string[]) => synthesized((app) => {
    const key = new Key(new Stack(app, 'Stack', { env: HERE }), 'Key', { enableKeyRotation: true });
    key.addAlias('alias/orders');
  }, { protectedKeys });

  test.each(['alias/orders', 'Stack/Key'])('called %s is not to be deleted without a second factor', (name) => {
    const { violations, failed } = withKey([name]);
    expect(violations.map(({ ruleName, severity }) => `${ruleName} ${severity}`)).toContain('KP-23[Stack/Key##1] error');
    expect(failed).toBeDefined();
  });

  test('that there is not fails synthesis', () => expect(withKey(['alias/order']).failed).toContain('protectedKeys'));
});
