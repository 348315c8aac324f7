import { Stack, Token } from 'aws-cdk-lib';
import { PolicyStatement, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { knownAlias, withPrefix } from './alias-names';

/** The aliases of a key: constructs below it, the first of which has the id that `kms.Key` gives it. */
export class KeyAliases {
  /** Names, as far as they are known. */
  private readonly names: string[] = [];
  private made = 0;

  constructor(private readonly construct: Construct, private readonly administrators: readonly IPrincipal[]) {}

  /** Notes a name that is going to be given. */
  public note(alias: string): void {
    this.keep(knownAlias(alias, this.construct));
  }

  /** The first name that is known. */
  public get first(): string | undefined {
    return this.names[0];
  }

  /** Whether there are any. */
  public get any(): boolean {
    return this.made > 0;
  }

  /** Defines an alias, and lets named administrators of the key manage it. */
  public add(alias: string, targetKey: KeyTarget): Alias {
    const known = knownAlias(alias, this.construct);
    if (known && this.made && this.names.includes(known)) throw new Error(`${this.construct.node.path}: the key has alias '${known}' already`);
    this.keep(known);
    const id = known && Token.isUnresolved(alias) ? known : alias;
    const defined = new Alias(this.construct, this.made++ ? `Alias${id}` : 'Alias', { aliasName: withPrefix(alias), targetKey });
    for (const administrator of this.administrators) this.letManage(administrator, defined);
    return defined;
  }

  private keep(name: string | undefined): void {
    if (name !== undefined && !this.names.includes(name)) this.names.push(name);
  }

  private letManage(administrator: IPrincipal, alias: Alias): void {
    // An alias has no policy of its own: managing one takes an IAM policy for the alias, and for the key its key policy.
    administrator.addToPrincipalPolicy(new PolicyStatement({
      actions: ['kms:CreateAlias', 'kms:UpdateAlias', 'kms:DeleteAlias'],
      resources: [Stack.of(this.construct).formatArn({ service: 'kms', resource: alias.aliasName })],
    }));
  }
}

type KeyTarget = ConstructorParameters<typeof Alias>[2]['targetKey'];
