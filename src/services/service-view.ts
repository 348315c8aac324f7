import { Lazy, Resource, Token, TokenComparison } from 'aws-cdk-lib';
import type { CfnElement, Stack } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { AddToResourcePolicyResult, IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Alias, IKey, KeyReference } from 'aws-cdk-lib/aws-kms';
import { contextValues } from './served-resources';
import { asService, fill, throughService } from './statements';
import type { ServiceBinding } from './statements';
import { lookAfterViews } from './view-checks';
import { viewGranteeOf } from './view-grantee';
import type { ViewGrantee } from './view-grantee';
import { ViewReference } from './view-reference';
import { VIEW, mark } from '../app/constructs';
import { KeyUses } from '../app/key-uses';
import { ReferenceGraph } from '../app/reference-graph';
import type { SymmetricDataKey } from '../keys/symmetric-data-key';
import { AccountAccess } from '../policy/account-access';
import type { Permission } from '../policy/permission';
import { SERVICE_TITLES } from '../spec/key-properties';
import { SERVICE_USES } from '../spec/services';
import type { ServiceUse, ViewedService } from '../spec/services';

/**
 * A key as one service uses it. Constructs of that service take it for the key; whatever they grant through it becomes the least that
 * the service needs for it, through the service only, with the encryption context the service sends.
 */
export class ServiceView extends Resource implements IKey {
  public readonly keyArn: string;
  public readonly keyId: string;

  private readonly use: ServiceUse;
  private readonly binding: ServiceBinding;
  private readonly waiting = new Map<Stack, boolean>();
  private readonly refusals = new Set<string>();
  private granting = false;

  constructor(public readonly key: SymmetricDataKey, public readonly service: ViewedService) {
    super(key, viewId(service));
    mark(this, VIEW);
    lookAfterViews(this);
    this.use = SERVICE_USES[service];
    this.keyArn = new ViewReference(this, key.keyArn).toString();
    this.keyId = new ViewReference(this, key.keyId).toString();
    const { partition, region, account } = this.stack;
    this.binding = {
      use: this.use,
      region,
      account,
      partition,
      contextValues: this.use.context && Lazy.uncachedList({ produce: ({ preparing }) => this.contextValues(preparing) }, { displayHint: `${service}Context` }),
    };
    this.letDeploy();
  }

  /** What messages call it. */
  public get label(): string {
    return `the view of '${this.key.node.path}' for ${SERVICE_TITLES[this.service]}`;
  }

  /** Whether somebody was granted something for the resources that have the view. */
  public get hasGranted(): boolean {
    return this.granting && this.use.context !== undefined;
  }

  public get keyRef(): KeyReference {
    return { keyArn: this.keyArn, keyId: this.keyId };
  }

  /** Values of the service's encryption context for a resource's name, as StringLike takes them. */
  public contextFor(name: string, values: readonly string[] = this.use.context?.values ?? []): string[] {
    return values.map((value) => fill(value, this.binding, name));
  }

  /** The same for an imported resource: by what it tells of itself literally; undefined if that is nothing. */
  public contextForImported(tell: (property: string) => string | undefined): string[] | undefined {
    for (const { property, values } of this.use.context?.imported ?? []) {
      const told = tell(property);
      if (told !== undefined) return this.contextFor(told, values);
    }
    return undefined;
  }

  /** Whether the key can be deployed only after this element, which has the view. Asked once for a stack, when references are collected. */
  public waitsFor(element: CfnElement): boolean {
    const known = this.waiting.get(element.stack);
    if (known !== undefined) return known;
    this.waiting.set(element.stack, false); // looking for references comes by here again
    const waits = new ReferenceGraph().waitsFor(this.key.node.defaultChild as CfnElement, element);
    this.waiting.set(element.stack, waits);
    return waits;
  }

  /** Notes why somebody cannot have the view, found out when CDK looked for references. */
  public refuse(why: string): void {
    this.refusals.add(why);
  }

  /** What was noted since the last time, for validation to report. */
  public takeRefusals(): string[] {
    const refusals = [...this.refusals];
    this.refusals.clear();
    return refusals;
  }

  public addAlias(alias: string): Alias {
    return this.key.addAlias(alias);
  }

  /**
   * Takes statements for service principals that say whose resources the service may act for (CloudFront reading a bucket for a distribution, say).
   * Statements for anybody else would pass by the service: they are refused.
   */
  public addToResourcePolicy(statement: PolicyStatement, allowNoOp?: boolean): AddToResourcePolicyResult {
    const { Principal } = statement.toStatementJson() as { Principal?: unknown };
    const types = typeof Principal === 'object' && Principal !== null ? Object.keys(Principal) : ['AWS'];
    if (types.some((type) => type !== 'Service')) {
      throw new Error(`a statement was added to ${this.label} that is not bound to the service: grant with the construct that was given the view, `
        + 'or with the view\'s own grant methods; KeyGrants.fromKey(…) passes them by. What is meant for direct use belongs on the key itself');
    }
    return this.key.addToResourcePolicy(statement, allowNoOp);
  }

