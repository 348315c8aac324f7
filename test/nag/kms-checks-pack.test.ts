import { App, Stack, Validations } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { KmsChecksPack } from '../../src/nag';
import type { KmsChecksPackProps } from '../../src/nag';
import { violationsOf, type Violation } from '../support/validation-report';

function violations(more: (stack: Stack, key: Key) => void = () => {}, props?: KmsChecksPackProps): Violation[] {
  process.env.CDK_VALIDATION = 'false';
  const app = new App();
  const stack = new Stack(app, 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
  const key = new Key(stack, 'Key');
  key.addToResourcePolicy(new PolicyStatement({ sid: 'Open', principals: [new AnyPrincipal()], actions: ['kms:Decrypt'], resources: ['*'] }));
  Validations.of(app).addPlugins(new KmsChecksPack(app, props));
  more(stack, key);
  return violationsOf(app);
}

const OPEN = 'KP-01[Open]';
const TOLD = 'KP-01[Stack/Key#Open]';
const ids = (found: readonly Violation[]) => found.map(({ ruleName }) => ruleName);

test('a finding has an id with its statement, a level, and the construct', () => {
  const [found] = violations().filter(({ ruleName }) => ruleName === TOLD);
  expect(found).toMatchObject({ severity: 'error', violatingConstructs: [{ constructPath: 'Stack/Key/Resource' }] });
});

test('one about the key itself is a warning', () => {
  expect(violations().find(({ ruleName }) => ruleName === 'KP-24[Stack/Key]')).toMatchObject({ severity: 'warning' });
});

test.each<[string, boolean, (stack: Stack, key: Key) => void]>([
  ['on the key, with a reason', false, (_, key) => Validations.of(key).acknowledge({ id: OPEN, reason: 'a competition' })],
  ['on the key, without one', true, (_, key) => Validations.of(key).acknowledge({ id: OPEN, reason: '' })],
  ['of another statement', true, (_, key) => Validations.of(key).acknowledge({ id: 'KP-01[Other]', reason: 'a competition' })],
  ['on the stack', true, (stack) => Validations.of(stack).acknowledge({ id: OPEN, reason: 'a competition' })],
])('an acknowledgement %s: told still? %s', (_, told, acknowledge) => expect(ids(violations(acknowledge)).includes(TOLD)).toBe(told));

test('it takes the options of the checks', () => expect(ids(violations(() => {}, { rules: ['KP-24'] }))).toEqual(['KP-24[Stack/Key]']));

describe('warnings', () => {
  const synth = (more: (key: Key) => void = () => {}): App => {
    const app = new App();
    const key = new Key(new Stack(app, 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } }), 'Key');
    more(key);
    Validations.of(app).addPlugins(new KmsChecksPack(app));
    return app;
  };
  const quiet = (app: App) => {
    const printed = jest.spyOn(console, 'error').mockImplementation(() => {});
    try {
      app.synth();
    } finally {
      printed.mockRestore();
    }
  };

  test('never fail synthesis', () => {
    expect(violationsOf(synth()).map(({ severity }) => severity)).toEqual(['warning']);
    expect(() => quiet(synth())).not.toThrow();
  });

  test('and one tells of an acknowledgement of which nothing comes', () => {
    const app = synth((key) => Validations.of(key).acknowledge({ id: OPEN, reason: 'it was open once' }));
    expect(violationsOf(app)).toContainEqual(expect.objectContaining({ ruleName: 'UnusedAcknowledgement[Stack/Key#KP-01[Open]]', severity: 'warning' }));
    expect(() => quiet(app)).not.toThrow();
  });
});

test('what CDK proposes for one key is not for another', () => {
  const app = new App();
  for (const name of ['One', 'Other']) new Key(new Stack(app, name, { env: { account: '111122223333', region: 'eu-west-1' } }), 'Key');
  Validations.of(app).addPlugins(new KmsChecksPack(app, { rules: ['KP-24'] }));
  Validations.of(app).acknowledge({ id: 'KmsChecks::KP-24[One/Key]', reason: 'rotated by hand' });
  expect(ids(violationsOf(app))).toEqual(['KP-24[Other/Key]']);
});
