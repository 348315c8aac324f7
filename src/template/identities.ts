import { policyDocument, policyIn, tagsOf } from './documents';
import { awsManagedPolicy } from './managed-policies';
import type { Stack } from './stack';
import type { Stacks } from './stacks';
import type { Deployment, PolicyTarget, TemplateIdentity } from './types';
import { asList, asText, asTexts, own } from './values';
import type { NamedPolicy } from '../authz/types';

type Kind = PolicyTarget['kind'];

/** What is attached to one role, user or group. */
interface Attached {
  readonly kind: Kind;
  readonly account: string;
  readonly name: string;
  readonly policies: NamedPolicy[];
  readonly managedPolicyArns: Set<string>;
}

/** The roles and users of all stacks with every policy that any of the stacks gives them, and those elsewhere that are given some. */
export function attachmentsOf(stacks: Stacks): Pick<Deployment, 'identities' | 'importedIdentities'> {
  return new Attachments(stacks).read();
}

/** Names of roles, users and groups are unique in an account, so an account and a name lead from a policy to whom it is for. */
class Attachments {
  private readonly attached = new Map<string, Attached>();
  private readonly managed = new Map<string, NamedPolicy>();
  private readonly memberships = new Map<string, Set<string>>();
  private readonly made = new Set<string>();

  public constructor(private readonly stacks: Stacks) {}

  public read(): Pick<Deployment, 'identities' | 'importedIdentities'> {
    this.readManagedPolicies();
    this.readInlinePolicies();
    this.readPrincipals('AWS::IAM::Group', 'group');
    this.readPrincipals('AWS::IAM::Role', 'role');
    this.readPrincipals('AWS::IAM::User', 'user');
    this.readMemberships();
    return {
      identities: [
        ...this.each('AWS::IAM::Role', (stack, logicalId) => this.identity(stack, logicalId, 'AWS::IAM::Role', 'role')),
        ...this.each('AWS::IAM::User', (stack, logicalId) => this.identity(stack, logicalId, 'AWS::IAM::User', 'user')),
      ],
      importedIdentities: [...this.attached].filter(([key]) => !this.made.has(key))
        .map(([, attached]) => ({ kind: attached.kind, account: attached.account, name: attached.name, policies: this.policiesOf([attached]) }))
        .filter(({ policies }) => policies.length),
    };
  }

  private identity(stack: Stack, logicalId: string, type: TemplateIdentity['type'], kind: Kind): TemplateIdentity {
    const name = stack.physicalName(logicalId);
    const groups = kind === 'user' ? this.groupsOf(stack, logicalId, name) : [];
    const sources = [this.of(stack.account, kind, name), ...groups.map((group) => this.of(stack.account, 'group', group))];
    const trust = stack.property(logicalId, 'AssumeRolePolicyDocument');
    const attribute = (property: string) => (
      String(stack.attributeOf(logicalId, property, { 'Fn::GetAtt': [logicalId, property] }, { ...stack.address(logicalId), property }))
    );
    return {
      ...stack.address(logicalId),
      type,
      name,
      arn: attribute('Arn'),
      ...(kind === 'role' ? { uniqueId: attribute('RoleId') } : {}),
      policies: this.policiesOf(sources),
      managedPolicyArns: managedArns(sources).filter((arn) => !this.document(arn)),
      ...this.boundary(asText(stack.property(logicalId, 'PermissionsBoundary'))),
      tags: tagsOf(stack.property(logicalId, 'Tags')),
      ...(trust === undefined ? {} : { trust: policyDocument(trust, { ...stack.address(logicalId), property: 'AssumeRolePolicyDocument' }, stack.symbols) }),
    };
  }

  private groupsOf(stack: Stack, logicalId: string, user: string): string[] {
    const groups = [...this.memberships.get(target(stack.account, 'user', user)) ?? []];
    for (const group of groups.filter((name) => !this.made.has(target(stack.account, 'group', name)))) {
      stack.symbols.for([stack.account, 'group', group], group, { ...stack.address(logicalId), property: 'Groups' },
        `group '${group}' is made by none of the templates: what else it may do is not counted`);
    }
    return groups;
  }

  /** Inline policies first, then those managed ones whose documents are known. */
  private policiesOf(sources: readonly Attached[]): NamedPolicy[] {
    return [...sources.flatMap(({ policies }) => policies), ...managedArns(sources).flatMap((arn) => this.document(arn) ?? [])];
  }

  private boundary(arn: string | undefined): Pick<TemplateIdentity, 'boundary' | 'unknownBoundaryArn'> {
    if (arn === undefined) return {};
    const boundary = this.document(arn);
    return boundary ? { boundary } : { unknownBoundaryArn: arn };
  }

