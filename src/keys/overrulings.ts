import { CfnResource, Resource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { constructGiven, textGiven } from '../app/arguments';
import { inform } from '../app/warnings';

/** Where a template keeps why a resource has a key that it was refused. */
const METADATA = 'cdk-keysmith:overruled';

/** The resources that may have a key, or a view of it, although synthesis knows better, and why. */
export class Overrulings {
  private readonly constructs = new Set<IConstruct>();

  constructor(private readonly key: IConstruct) {}

  /** Whether there are any. */
  public get any(): boolean {
    return this.constructs.size > 0;
  }

  /** Notes one. The reason is kept in the template beside the resource, and shown at synthesis. */
  public add(construct: IConstruct, reason: string): void {
    const of = `overruleRefusal(…) of '${this.key.node.path}'`;
    const where = `overruleRefusal('${constructGiven(construct, `resource of ${of}`, 'hand over the construct that was given the key').node.path}') of '${this.key.node.path}'`;
    if (!textGiven(reason, `reason of ${of}`, 'say why, in a few words').trim()) throw new Error(`${where} gives no reason: say why, in a few words`);
    const resource = this.keeperOf(construct);
    if (!resource) throw new Error(`${where}: it has no resource in a template: hand over the construct that was given the key`);
    this.constructs.add(construct);
    const known = (resource.getMetadata(METADATA) ?? []) as object[];
    const beside = resource === this.key.node.defaultChild ? { resource: construct.node.path } : {};
    resource.addMetadata(METADATA, [...known, { key: this.key.node.path, ...beside, reason }]);
    inform(construct, 'cdk-keysmith:overruled', `was given '${this.key.node.path}' against what synthesis says: ${reason}`);
  }

  /** The resource of the template whose metadata tells of one: the construct's own, or the key's for what was imported. */
  private keeperOf(construct: IConstruct): CfnResource | undefined {
    if (CfnResource.isCfnResource(construct.node.defaultChild)) return construct.node.defaultChild;
    const [first] = construct.node.findAll().filter(CfnResource.isCfnResource);
    return first ?? (Resource.isResource(construct) ? this.key.node.defaultChild as CfnResource : undefined);
  }

  /** Whether one holds for this resource: it, or what it is part of, was named. */
  public has(resource: IConstruct): boolean {
    return resource.node.scopes.some((scope) => this.constructs.has(scope));
  }
}
