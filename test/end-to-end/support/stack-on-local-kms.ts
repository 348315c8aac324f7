import type { App } from 'aws-cdk-lib';
import { readAssembly } from '../../../src/template';
import type { Deployment } from '../../../src/template';
import type { LocalKmsPort } from '../../../src/testing';

/** What a deployment has just done: the logical id of the resource. */
export type AfterStep = (logicalId: string) => Promise<void>;

interface TemplateResource {
  readonly Type: string;
  readonly Properties?: { readonly KeySpec?: string; readonly KeyUsage?: string };
  readonly DependsOn?: string | readonly string[];
}

type Resources = Readonly<Record<string, TemplateResource>>;

/**
 * Keys and functions of one stack, deployed to a running local KMS as CloudFormation does: one resource after the other, none before those that it refers to or depends
 * on, of which there is no other order. Keys are made, or their policies put, by the deployer; a function is its environment.
 *
 * AWS CloudFormation User Guide, "DependsOn attribute", "Understand CloudFormation resource update".
 */
export class StackOnLocalKms {
  /** ARNs of the keys there are, by logical id: one that leaves the template is retained. */
  public readonly keyArns = new Map<string, string>();
  /** The environment of each function, by logical id. */
  public readonly environments = new Map<string, Record<string, string>>();
  private readonly policies = new Map<string, string>();

  constructor(private readonly deployer: LocalKmsPort) {}

  /** @param reversed whether resources come in the reverse order where nothing says which is first: what nobody ordered may be in any */
  public async deploy(app: App, afterStep: AfterStep, reversed = false): Promise<void> {
    const assembly = app.synth({ force: true });
    const { Resources } = assembly.stacks[0].template as { Resources: Resources };
    const deployment = readAssembly(assembly.directory);
    for (const id of inOrder(Resources, reversed)) {
      if (await this.change(id, Resources[id], deployment)) await afterStep(id);
    }
  }

  /** Makes or changes a resource; false where it stays as it is. */
  private async change(id: string, { Type, Properties = {} }: TemplateResource, deployment: Deployment): Promise<boolean> {
    const key = deployment.keys.find(({ logicalId }) => logicalId === id);
    if (key) return this.changeKey(id, Properties, JSON.stringify(key.policy));
    if (Type !== 'AWS::Lambda::Function') return false;
    const { properties } = deployment.resources(Type).find(({ logicalId }) => logicalId === id)!;
    const { Variables } = properties.Environment as { Variables: Record<string, string> };
    // Reading a template gives keys ARNs of its own.
    const withArnOf = (json: string, { arn, logicalId }: typeof deployment.keys[0]) => json.replaceAll(arn, this.keyArns.get(logicalId) ?? arn);
    const told = deployment.keys.reduce(withArnOf, JSON.stringify(Variables));
    const isNew = JSON.stringify(this.environments.get(id)) !== told;
    this.environments.set(id, JSON.parse(told) as Record<string, string>);
    return isNew;
  }

  private async changeKey(id: string, { KeySpec, KeyUsage }: NonNullable<TemplateResource['Properties']>, policy: string): Promise<boolean> {
    if (this.policies.get(id) === policy) return false;
    const known = this.keyArns.get(id);
    if (known === undefined) {
      const { KeyMetadata } = await this.deployer.call('CreateKey', { KeySpec, KeyUsage, Policy: policy });
      this.keyArns.set(id, KeyMetadata.Arn as string);
    } else {
      await this.deployer.call('PutKeyPolicy', { KeyId: known, PolicyName: 'default', Policy: policy });
    }
    this.policies.set(id, policy);
    return true;
  }
}

/** The logical ids, each after those that it names. */
function inOrder(resources: Resources, reversed: boolean): string[] {
  const names = (id: string) => {
    const { DependsOn = [], ...rest } = resources[id];
    const text = JSON.stringify(rest);
    const referred = Object.keys(resources).filter((other) => text.includes(`{"Ref":"${other}"}`) || text.includes(`"Fn::GetAtt":["${other}",`));
    return [...([] as string[]).concat(DependsOn), ...referred].filter((other) => other !== id);
  };
  const done: string[] = [];
  const ids = reversed ? Object.keys(resources).reverse() : Object.keys(resources);
  while (done.length < ids.length) {
    const next = ids.find((id) => !done.includes(id) && names(id).every((other) => done.includes(other)));
    if (next === undefined) throw new Error(`these wait for each other: ${ids.filter((id) => !done.includes(id)).join(', ')}`);
    done.push(next);
  }
  return done;
}
