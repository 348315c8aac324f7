import { App, Stack, Stage } from 'aws-cdk-lib';
import { keptFor, perStage } from '../../src/app/per-stage';
import { checkStage } from '../../src/app/stage-checks';

describe('what is kept of a stage', () => {
  const app = new App();
  const stage = new Stage(app, 'Beta');
  const places: [string, Stack, unknown][] = [['a stack of the app', new Stack(app, 'Shop'), app], ['a stack of a stage in it', new Stack(stage, 'Shop'), stage]];

  test.each(places)('%s', (_, stack, expected) => {
    expect(perStage((of) => of)(stack)).toBe(expected);
  });

  test('is made once for all its constructs', () => {
    const made = perStage(() => ({}));
    expect(made(new Stack(app, 'One'))).toBe(made(new Stack(app, 'Two')));
    expect(made(new Stack(app, 'Three'))).not.toBe(made(new Stack(stage, 'Three')));
  });

  test('is made once also where there is nothing to keep', () => {
    const make = jest.fn(() => undefined);
    const kept = keptFor(make);
    const owner = {};
    kept(owner);
    kept(owner);
    expect(make).toHaveBeenCalledTimes(1);
  });
});

describe('a check', () => {
  test('is made once in each synthesis, however many ask for it, and fails it by what it finds', () => {
    const app = new App();
    const stack = new Stack(app, 'Shop');
    const check = jest.fn((): string[] => []);
    checkStage(stack, check);
    checkStage(new Stack(app, 'Store'), check);
    app.synth();
    app.synth({ force: true });
    expect(check).toHaveBeenCalledTimes(2);
    checkStage(stack, () => ['something is wrong']);
    expect(() => app.synth({ force: true })).toThrow(/something is wrong/);
  });

  test('of one stage is none of another', () => {
    const app = new App();
    const [beta, gamma] = ['Beta', 'Gamma'].map((id) => new Stack(new Stage(app, id), 'Shop'));
    checkStage(beta, () => ['beta is wrong']);
    expect(() => Stage.of(gamma)!.synth()).not.toThrow();
    expect(() => Stage.of(beta)!.synth()).toThrow(/beta is wrong/);
  });
});
