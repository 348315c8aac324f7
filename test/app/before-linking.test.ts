import { App, Aspects, CfnResource, Stack, Stage } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { beforeLinking } from '../../src/app/before-linking';

/** When it is done: after every aspect has been everywhere, and before CDK looks for references between stacks. */

const resourceIn = (scope: Construct, id: string) => new CfnResource(scope, id, { type: 'Acme::Shop::Thing', properties: {} });
const isAt = (name: string) => (each: IConstruct) => each.node.path === name;

interface Home {
  readonly app: App;
  readonly first: Stack;
  readonly last: Stack;
}

interface Done {
  readonly seen: string[][];
  readonly home: Home;
}

/** Runs a synthesis of two stacks with two resources each; the paths that aspects of the app and of a stack have visited each time it is done. */
function doneAfter(change: (home: Home, node: IConstruct) => void = () => {}, context: Record<string, unknown> = {}): Done {
  const app = new App({ context });
  const [first, last] = ['First', 'Last'].map((id) => new Stack(app, id));
  const home = { app, first, last };
  for (const stack of [first, last]) for (const id of ['A', 'B']) resourceIn(stack, id);
  const visited: string[] = [];
  const seen: string[][] = [];
  beforeLinking(() => void seen.push([...visited]))(app);
  Aspects.of(app).add({ visit: (node) => void visited.push(node.node.path) });
  Aspects.of(last).add({
    visit: (node) => {
      change(home, node);
      visited.push(`${node.node.path} by the stack`);
    },
  });
  app.synth();
  return { seen, home };
}

const FLAG = '@aws-cdk/core:aspectStabilization';

describe.each([true, false])('with stabilization of aspects %s', (stabilizes) => {
  const context = { [FLAG]: stabilizes };

  test('is done once, when all aspects have been everywhere', () => {
    const { seen } = doneAfter(undefined, context);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toEqual(expect.arrayContaining(['', 'First', 'First/B', 'Last/B', 'Last by the stack', 'Last/A by the stack', 'Last/B by the stack']));
  });

  test.each<[string, (home: Home, node: IConstruct) => void]>([
    ['the last resource', ({ last }, node) => void (isAt('Last')(node) && last.node.tryRemoveChild('B'))],
    ['the last resource, when the one before is visited', ({ last }, node) => void (isAt('Last/A')(node) && last.node.tryRemoveChild('B'))],
    ['all resources of the last stack', ({ last }, node) => void (isAt('Last')(node) && ['A', 'B'].forEach((id) => last.node.tryRemoveChild(id)))],
  ])('is done all the same where an aspect removes %s', (_, change) => {
    const { seen } = doneAfter(change, context);
    expect(seen.at(-1)).toEqual(expect.arrayContaining(['First/B', 'Last by the stack']));
  });

  test('sees what an aspect adds below the last stack', () => {
    const { seen, home } = doneAfter(({ last }, node) => void (isAt('Last')(node) && resourceIn(last, 'C')), context);
    expect(home.last.node.tryFindChild('C')).toBeDefined();
    expect(seen.at(-1)).toContain('Last/C by the stack');
  });
});

test('comes to what an aspect adds behind the last, where CDK does', () => {
  const { seen } = doneAfter(({ last }, node) => void (isAt('Last/B')(node) && resourceIn(last, 'C')), { [FLAG]: true });
  expect(seen.at(-1)).toContain('Last/C by the stack');
});

test('is done for each stage by itself, and again for each synthesis', () => {
  const app = new App();
  const stage = new Stage(app, 'Prod');
  const stacks = [new Stack(app, 'Shop'), new Stack(stage, 'Shop'), new Stack(stage, 'More')];
  const done: string[] = [];
  const look = beforeLinking(({ node }) => void done.push(node.path));
  for (const stack of stacks) look(stack);
  app.synth();
  expect(done.sort()).toEqual(['', 'Prod']);
  app.synth({ force: true });
  expect(done.filter((path) => path === '')).toHaveLength(2);
});
