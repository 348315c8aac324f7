import { App, CfnOutput, CustomResource, NestedStack, Stack } from 'aws-cdk-lib';
import type { CfnElement } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerImage, FargateService, FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement, ServicePrincipal, type Role } from 'aws-cdk-lib/aws-iam';
import { CfnQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import type { IConstruct } from 'constructs';
import { AccountAccess, DataKeyDuty, KmsService, SymmetricDataKey } from '../../src';
import { bucketIn, functionIn } from '../services/support/resources';
import { HERE, roleIn } from '../support/deployed';

/** What needs a key while its stack is deployed has to wait for the key's policy: with kms.Key it waits for the grantee's own. */

const { ADMINISTRATION_ONLY, DELEGATE_TO_IAM } = AccountAccess;

/** A template as CloudFormation reads it: what waits for what, by reference and by DependsOn. */
class Template {
  private readonly waiting = new Map<string, string[]>();

  constructor(private readonly stack: Stack) {
    const { template } = (stack.node.root as App).synth({ force: true }).getStackArtifact(stack.artifactId);
    const { Resources } = template as { readonly Resources: Readonly<Record<string, { readonly DependsOn?: string | string[] }>> };
    for (const [id, resource] of Object.entries(Resources)) {
      const all = [...[resource.DependsOn ?? []].flat(), ...references(resource)];
      this.waiting.set(id, [...new Set(all)].filter((other) => other in Resources));
    }
  }

  public waitsFor(construct: IConstruct, other: IConstruct): boolean {
    return this.reaches(this.idOf(construct), this.idOf(other));
  }

  public get circles(): string[] {
    return [...this.waiting.keys()].filter((id) => this.reaches(id, id));
  }

  private idOf(construct: IConstruct): string {
    return this.stack.resolve(this.stack.getLogicalId((construct.node.defaultChild ?? construct) as CfnElement)) as string;
  }

  private reaches(from: string, to: string): boolean {
    const seen = new Set<string>();
    const open = [...this.waiting.get(from)!];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (id === to) return true;
      if (!seen.has(id)) open.push(...this.waiting.get(id)!);
      seen.add(id);
    }
    return false;
  }
}

function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { 'Ref': ref, 'Fn::GetAtt': attribute, 'Fn::Sub': sub } = value as { 'Ref'?: string; 'Fn::GetAtt'?: [string, string]; 'Fn::Sub'?: unknown };
  const substituted = [...String([sub ?? ''].flat()[0]).matchAll(/\$\{([^.}!]+)/g)].map(([, id]) => id);
  return [ref ?? [], attribute?.[0] ?? [], substituted, ...Object.values(value).map(references)].flat();
}

interface Scene {
  readonly app: App;
  readonly stack: Stack;
  readonly key: SymmetricDataKey;
}

function scene(accountAccess = ADMINISTRATION_ONLY): Scene {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env: HERE });
  return { app, stack, key: new SymmetricDataKey(stack, 'Key', { alias: 'orders', accountAccess }) };
}

const fargate = (stack: Stack, taskRole: Role) => {
  const taskDefinition = new FargateTaskDefinition(stack, 'Task', { taskRole });
  taskDefinition.addContainer('App', { image: ContainerImage.fromRegistry('app') });
  return new FargateService(stack, 'Service', { cluster: new Cluster(stack, 'Cluster', { vpc: new Vpc(stack, 'Vpc', { maxAzs: 1, natGateways: 0 }) }), taskDefinition });
};