  private document(arn: string): NamedPolicy | undefined {
    return this.managed.get(arn) ?? awsManagedPolicy(arn);
  }

  private readManagedPolicies(): void {
    this.each('AWS::IAM::ManagedPolicy', (stack, logicalId) => {
      const arn = stack.physicalId(logicalId);
      this.managed.set(arn, this.policy(stack, logicalId, stack.physicalName(logicalId)));
      for (const attached of this.targets(stack, logicalId)) attached.managedPolicyArns.add(arn);
    });
  }

  private readInlinePolicies(): void {
    this.each('AWS::IAM::Policy', (stack, logicalId) => {
      const policy = this.policy(stack, logicalId, stack.physicalName(logicalId));
      for (const attached of this.targets(stack, logicalId)) attached.policies.push(policy);
    });
    for (const [type, kind, property] of [
      ['AWS::IAM::RolePolicy', 'role', 'RoleName'], ['AWS::IAM::UserPolicy', 'user', 'UserName'], ['AWS::IAM::GroupPolicy', 'group', 'GroupName'],
    ] as const) {
      this.each(type, (stack, logicalId) => {
        const name = asText(stack.property(logicalId, 'PolicyName')) ?? logicalId;
        const policy = this.policy(stack, logicalId, name);
        for (const whom of asTexts(stack.property(logicalId, property))) this.of(stack.account, kind, whom).policies.push(policy);
      });
    }
  }

  /** What the resource of a role, user or group itself says of its policies. */
  private readPrincipals(type: string, kind: Kind): void {
    this.each(type, (stack, logicalId) => {
      const name = stack.physicalName(logicalId);
      const attached = this.of(stack.account, kind, name);
      this.made.add(target(stack.account, kind, name));
      asList(stack.property(logicalId, 'Policies')).forEach((inline, index) => {
        const at = { ...stack.address(logicalId), property: `Policies[${index}].PolicyDocument` };
        const document = policyDocument(own(inline, 'PolicyDocument'), at, stack.symbols);
        const called = asText(own(inline, 'PolicyName')) ?? `Policies[${index}]`;
        attached.policies.push(policyIn(stack.id, `${called} of ${kind} ${logicalId}`, document));
      });
      for (const arn of asTexts(stack.property(logicalId, 'ManagedPolicyArns'))) attached.managedPolicyArns.add(arn);
    });
  }

  private readMemberships(): void {
    const add = (stack: Stack, users: readonly string[], groups: readonly string[]): void => {
      for (const user of users) {
        const key = target(stack.account, 'user', user);
        this.memberships.set(key, new Set([...this.memberships.get(key) ?? [], ...groups]));
      }
    };
    this.each('AWS::IAM::User', (stack, logicalId) => add(stack, [stack.physicalName(logicalId)], asTexts(stack.property(logicalId, 'Groups'))));
    this.each('AWS::IAM::UserToGroupAddition', (stack, logicalId) =>
      add(stack, asTexts(stack.property(logicalId, 'Users')), asTexts(stack.property(logicalId, 'GroupName'))));
  }

  private policy(stack: Stack, logicalId: string, name: string): NamedPolicy {
    const document = policyDocument(stack.property(logicalId, 'PolicyDocument'), { ...stack.address(logicalId), property: 'PolicyDocument' }, stack.symbols);
    return policyIn(stack.id, name, document);
  }

  /** Whom the Roles, Users and Groups of a policy name. */
  private targets(stack: Stack, logicalId: string): Attached[] {
    return ([['Roles', 'role'], ['Users', 'user'], ['Groups', 'group']] as const).flatMap(([property, kind]) =>
      asTexts(stack.property(logicalId, property)).map((name) => this.of(stack.account, kind, name)));
  }

  private of(account: string, kind: Kind, name: string): Attached {
    const key = target(account, kind, name);
    const attached = this.attached.get(key) ?? { kind, account, name, policies: [], managedPolicyArns: new Set<string>() };
    this.attached.set(key, attached);
    return attached;
  }

  private each<T>(type: string, read: (stack: Stack, logicalId: string) => T): T[] {
    return this.stacks.ofType(type).map(({ stack, logicalId }) => read(stack, logicalId));
  }
}

function managedArns(sources: readonly Attached[]): string[] {
  return [...new Set(sources.flatMap(({ managedPolicyArns }) => [...managedPolicyArns]))];
}

function target(account: string, kind: Kind, name: string): string {
  return JSON.stringify([account, kind, name]);
}
