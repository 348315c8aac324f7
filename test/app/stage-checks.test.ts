import { App, CfnResource, Stack, Stage } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { IConstruct } from 'constructs';
import { checkStage } from '../../src/app/stage-checks';
import type { Problem } from '../../src/app/stage-checks';

const BUCKET = { type: 'AWS::S3::Bucket' };

/** What synthesis fails by, a line each. */
function failures(app: Stage): string[] {
  try {
    app.synth({ force: true });
    return [];
  } catch (error) {
    return (error as Error).message.split('\n').slice(1).map((line) => line.trim());
  }
}

describe('a check', () => {
  test('is made once in each synthesis, however many ask for it, and fails it by what it finds', () => {
    const app = new App();
    const stack = new Stack(app, 'Shop');
    const check = jest.fn((): Problem[] => []);
    checkStage(stack, check);
    checkStage(new Stack(app, 'Store'), check);
    app.synth();
    app.synth({ force: true });
    expect(check).toHaveBeenCalledTimes(2);
    checkStage(stack, () => [{ at: stack, message: 'something is wrong' }]);
    expect(failures(app)).toEqual(['[Shop] something is wrong']);
  });

  test('of one stage is none of another', () => {
    const app = new App();
    const [beta, gamma] = ['Beta', 'Gamma'].map((id) => new Stack(new Stage(app, id), 'Shop'));
    checkStage(beta, () => [{ at: beta, message: 'beta is wrong' }]);
    expect(failures(Stage.of(gamma)!)).toEqual([]);
    expect(failures(Stage.of(beta)!)).toEqual(['[Beta/Shop] beta is wrong']);
  });
});

describe('what a check finds', () => {
  test.each<[string, (stack: Stack) => IConstruct, string]>([
    ['a resource is that of its author\'s construct', (stack) => new CfnResource(new Construct(stack, 'Bucket'), 'Resource', BUCKET), 'Shop/Bucket'],
    ['a plain resource is its own', (stack) => new CfnResource(stack, 'Plain', BUCKET), 'Shop/Plain'],
    ['a plain resource of that name is its own', (stack) => new CfnResource(stack, 'Resource', BUCKET), 'Shop/Resource'],
    ['the app is the app\'s', ({ node }) => node.root, ''],
    ['a stage within, which was asked before, is the app\'s', ({ node }) => new CfnResource(new Stack(new Stage(node.root as App, 'Beta'), 'Shop'), 'Plain', BUCKET), ''],
  ])('of %s', (_, make, path) => {
    const app = new App();
    const stack = new Stack(app, 'Shop');
    const at = make(stack);
    checkStage(stack, () => [{ at, message: 'it is wrong' }]);
    expect(failures(app)).toEqual([`[${path}] it is wrong`]);
  });

  test('is told once, also by two checks, and no longer when it is mended', () => {
    const app = new App();
    const stack = new Stack(app, 'Shop');
    let problems = [{ at: stack, message: 'one' }, { at: stack, message: 'two' }];
    for (const check of [() => problems, () => problems]) checkStage(stack, check);
    expect(failures(app)).toEqual(['[Shop] one', '[Shop] two']);
    problems = [{ at: stack, message: 'two' }];
    expect(failures(app)).toEqual(['[Shop] two']);
    problems = [];
    expect(failures(app)).toEqual([]);
  });
});