describe('what a grantee runs waits for the key', () => {
  test.each<[string, (scene: Scene) => IConstruct]>([
    ['a function', ({ stack, key }) => {
      const fn = functionIn(stack, 'Function');
      key.grants.decrypt(fn);
      return fn;
    }],
    ['a function by CDK\'s own method', ({ stack, key }) => {
      const fn = functionIn(stack, 'Function');
      key.grantDecrypt(fn);
      return fn;
    }],
    ['a function that was attached', ({ stack, key }) => {
      const fn = functionIn(stack, 'Function');
      key.attachTo(fn, { name: 'ORDERS', duties: [DataKeyDuty.DECRYPT] });
      return fn;
    }],
    ['a function that reads through a service', ({ stack, key }) => {
      const fn = functionIn(stack, 'Function');
      bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'documents').grantRead(fn);
      return fn;
    }],
    ['a function with a role of its author\'s', ({ stack, key }) => {
      const role = roleIn(stack, 'Role');
      key.grants.decrypt(role);
      return functionIn(stack, 'Function', { role });
    }],
    ['a function that was made before the grant', ({ stack, key }) => {
      const role = roleIn(stack, 'Role');
      const fn = functionIn(stack, 'Function', { role });
      key.grants.decrypt(role);
      return fn;
    }],
    ['a custom resource by a function', ({ stack, key }) => {
      const onEventHandler = functionIn(stack, 'Function');
      key.grants.encrypt(onEventHandler);
      return new CustomResource(stack, 'Seed', { serviceToken: new Provider(stack, 'Provider', { onEventHandler }).serviceToken });
    }],
    ['a service of ECS', ({ stack, key }) => {
      const role = roleIn(stack, 'Role', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
      key.grants.decrypt(role);
      return fargate(stack, role);
    }],
    ['what was told to wait for the role', ({ stack, key }) => {
      const role = roleIn(stack, 'Role');
      key.grants.decrypt(role);
      const queue = new Queue(stack, 'Queue');
      queue.node.addDependency(role);
      return queue;
    }],
    ['what was told to wait for the grant', ({ stack, key }) => {
      const queue = new CfnQueue(stack, 'Queue');
      key.grants.decrypt(roleIn(stack, 'Role')).applyBefore(queue);
      return queue;
    }],
  ])('%s', (_, define) => {
    const set = scene();
    const dependent = define(set);
    const template = new Template(set.stack);
    expect([template.waitsFor(dependent, set.key), template.circles]).toEqual([true, []]);
  });

  test('and also where IAM decides, by the policy that the grant is in', () => {
    const set = scene(DELEGATE_TO_IAM);
    const fn = functionIn(set.stack, 'Function');
    set.key.grants.decrypt(fn);
    expect(new Template(set.stack).waitsFor(fn, set.key)).toBe(true);
  });

  test.each<[string, (scene: Scene) => IConstruct]>([
    ['a function of another role', ({ stack, key }) => {
      key.grants.decrypt(functionIn(stack, 'Function'));
      return functionIn(stack, 'Other');
    }],
    ['a role itself', ({ stack, key }) => {
      const role = roleIn(stack, 'Role');
      key.grants.decrypt(role);
      return role;
    }],
    ['a queue', ({ stack, key }) => {
      key.grants.decrypt(roleIn(stack, 'Role'));
      return new Queue(stack, 'Queue');
    }],
  ])('but not %s', (_, define) => {
    const set = scene();
    const other = define(set);
    expect(new Template(set.stack).waitsFor(other, set.key)).toBe(false);
  });

  test('each of two keys that it was granted', () => {
    const set = scene();
    const second = new SymmetricDataKey(set.stack, 'Second');
    const fn = functionIn(set.stack, 'Function');
    for (const key of [set.key, second]) key.grants.decrypt(fn);
    const template = new Template(set.stack);
    expect([set.key, second].map((key) => template.waitsFor(fn, key))).toEqual([true, true]);
  });

  test('once, however often the app is synthesized', () => {
    const set = scene();
    const fn = functionIn(set.stack, 'Function');
    set.key.grants.decrypt(fn);
    const templates = [set.app.synth(), set.app.synth({ force: true })].map((assembly) => assembly.getStackByName('Keys').template as object);
    expect(templates[1]).toEqual(templates[0]);
  });
});

