import { Annotations, CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

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
    const where = `overruleRefusal('${construct.node.path}') of '${this.key.node.path}'`;
    if (!reason.trim()) throw new Error(`${where} gives no reason: say why, in a few words`);
    const resources = construct.node.findAll().filter(CfnResource.isCfnResource);
    if (!resources.length) throw new Error(`${where}: it has no resource in a template: hand over the construct that was given the key`);
    this.constructs.add(construct);
    const [resource] = CfnResource.isCfnResource(construct.node.defaultChild) ? [construct.node.defaultChild] : resources;
    const known = (resource.getMetadata(METADATA) ?? []) as object[];
    resource.addMetadata(METADATA, [...known, { key: this.key.node.path, reason }]);
    Annotations.of(construct).addInfoV2('cdk-keysmith:overruled', `was given '${this.key.node.path}' against what synthesis says: ${reason}`);
  }

  /** Whether one holds for this resource: it, or what it is part of, was named. */
  public has(resource: IConstruct): boolean {
    return resource.node.scopes.some((scope) => this.constructs.has(scope));
  }
}
