import { CfnResource, Resource, Token, TokenComparison } from 'aws-cdk-lib';
import type { CfnElement, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, ArnPrincipal, Effect, Grant, PrincipalWithConditions, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { AddToResourcePolicyResult, IGrantable, IPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Alias, IKey, KeyReference } from 'aws-cdk-lib/aws-kms';
import { actingRolesOf, grantFoundRoles, isForFoundRoles } from './found-roles';
import { isForSenders, namesSender, senderAccountsFor, sourcesFor } from './found-senders';
import { grantFoundUsers } from './found-users';
import { isLikelyRepeated, lookAfterRepeatedStatements } from './repeated-statements';
import { furtherAccounts, isAbout, isCalledFor, isOfSome } from './row-resources';
import { joined, namesResource, permissionFor } from './row-statements';
import type { RowBinding } from './row-statements';
import { ServedInWords } from './served-in-words';
import type { Served } from './served-in-words';
import { textsForServed } from './served-resources';
import { lookAfterUntoldSenders } from './untold-senders';
import type { AskedSender } from './untold-senders';
import { lookAfterViews } from './view-checks';
import { viewGranteeOf, viewGranteesOf } from './view-grantee';
import type { ViewGrantee } from './view-grantee';
import { ViewReference } from './view-reference';
import { statementGiven, textGiven } from '../app/arguments';
import { VIEW, isMarked, mark } from '../app/constructs';
import { KeyUses } from '../app/key-uses';
import type { ActingRole, KeyView } from '../app/key-view';
import { keptFor } from '../app/per-stage';
import { ReferenceGraph } from '../app/reference-graph';
import type { Problem } from '../app/stage-checks';
import { inform, warn } from '../app/warnings';
import type { ServeOptions } from '../keys/kms-service';
import type { SymmetricDataKey } from '../keys/symmetric-data-key';
import { AccountAccess } from '../policy/account-access';
import { plainText, readable } from '../policy/conditions';
import { otherDeployerOf } from '../policy/deployer';
import { LateValues } from '../policy/late-values';
import type { Conditions, Permission } from '../policy/permission';
import { ServiceCall, ServiceRowTime, ServiceUser, isKnown } from '../spec/services';
import type { KmsServiceProps, ServiceContext, ServiceRow } from '../spec/services';

/** What makes the statements of several rows fewer. */
type Composer = (all: readonly Permission[]) => readonly Permission[];

/**
 * A key as one service uses it. Constructs of that service take it for the key; whatever they grant through it becomes the least that
 * the service needs for it, through the service only, with the encryption context the service sends.
 *
 * Its statements are written from the rows of the service, and from nothing else.
 */
export class ServiceView extends Resource implements IKey, KeyView {
  public readonly keyArn: string;
  public readonly keyId: string;
  /** What the app says in words that the view is for. */
  public readonly inWords?: ServedInWords;

  private readonly binding: RowBinding;
  private readonly lists = new Map<string, LateValues>();
  private readonly waiting = new Map<Stack, boolean>();
  private readonly refusals: Problem[] = [];
  private readonly grantedServices = new Set<string>();
  private readonly asked: AskedSender[] = [];
  private readonly likelyRepeated: PolicyStatement[] = [];
  private granting = false;

  constructor(public readonly key: SymmetricDataKey, public readonly service: KmsServiceProps, served?: ServeOptions) {
    super(key, freeId(key, service));
    this.inWords = served === undefined ? undefined : new ServedInWords(served, service, this.label);
    mark(this, VIEW);
    lookAfterViews(this, service);
    if (service.rows.some(({ userActions }) => userActions)) grantFoundUsers(this);
    if (service.rows.some(isForFoundRoles)) grantFoundRoles(this);
    if (service.rows.some(isForSenders)) lookAfterUntoldSenders(this);
    this.keyArn = new ViewReference(this, key.keyArn).toString();
    this.keyId = new ViewReference(this, key.keyId).toString();
    this.binding = {
      fill: (text) => this.fill(text),
      perResource: (texts, row) => this.perResource(texts, row),
      sourceAccounts: (row) => this.sourceAccounts(row),
      senders: (row) => this.list(['senders', row.principal, row.sourceArn, row.namedIn], () => sourcesFor(row, this)),
      senderAccounts: (row) => this.list(['accounts of senders', row.principal, row.namedIn], () => senderAccountsFor(row, this)),
      when: (row) => this.whenOf(row),
      isOverruled: () => this.isOverruled(),
    };
    this.writeGiven();
  }

  /** What messages call it. */
  public get label(): string {
    return `the view of '${this.key.node.path}' for ${this.service.title}`;
  }

  /** The other views of the key for the service. */
  public others(): ServiceView[] {
    return viewsOf(this.key).filter((view) => view !== this && view.service === this.service);
  }

  /** The encryption contexts by which statements that were written tell the resources that have the view. */
  public get writtenContexts(): ServiceContext[] {
    const { GIVEN, NAMED, GRANTED } = ServiceRowTime;
    const written = this.service.rows.filter(({ when }) => when === GIVEN || when === NAMED || (when === GRANTED && this.granting))
      .filter((row) => (row.when !== NAMED && !row.resourceTypes) || isCalledFor(row, this));
    return written.flatMap(({ context }) => (context?.values?.some(namesResource) ? [context] : []));
  }

  public get actingRoles(): readonly ActingRole[] {
    return actingRolesOf(this);
  }

  /** The rows of services that were granted by name. */
  public get grantedServiceRows(): ServiceRow[] {
    return this.service.rows.filter(({ who, principal = '' }) => who === ServiceUser.SERVICE && this.grantedServices.has(principal));
  }

  public get keyRef(): KeyReference {
    return { keyArn: this.keyArn, keyId: this.keyId };
  }

  /** A text of a row with its placeholders filled in, for a resource of this name. */
  public fill(text: string, name = '*'): string {
    if (!text.includes('{')) return text;
    const { partition, region, account, urlSuffix } = this.stack;
    const start = Token.isUnresolved(name) ? plainText(this.stack.resolve(name)) : name;
    const values: Readonly<Record<string, string>> = { partition, region, account, urlSuffix, name, path: start.startsWith('/') ? name : `/${name}` };
    return text.replace(/\{(partition|region|account|urlSuffix|name|path)\}/g, (_, placeholder: string) => values[placeholder]);
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
  public refuse(why: Problem): void {
    this.refusals.push(why);
  }

  /** What was noted since the last time, for validation to report. */
  public takeRefusals(): Problem[] {
    return this.refusals.splice(0);
  }

  /** What was granted to services that send, since the last time. */
  public takeAskedSenders(): AskedSender[] {
    return this.asked.splice(0);
  }

  /** Statements that were added since the last time, and may say what the rows of the view say. */
  public takeLikelyRepeated(): PolicyStatement[] {
    return this.likelyRepeated.splice(0);
  }

  /** Adds a statement to the key policy that is no row's. */
  private addAsItIs(statement: PolicyStatement): AddToResourcePolicyResult {
    return this.key._addStatement(statement, () => this.isOverruled());
  }

  /** The rows for a service principal, under the name that CDK has for it; where there are none, those for any. */
  public serviceRows(name: string): ServiceRow[] {
    const all = this.service.rows.filter(({ who }) => who === ServiceUser.SERVICE);
    const own = all.filter(({ principal = '', principalInCdk = principal }) => name === this.fill(principalInCdk));
    return own.length ? own : all.filter(({ principal }) => principal === undefined).map((row) => ({ ...row, principal: name }));
  }

  /** Grants what one row says, and no other row for the same kind of user. */
  public grantRow(row: ServiceRow, grantee: IGrantable): void {
    this.grantRows(grantee, [row]);
  }

  /** Lets in a role that the service acts with, as this row says, for the resources that name the role: `who` tells it from others, and `isRunner` what names it. */
  public grantRole(row: ServiceRow, grantee: IGrantable, who: string, isRunner: (resource: CfnResource) => boolean): void {
    const runs = (served: Served) => row.when === ServiceRowTime.NAMED || (typeof served !== 'string' && CfnResource.isCfnResource(served) && isRunner(served));
    const isMeant = (served: Served) => isAbout(row, this, isRunner)(served) && runs(served);
    this.authorize(grantee, [permissionFor(row, this.bindingFor(row, who, isMeant), this.accounts(viewGranteeOf(grantee, this)))]);
  }

  /** Lets in a service that sends, as this row says. */
  public grantSender(row: ServiceRow, caller: ViewGrantee): void {
    this.authorize(caller.as(this.fill(row.principal ?? '')), [permissionFor(row, this.binding, [])]);
  }

  /** Lets in a service as this row says, for imported resources, whose policies nobody sees here. */
  public grantForImported(row: ServiceRow): void {
    const binding = this.bindingFor(row, 'imported', (served) => typeof served !== 'string' && !CfnResource.isCfnResource(served));
    this.authorize(new ServicePrincipal(this.fill(row.principal ?? '')), [permissionFor(row, binding, [])]);
  }

  public addAlias(alias: string): Alias {
    return this.key.addAlias(alias);
  }

  /**
   * Takes statements for service principals that say whose resources the service may act for (CloudFront reading a bucket for a distribution, say).
   * Statements for anybody else would pass by the service: they are refused. One that binds a service to nobody's resources, as constructs of CDK write for
   * senders, is what the view's own rows say of that service.
   */
  public addToResourcePolicy(statement: PolicyStatement, _allowNoOp?: boolean): AddToResourcePolicyResult {
    const { Principal } = statementGiven(statement, `addToResourcePolicy(…) of ${this.label}`).toStatementJson() as { Principal?: unknown };
    const types = typeof Principal === 'object' && Principal !== null ? Object.keys(Principal) : ['AWS'];
    if (types.some((type) => type !== 'Service')) {
      throw new Error(`a statement was added to ${this.label} that is not bound to the service: grant with the construct that was given the view, `
        + 'or with the view\'s own grant methods; KeyGrants.fromKey(…) leaves the service out. What is meant for direct use belongs on the key itself');
    }
    if (isLikelyRepeated(statement, this)) {
      this.likelyRepeated.push(statement);
      lookAfterRepeatedStatements(this);
      return { statementAdded: true, policyDependable: this.key.node.defaultChild };
    }
    return this.addUnrepeated(statement);
  }

  /** Adds a statement that the rows of the view do not say: what it lacks in conditions they say, where they know the service. */
  public addUnrepeated(statement: PolicyStatement): AddToResourcePolicyResult {
    return this.grantSenders(statement) ? { statementAdded: true, policyDependable: this.key.node.defaultChild } : this.addAsItIs(statement);
  }

  /** Grants services that the view knows what its rows say, in the place of a statement that asks for no more than a source at most; tells whether it was one. */
  private grantSenders({ effect, conditions, principals, actions }: PolicyStatement): boolean {
    const asked = conditions as Conditions;
    const unbound = Object.keys(asked).length === 0;
    if (effect !== Effect.ALLOW || !(unbound || asksForSource(asked))) return false;
    const senders = principals.map((principal) => viewGranteeOf(unbound ? principal : new PrincipalWithConditions(principal, asked), this));
    const says = (row: ServiceRow) => actions.every((action) => row.actions.includes(action));
    const isMeant = (rows: readonly ServiceRow[]) => (unbound ? rows.length > 0 : rows.every(isForSenders) && rows.some(says));
    if (!senders.every(({ service }) => service !== undefined && isMeant(this.serviceRows(service)))) return false;
    for (const sender of senders) this.grantService(sender.service!, sender);
    return true;
  }

  /**
   * What constructs call: the actions tell whether the grantee is to read or to write, and the service's own needs are granted then.
   */
  public grant(grantee: IGrantable, ...actions: string[]): Grant {
    for (const action of actions) textGiven(action, `an action of grant(…) of ${this.label}`, 'name actions one by one, like kms:Decrypt');
    // CDK's Volume lets in its whole account through EC2, as its Secret does, so that whoever makes it can.
    if (actions.length && viewGranteesOf(grantee, this).every((caller) => this.providesForItself(caller))) return this.leaveToDeployer(grantee);
    if (actions.some((action) => WRITING.test(action))) return this.grantRows(grantee, this.rowsGranted(grantee, ServiceUser.WRITER));
    if (actions.some((action) => READING.test(action))) return this.grantDecrypt(grantee);
    const strange = actions.find((action) => !SERVING.test(action));
    if (strange || !actions.length) throw new Error(`${this.label} cannot grant ${strange === undefined ? 'nothing' : readable(strange)}: it grants reading (kms:Decrypt) and writing (kms:Encrypt) through the service`);
    const asked = actions.map((action) => action.toLowerCase());
    const rows = this.rowsFor(ServiceUser.DEPLOYER).filter((row) => row.actions.every((action) => asked.includes(action.toLowerCase())));
    const granted = this.grantRows(grantee, this.rowsGranted(grantee, ServiceUser.DEPLOYER, rows, actions.join(' and ')));
    return unwritten(grantee, this.key).combine(granted);
  }

  public grantDecrypt(grantee: IGrantable): Grant {
    return this.grantRows(grantee, this.rowsGranted(grantee, ServiceUser.READER));
  }

  /** Constructs that copy data under a role which the service assumes ask for this one: S3 replication. */
  public grantEncrypt(grantee: IGrantable): Grant {
    const isCopying = ({ shape, rolePath }: ServiceRow) => shape === ServiceCall.THROUGH_SERVICE && rolePath === undefined;
    const copies = this.rowsFor(ServiceUser.ASSUMED_ROLE).filter(isCopying);
    return this.grantRows(grantee, copies.length ? copies : this.rowsGranted(grantee, ServiceUser.WRITER));
  }

  public grantEncryptDecrypt(grantee: IGrantable): Grant {
    if (viewGranteesOf(grantee, this).every((caller) => this.providesForItself(caller))) return this.leaveToDeployer(grantee);
    return this.grantRows(grantee, [...this.rowsGranted(grantee, ServiceUser.WRITER), ...this.rowsGranted(grantee, ServiceUser.READER)], joined);
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

  /** How the placeholders of a row are filled in for some of the resources that have the view, whom `who` tells from others. */
  private bindingFor({ sid, context }: ServiceRow, who: string, isMeant: (served: Served) => boolean): RowBinding {
    const imported = context?.imported ?? [];
    return { ...this.binding, perResource: (texts) => this.list([sid, who, texts], () => textsForServed(this, texts, imported, isMeant)) };
  }

  /** Throws: nothing of a template is the view's own. */
  public override applyRemovalPolicy(): never {
    throw new Error(`${this.label} is no resource that could be kept or deleted: apply the removal policy to '${this.key.node.path}' itself`);
  }

  /** Whether somebody knows better of all the resources that have the view. */
  private isOverruled(): boolean {
    const uses = KeyUses.of(this).through(this);
    return uses.length > 0 && uses.every(({ resource }) => this.key._isOverruledFor(resource));
  }

  private rowsFor(user: ServiceUser): ServiceRow[] {
    return this.service.rows.filter(({ who, when }) => who === user && (when === ServiceRowTime.GRANTED || when === ServiceRowTime.GIVEN));
  }

  /** Rows that somebody is granted. Warns where there are none: nothing is written then, and KMS would be the first to say so. */
  private rowsGranted(grantee: IGrantable, user: ServiceUser, rows = this.rowsFor(user), asked = ASKED[user] ?? ''): readonly ServiceRow[] {
    if (rows.length) return rows;
    const { name, title } = this.service;
    if (worksUnderGrants(this.service)) {
      for (const { label } of viewGranteesOf(grantee, this)) {
        inform(this.key, 'cdk-keysmith:under-grant', `${label} was granted the use of ${this.label}, and needs nothing: ${title} works under a grant of its own. What is asked of KMS directly is `
          + 'granted on the key itself');
      }
      return rows;
    }
    const instead = isKnown(this.service) ? `${title} asks for none of that: what is asked of KMS directly is granted on the key itself` : `Add a row with who: ServiceUser.${user} to KmsService.of({ name: '${name}' … })`;
    for (const { label } of viewGranteesOf(grantee, this).filter(({ service }) => service === undefined)) {
      warn(this.key, 'cdk-keysmith:no-row', `${label} was granted ${asked} through ${this.label}, and no row of '${name}' gives that to a ${user}: nothing was added to the key policy, and KMS will deny it. ${instead}`);
    }
    return rows;
  }

  private grantRows(grantee: IGrantable, rows: readonly ServiceRow[], compose: Composer = (all) => all): Grant {
    this.granting = true;
    return viewGranteesOf(grantee, this).map((caller) => this.grantOne(caller, rows, compose)).reduce((all, grant) => all.combine(grant));
  }

  private grantOne(caller: ViewGrantee, rows: readonly ServiceRow[], compose: Composer): Grant {
    if (this.isOwnAccount(caller) && this.key.accountAccess !== AccountAccess.DELEGATE_TO_IAM) {
      throw new Error(`${this.label} was to be granted to the whole account: IAM policies would decide who may use the key through the service. `
        + 'Name the roles, or choose AccountAccess.DELEGATE_TO_IAM, which leaves that to IAM');
    }
    if (caller.service) return this.grantService(caller.service, caller);
    return this.authorize(caller.grantee, compose(rows.map((row) => permissionFor(row, this.binding, this.accounts(caller)))));
  }

  /** What a service principal needs is for its own rows to say, whatever a construct asks for it. */
  private grantService(name: string, caller: ViewGrantee): Grant {
    const known = this.serviceRows(name);
    if (!known.length) {
      throw new Error(`'${name}' is not known to use keys for ${this.service.title}: add its statement to '${this.key.node.path}' itself, `
        + 'with addToResourcePolicy(…) and a condition on aws:SourceArn');
    }
    const sending = known.filter(isForSenders);
    if (sending.length === known.length) this.asked.push({ rows: sending, caller });
    // Whoever is granted need not be named besides; for whose resources it sends, resources tell.
    const rows = known.filter((row) => !isForSenders(row) && !namesSender(row))
      .map((row) => ({ ...row, when: ServiceRowTime.GRANTED, namedIn: undefined }));
    if (!rows.length) return Grant.drop(caller.grantee, 'synthesis finds who sends');
    for (const { principal = '' } of rows) this.grantedServices.add(principal);
    return this.authorize(caller.as(this.fill(rows[0].principal ?? name)), rows.map((row) => permissionFor(row, this.binding, [])));
  }

  /** Rows that name no resource say the same for each view of the key: the first one says it. */
  private writeGiven(): void {
    const first = !this.others().length;
    const isOfView = (row: ServiceRow) => namesResources(row) || row.when === ServiceRowTime.NAMED || isOfSome(row);
    const rows = this.service.rows.filter(({ when }) => when === ServiceRowTime.GIVEN || when === ServiceRowTime.NAMED);
    const accountsOf = keptFor((principal: IPrincipal) => this.accounts(viewGranteeOf(principal, this)));
    for (const row of rows.filter((each) => !isForFoundRoles(each) && (first || isOfView(each)))) {
      const principal = this.principalOf(row);
      if (!principal) continue;
      // Who calls for itself comes from no other account.
      const isCaller = row.shape === ServiceCall.THROUGH_SERVICE && row.who !== ServiceUser.SERVICE_LINKED_ROLE;
      const accounts = isCaller ? accountsOf(principal) : [this.stack.account];
      const permission = permissionFor(row, this.binding, accounts);
      this.key._write(principal, permission);
      if (row.who === ServiceUser.DEPLOYER) this.key._authorizeLater(permission, () => this.deployersElsewhere(!namesResources(row)));
    }
  }

  /** Who deploys resources that have the view, or any of the key for the service, in stacks of other deployers: a replica is made by whoever makes the table. */
  private deployersElsewhere(ofAll: boolean): ArnPrincipal[] {
    const uses = KeyUses.of(this);
    const views = ofAll ? [this, ...this.others()] : [this];
    return views.flatMap((view) => uses.through(view)).flatMap(({ resource }) => otherDeployerOf(resource, this.key) ?? []);
  }

  /** Whom a row is for that nobody grants; undefined where the account delegates to IAM, and IAM lets the deployer do its work. */
  private principalOf(row: ServiceRow): IPrincipal | undefined {
    const { who, principal = '' } = row;
    switch (who) {
      case ServiceUser.DEPLOYER: return this.key.accountAccess === AccountAccess.DELEGATE_TO_IAM ? undefined : this.key.deployer;
      case ServiceUser.SERVICE: return servicePrincipal(this.stack, this.fill(principal));
      // KMS refuses a policy that names a role which is not there yet, and IAM makes this one when the service is first used in the account.
      case ServiceUser.SERVICE_LINKED_ROLE: return new AnyPrincipal().withConditions({ ArnEquals: { 'aws:PrincipalArn': this.linkedRolesOf(row) } });
      default: return new ArnPrincipal(this.fill(principal));
    }
  }

  private linkedRolesOf(row: ServiceRow): string | string[] {
    const [role, ...more] = (this.inWords?.linkedRolesOf(row) ?? []).map((each) => this.fill(each));
    return more.length ? [role, ...more] : role ?? this.fill(row.principal ?? '');
  }

  /**
   * CDK's Secret lets in its whole account through the service, so that whoever creates it can. That is the deployer, who is in already; IAM policies
   * of the account decide nothing else here.
   */
  private leaveToDeployer(grantee: IGrantable): Grant {
    return Grant.drop(grantee, 'the deployer has it');
  }

  /** The own account named through the service: not by a person who grants, but by a construct that provides for its own creation. */
  private providesForItself(caller: ViewGrantee): boolean {
    return caller.wrapped && this.isOwnAccount(caller);
  }

  private isOwnAccount({ wholeAccount, accounts }: ViewGrantee): boolean {
    return wholeAccount && accounts.every((account) => OWN.includes(Token.compareStrings(account, this.stack.account)));
  }

  /** The same list for the same texts, so that statements with it can be joined. Asked for each time: the resources that have the view may be others by then. */
  private perResource(texts: readonly string[], row: ServiceRow): readonly string[] {
    const { context: { imported = [] } = {}, principal, resourceTypes, namedIn } = row;
    const same = [texts, imported, resourceTypes, namedIn && [principal, namedIn]];
    return this.list(same, () => textsForServed(this, texts, imported, isAbout(row, this)));
  }

  private sourceAccounts(row: ServiceRow): readonly string[] {
    const own = this.fill(row.sourceAccount ?? '');
    const further = () => furtherAccounts(row, this).known.filter((account) => account !== own);
    return this.list([own, row.principal, row.sourceAccountsIn], () => [own, ...further()]);
  }

  private list(same: unknown, values: () => readonly string[]): readonly string[] {
    const id = JSON.stringify(same);
    const late = this.lists.get(id) ?? new LateValues(values, () => KeyUses.reopen(this));
    this.lists.set(id, late);
    return late.list;
  }

  /** A statement that a service was granted by name is not written once more for the resources whose policies name it. */
  private whenOf(row: ServiceRow): (() => boolean) | undefined {
    const { who, when, principal = '' } = row;
    if (when === ServiceRowTime.GRANTED && who === ServiceUser.SERVICE) return undefined; // whoever grants knows that it is called for
    if (this.inWords?.linkedRolesOf(row).length) return undefined;
    if (when === ServiceRowTime.NAMED) return () => !this.grantedServices.has(principal) && isCalledFor(row, this);
    return isOfSome(row) ? () => isCalledFor(row, this) : undefined;
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

/** The views that a key has. */
export function viewsOf({ node }: SymmetricDataKey): ServiceView[] {
  return node.children.filter((child) => isMarked<ServiceView>(child, VIEW));
}

/** Principals of services, each once for a stack: what is known of them is read once. */
const servicePrincipals = keptFor((_: Stack) => new Map<string, ServicePrincipal>());

function servicePrincipal(stack: Stack, name: string): ServicePrincipal {
  const known = servicePrincipals(stack);
  const principal = known.get(name) ?? new ServicePrincipal(name);
  known.set(name, principal);
  return principal;
}

/** Where the tree keeps a view: `S3View`, then `S3View2`. There is no resource below, and so no logical id that changes with the order. */
function freeId({ node }: SymmetricDataKey, { name }: KmsServiceProps): string {
  let id = `${name}View`;
  for (let n = 2; node.tryFindChild(id); n++) id = `${name}View${n}`;
  return id;
}

/**
 * A grant with a statement that stands nowhere: CDK's Volume adds conditions to the first one that it gets, which the rows have for themselves, and takes it for granted that
 * there is one.
 */
function unwritten({ grantPrincipal }: IGrantable, { node }: SymmetricDataKey): Grant {
  const { assumeRoleAction, policyFragment } = grantPrincipal;
  const principal: IPrincipal = {
    assumeRoleAction,
    policyFragment,
    get grantPrincipal() { return principal; },
    addToPrincipalPolicy: () => ({ statementAdded: true, policyDependable: node.defaultChild }),
  };
  return Grant.addToPrincipal({ grantee: principal, actions: ['kms:CreateGrant'], resourceArns: ['*'] });
}

/** Whether a service asks KMS for whoever makes its resources, and then never for anybody: under a grant that it was let have. */
function worksUnderGrants({ rows }: KmsServiceProps): boolean {
  return rows.every(({ who }) => who === ServiceUser.DEPLOYER) && rows.some(({ actions }) => actions.includes('kms:CreateGrant'));
}

/** Whether the statement of a row tells resources apart. */
function namesResources({ context, sourceArn }: ServiceRow): boolean {
  return [...context?.values ?? [], ...sourceArn === undefined ? [] : [sourceArn]].some(namesResource);
}

/** Whether conditions name a source, and ask for nothing else. */
function asksForSource(conditions: Conditions): boolean {
  return Object.values(conditions).every((pairs) => Object.keys(pairs).every((key) => /^aws:Source(Arn|Account)$/i.test(key)));
}

/** What constructs ask for users of their data. */
const ASKED: Readonly<Partial<Record<ServiceUser, string>>> = {
  [ServiceUser.READER]: 'reading (kms:Decrypt)',
  [ServiceUser.WRITER]: 'writing (kms:GenerateDataKey or kms:Encrypt)',
};

const OWN = [TokenComparison.SAME, TokenComparison.BOTH_UNRESOLVED];
const WRITING = /^(kms:)?(\*|encrypt|reencrypt.*|generatedatakey.*)$/i;
const READING = /^kms:decrypt$/i;
const SERVING = /^kms:(describekey|creategrant)$/i;