describe('nothing waits in a circle', () => {
  const allowing = (fn: { functionArn: string }) => new PolicyStatement({
    principals: [new ServicePrincipal('lambda.amazonaws.com')], actions: ['kms:Decrypt'], resources: ['*'], conditions: { ArnEquals: { 'aws:SourceArn': fn.functionArn } },
  });

  test.each<[string, (scene: Scene) => IConstruct]>([
    ['the key\'s policy names the function', ({ stack, key }) => {
      const fn = functionIn(stack, 'Function');
      key.grants.decrypt(fn);
      key.addToResourcePolicy(allowing(fn));
      return fn;
    }],
    ['the key\'s policy names a function, which another one calls', ({ stack, key }) => {
      const [fn, called] = [functionIn(stack, 'Function'), functionIn(stack, 'Called')];
      key.grants.decrypt(fn);
      called.addEnvironment('CALLER', fn.functionArn);
      key.addToResourcePolicy(allowing(called));
      return fn;
    }],
    ['the key was told to wait for the function', ({ stack, key }) => {
      const fn = functionIn(stack, 'Function');
      key.grants.decrypt(fn);
      key.node.addDependency(fn);
      return fn;
    }],
  ])('where %s', (_, define) => {
    const set = scene();
    const fn = define(set);
    const template = new Template(set.stack);
    expect([template.waitsFor(set.key, fn), template.waitsFor(fn, set.key), template.circles]).toEqual([true, false, []]);
  });

  test('where two keys are granted to the functions that the other one\'s policy names', () => {
    const { stack, key } = scene();
    const other = new SymmetricDataKey(stack, 'Other');
    const [one, two] = [functionIn(stack, 'One'), functionIn(stack, 'Two')];
    key.grants.decrypt(one);
    other.grants.decrypt(two);
    key.addToResourcePolicy(allowing(two));
    other.addToResourcePolicy(allowing(one));
    const template = new Template(stack);
    expect(template.circles).toEqual([]);
    expect([template.waitsFor(one, key), template.waitsFor(two, other)].filter(Boolean)).toHaveLength(1);
  });
});

describe('a key that is deployed after the stack of its grantee', () => {
  const warningsIn = ({ app }: Scene) => app.synth().getStackByName('Keys').messages.map(({ entry }) => String(entry.data)).filter((text) => text.includes('is deployed after stack'));
  const warnings = (define: (set: Scene & { roles: Stack }) => unknown, accountAccess?: AccountAccess) => {
    const set = scene(accountAccess);
    define({ ...set, roles: new Stack(set.app, 'Roles', { env: HERE }) });
    return warningsIn(set);
  };
  const LATE = /^'Roles\/Task' has a name that nobody knows yet, so that stack 'Keys', with 'Keys\/Key', is deployed after stack 'Roles': .* Give the role a name \(roleName: '…'\), or keep it in the key's stack/;

  test('is warned of, if the role has no name', () => {
    expect(warnings(({ key, roles }) => key.grants.decrypt(roleIn(roles, 'Task')))).toEqual([expect.stringMatching(LATE)]);
  });

  test.each<[string, AccountAccess, (set: Scene & { roles: Stack }) => void]>([
    ['a role with a name', ADMINISTRATION_ONLY, ({ key, roles }) => void key.grants.decrypt(roleIn(roles, 'Task', { roleName: 'task' }))],
    ['a role with a name, whose stack the key waits for anyway', ADMINISTRATION_ONLY, ({ stack, key, roles }) => {
      key.grants.decrypt(roleIn(roles, 'Task', { roleName: 'task' }));
      new CfnOutput(stack, 'Task', { value: roleIn(roles, 'Other').roleArn });
    }],
    ['a nameless role of the key\'s stack', ADMINISTRATION_ONLY, ({ stack, key }) => void key.grants.decrypt(roleIn(stack, 'Task'))],
    ['a nameless role where IAM decides', DELEGATE_TO_IAM, ({ key, roles }) => void key.grants.decrypt(roleIn(roles, 'Task'))],
  ])('is not warned of for %s', (_, accountAccess, define) => expect(warnings(define, accountAccess)).toEqual([]));

  test('is warned of once, however many duties the role has', () => {
    expect(warnings(({ key, roles }) => {
      const task = roleIn(roles, 'Task');
      key.grantEncryptDecrypt(task);
      key.grants.reEncryptTo(task);
    })).toHaveLength(1);
  });

  test('is warned of where the role is nested beside the key', () => {
    const set = scene();
    set.key.grants.decrypt(roleIn(new NestedStack(set.stack, 'Roles'), 'Task'));
    expect(warningsIn(set)).toEqual([expect.stringContaining('is deployed after stack \'Keys/Roles\'')]);
  });
});
