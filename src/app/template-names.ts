import { CfnOutput, CfnParameter, CfnResource, Stack } from 'aws-cdk-lib';
import type { CfnElement } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { propertyOf } from './rendering';
import { ResolvedValue } from './resolved-value';
import type { References } from './resolved-value';

const NOTHING: References = { views: [], targets: [] };

/** Logical ids in intrinsic functions: `Ref`, both forms of `Fn::GetAtt`, and `${…}` of `Fn::Sub`. */
const LOGICAL_IDS = /"Ref":"(\w+)"|"Fn::GetAtt":(?:\["(\w+)"|"(\w+)\.)|\$\{(\w+)(?:\.\w+)?\}/g;

/** What templates refer to without CDK's knowing: keys by their logical ids, and exports by their names. */
export class TemplateNames {
  private exports?: ReadonlyMap<string, References>;
  private keys?: ReadonlyMap<string, CfnElement>;

  constructor(private readonly tree: readonly IConstruct[]) {}

  /** What the text of an intrinsic function in a template of this stack refers to. */
  public referredBy(text: string, stack: Stack): References {
    const targets = [...text.matchAll(LOGICAL_IDS)].flatMap(([, ...ids]) => this.keyNamed(ids.find(Boolean)!, stack) ?? []);
    const imported = text.includes('"Fn::ImportValue":') ? this.importedBy(text) : NOTHING;
    return { views: imported.views, targets: [...targets, ...imported.targets] };
  }

  /** What is meant where parameters of nested stacks are among what is referred to: what the stack around gives for each. */
  public followed({ views, targets }: References): References {
    const given = targets.map((target) => this.givenFor(target));
    return { views: [...views, ...given.flatMap((each) => each?.views ?? [])], targets: targets.flatMap((target, i) => given[i]?.targets ?? target) };
  }

  private givenFor(target: CfnElement): References | undefined {
    if (!(target instanceof CfnParameter)) return undefined;
    const { nestedStackResource: resource } = target.stack;
    if (!CfnResource.isCfnResource(resource)) return undefined;
    const value = ResolvedValue.of(propertyOf(resource, 'Parameters') ?? {}, resource).at([String(target.stack.resolve(target.logicalId))]);
    return value.views.length || value.targets.length ? this.followed(value) : undefined;
  }

  private importedBy(text: string): References {
    this.exports ??= new Map(this.tree.filter(isExport).map((output) => [
      `"Fn::ImportValue":${JSON.stringify(output.stack.resolve(output.exportName))}`, ResolvedValue.of(output.value, output).at([]),
    ]));
    const imported = [...this.exports].filter(([name]) => text.includes(name)).map(([, references]) => references);
    return { views: imported.flatMap(({ views }) => views), targets: imported.flatMap(({ targets }) => targets) };
  }

  private keyNamed(logicalId: string, stack: Stack): CfnElement | undefined {
    this.keys ??= new Map(this.tree.filter(CfnResource.isCfnResource).filter(({ cfnResourceType }) => cfnResourceType.startsWith('AWS::KMS::'))
      .map((element) => [`${element.stack.node.addr} ${String(element.stack.resolve(element.logicalId))}`, element]));
    return this.keys.get(`${stack.node.addr} ${logicalId}`);
  }
}

function isExport(construct: IConstruct): construct is CfnOutput {
  return construct instanceof CfnOutput && construct.exportName !== undefined;
}