  /**
   * What constructs call: the actions tell whether the grantee is to read or to write, and the service's own needs are granted then.
   */
  public grant(grantee: IGrantable, ...actions: string[]): Grant {
    if (actions.some((action) => WRITING.test(action))) return this.grantUse(grantee, 'Write', this.use.writes);
    if (actions.some((action) => READING.test(action))) return this.grantUse(grantee, 'Read', this.use.reads);
    const strange = actions.find((action) => !SERVING.test(action));
    if (strange || !actions.length) throw new Error(`${this.label} cannot grant ${strange ?? 'nothing'}: it grants reading (kms:Decrypt) and writing (kms:Encrypt) through the service`);
    if (this.providesForItself(viewGranteeOf(grantee, this))) return this.leaveToDeployer(grantee);
    return this.grantUse(grantee, 'Manage', this.use.deploys.filter((action) => actions.some((asked) => asked.toLowerCase() === action.toLowerCase())));
  }

  public grantDecrypt(grantee: IGrantable): Grant {
    return this.grantUse(grantee, 'Read', this.use.reads);
  }

  /** Constructs that copy data ask for this one: S3 replication. */
  public grantEncrypt(grantee: IGrantable): Grant {
    return this.use.copies ? this.grantUse(grantee, 'Copy', [...this.use.writes, ...this.use.copies]) : this.grantUse(grantee, 'Write', this.use.writes);
  }

  public grantEncryptDecrypt(grantee: IGrantable): Grant {
    if (this.providesForItself(viewGranteeOf(grantee, this))) return this.leaveToDeployer(grantee);
    return this.grantUse(grantee, 'Write', [...new Set([...this.use.writes, ...this.use.reads])]);
  }

  public grantSign(): Grant {
    return this.cannot('kms:Sign');
  }

  public grantVerify(): Grant {
    return this.cannot('kms:Verify');
  }

  public grantSignVerify(): Grant {
    return this.cannot('kms:Sign and kms:Verify');
  }

  public grantGenerateMac(): Grant {
    return this.cannot('kms:GenerateMac');
  }

  public grantVerifyMac(): Grant {
    return this.cannot('kms:VerifyMac');
  }

  private grantUse(grantee: IGrantable, duty: string, actions: readonly string[]): Grant {
    const caller = viewGranteeOf(grantee, this);
    this.granting = true;
    if (this.isOwnAccount(caller) && this.key.accountAccess !== AccountAccess.DELEGATE_TO_IAM) {
      throw new Error(`${this.label} was to be granted to the whole account: IAM policies would decide who may use the key through the service, `
        + 'which is what AccountAccess.DELEGATE_TO_IAM says. Choose that, or name the roles');
    }
    if (!caller.service) return this.authorize(caller.grantee, throughService(this.binding, duty, actions, this.accounts(caller)));
    const known = this.use.principals[caller.service];
    if (!known) {
      throw new Error(`'${caller.service}' is not known to use keys for ${SERVICE_TITLES[this.service]}: add its statement to '${this.key.node.path}' itself, `
        + 'with addToResourcePolicy(…) and a condition on aws:SourceArn');
    }
    return this.authorize(caller.as(fill(known.principal, this.binding)), asService(this.binding, known));
  }

  /** Names of resources are left out: who deploys makes, renames and moves them. Where the account delegates to IAM, IAM lets the deployer do its work. */
  private letDeploy(): void {
    const { deployer, accountAccess } = this.key;
    if (!deployer || accountAccess === AccountAccess.DELEGATE_TO_IAM) return;
    this.authorize(deployer, throughService(this.binding, 'Deploy', this.use.deploys, this.accounts(viewGranteeOf(deployer, this)), true));
  }

  /**
   * CDK's Secret lets in its whole account through the service, so that whoever creates it can. That is the deployer, who is in already; IAM policies
   * of the account decide nothing else here.
   */
  private leaveToDeployer(grantee: IGrantable): Grant {
    return Grant.drop(grantee, 'the deployer has it');
  }

  /** The account named through the service: not by a person who grants, but by a construct that provides for its own creation. */
  private providesForItself({ wrapped, wholeAccount }: ViewGrantee): boolean {
    return wrapped && wholeAccount;
  }

  private isOwnAccount({ wholeAccount, accounts }: ViewGrantee): boolean {
    return wholeAccount && accounts.every((account) => OWN.includes(Token.compareStrings(account, this.stack.account)));
  }

  /** Asked for each time: the resources that have the view may be others by then. */
  private contextValues(preparing: boolean): string[] {
    if (!preparing) return contextValues(this);
    KeyUses.reopen(this);
    return []; // CDK looks for references, and names that are told without one hold none
  }

  /** Whose calls are meant: where nobody knows better, those of the key's account. */
  private accounts({ accounts, anyone }: ViewGrantee): readonly string[] {
    if (anyone) return [];
    return accounts.length ? accounts : [this.stack.account];
  }

  private authorize(grantee: IGrantable, permissions: readonly Permission[]): Grant {
    return permissions
      .map((permission) => this.key._authorize(grantee, permission))
      .reduce((all, grant) => all.combine(grant), Grant.drop(grantee, this.label));
  }

  private cannot(what: string): never {
    throw new Error(`${this.label} cannot grant ${what}: AWS services use symmetric encryption keys, which only encrypt and decrypt`);
  }
}

/** Where the tree keeps the one view that a key has for a service. */
export function viewId(service: ViewedService): string {
  return `${service}View`;
}

const OWN = [TokenComparison.SAME, TokenComparison.BOTH_UNRESOLVED];
const WRITING = /^(kms:)?(\*|encrypt|reencrypt.*|generatedatakey.*)$/i;
const READING = /^kms:decrypt$/i;
const SERVING = /^kms:(describekey|creategrant)$/i;
