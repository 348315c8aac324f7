import { App, Stack, Stage } from 'aws-cdk-lib';
import { keptFor, perStage } from '../../src/app/per-stage';

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
