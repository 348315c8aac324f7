import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { ConstructsInTemplates, stackOf, there } from './constructs-in-templates';
import type { KeyAccessAnswer, KeyAccessProps, KeyRequest, RequiredContextProps } from './key-access-types';
import { alive, allowed, answerOf, deniedToOthers, directly, waysRound } from './key-claims';
import type { Part } from './key-claims';
import type { KmsRequest } from '../authz';
import { doubtsOf, unreadOf } from '../checks';
import { atHome, bootstrapRolesIn, standInsOf } from '../checks/home-account';
import { denied, restricted } from '../checks/restricted';
import { nameOf, readable, someOf } from '../checks/words';
import { nobodyExcept, requiresContext } from '../proof';
import type { KeyWorld } from '../proof';
import { NOT_MODELLED } from '../proof/words';
import { KEY_ACTIONS, RETIRE_GRANT } from '../spec/action-resources';
import { USE } from '../spec/actions';
import { keyWorld, readAssembly, readTemplates } from '../template';
import type { AssemblyOptions, Deployment, TemplateKey, TemplateSource } from '../template';

/** What is asked of requests that carry an encryption context. */
const WITH_CONTEXT = Object.entries(USE).flatMap(([action, usages]) => (usages.includes('ENCRYPT_DECRYPT') ? [action] : []));
/** What a key policy has a say in: who retires a grant is told by the grant, or by IAM policies alone. */
const ON_THE_KEY = KEY_ACTIONS.filter((action) => action !== RETIRE_GRANT);
const SERVICES = 'services that call in their own names, whose sources rule KP-19 asks for';

/**
 * Who can do what with a KMS key, by a template: claims about all requests, each proved or shown to fail by a request that gets through.
 *
 * ```ts
 * const access = KeyAccess.fromTemplate(Template.fromStack(stack));
 * access.onlyAllows('kms:Decrypt', reader).holds;
 * ```
 *
 * In jest and vitest, `keyAccessMatchers` of `cdk-keysmith/testing` make matchers of them: `expect(access).onlyAllows('kms:Decrypt', reader)`.
 * What the template does not tell makes a claim undecidable, which is no proof: it does not hold.
 */
export class KeyAccess {
  /**
   * Reads a template.
   *
   * @param template one of `aws-cdk-lib/assertions`, or the JSON of any other
   * @param props which key it is about, where there are several
   * @throws Error if it is no template, or has no such key
   */
  public static fromTemplate(template: any, props: KeyAccessProps = {}): KeyAccess {
    const json: unknown = typeof template?.toJSON === 'function' ? template.toJSON() : template;
    if (typeof json !== 'object' || json === null) {
      throw new Error(`expected a Template of aws-cdk-lib/assertions, or the JSON of a template, got ${json === null ? 'null' : typeof json}`);
    }
    const { Resources } = json as { readonly Resources?: unknown };
    const read = readTemplates([{ ...sourceOf(props), template: json }]);
    return new KeyAccess(read, props, Object.keys(Object(Resources) as object));
  }

  /**
   * Reads all templates of an app: what one stack's key policy says of another's roles is known then.
   *
   * @param directory that of the assembly: `app.synth().directory`, `cdk.out`
   * @param props which key it is about, where there are several
   * @throws Error if it is no assembly, or has no such key
   */
  public static fromAssembly(directory: string, props: KeyAccessProps = {}): KeyAccess {
    return new KeyAccess(readAssembly(directory, environmentOf(props)), props, []);
  }

  /** What messages call the key: the path of its construct, else its logical id behind the stack. */
  public readonly keyName: string;

  private readonly deployment: Deployment;
  private readonly constructs: ConstructsInTemplates;
  private readonly key: TemplateKey;
  private readonly at: KeyWorld;
  private readonly ignoreEscalation: boolean;
  private readonly plain: (text: string) => string;

  private constructor(read: Deployment, props: KeyAccessProps, declared: readonly string[]) {
    this.deployment = atHome(read, props.account);
    this.constructs = new ConstructsInTemplates(this.deployment, declared);
    this.key = this.chosen(props);
    this.keyName = nameOf(this.key);
    this.ignoreEscalation = props.ignoreEscalation ?? false;
    const { owners, ...at } = keyWorld(this.deployment, this.key);
    const trusted = (props.policyOwners ?? []).flatMap((owner) => this.constructs.principalsOf(owner, this.key));
    // No manifest names the role that CloudFormation deploys with: it is that of `cdk bootstrap`, where the policy names one of the key's account.
    const deployers = bootstrapRolesIn(this.key.policy).filter(({ account }) => account === this.key.account).map(({ arn }) => arn);
    this.at = { ...at, owners: [...trusted, ...owners.length > 0 ? owners : deployers] };
    const plain = readable(this.deployment);
    this.plain = (text) => plain(text).replace(/arn:[\w-]+:iam::(\d{12}):(role|user)\/any-principal/g, 'any $2 of account $1');
  }

  /**
   * Whether nobody but the principals can do something, and each of them can.
   *
   * @param action `kms:Decrypt`, or a pattern, `kms:GenerateDataKey*`
   * @param principals roles, functions or whatever else is granted; by their ARNs, ArnPrincipal; a whole account, AccountPrincipal
   */
  public onlyAllows(action: string, ...principals: IGrantable[]): KeyAccessAnswer {
    const named = this.named(principals);
    if (named.length === 0) throw new Error(`onlyAllows('${action}') takes the principals that can: name one at least`);
    return this.answer(`nobody except ${someOf(named, named.length)} can ${action}, and they can`, () => {
      const proof = nobodyExcept(this.at, named, [action]);
      const living = named.map((principal) => alive(this.at, [action], [deniedToOthers(this.at.world, principal)], `${principal} cannot ${action} in any way`));
      return [directly(proof), waysRound(proof, this.at, this.ignoreEscalation), ...living];
    });
  }

  /**
   * Whether whoever uses the key gives a pair of the encryption context, and somebody can with one.
   *
   * @param name of the pair
   * @param props its value, and of which requests it is asked
   */
  public requiresContext(name: string, props: RequiredContextProps = {}): KeyAccessAnswer {
    const { value, actions = WITH_CONTEXT, directOnly = false } = props;
    const direct = directOnly ? [denied({ Null: { 'kms:ViaService': 'false' } }), denied({ Bool: { 'aws:PrincipalIsAWSService': 'true' } })] : [];
    const at = direct.length === 0 ? this.at : { ...this.at, key: restricted(this.at.key, direct) };
    const pair = value === undefined ? `'${name}'` : `'${name}' = '${value}'`;
    const with_ = value === undefined ? denied({ Null: { [`kms:EncryptionContext:${name}`]: 'true' } }) : denied({ StringNotEquals: { [`kms:EncryptionContext:${name}`]: value } });
    const what = props.actions === undefined ? 'every use of the key' : someOf(actions, actions.length);
    return this.answer(`${what}${directOnly ? ' that no service makes' : ''} requires ${pair} in the encryption context, and is possible with it`, () => {
      const proofOf = (world: KeyWorld) => requiresContext(world, actions, value === undefined ? [name] : { [name]: value });
      const proof = proofOf(at);
      // Ways round are ways round, whoever makes the call.
      return [directly(proof), waysRound(at === this.at ? proof : proofOf(this.at), this.at, this.ignoreEscalation), alive(at, actions, [with_], `nobody can use the key with ${pair} in the encryption context`)];
    });
  }

  /**
   * Whether no role, user or root user of other accounts can do anything with the key, and somebody of these can.
   *
   * @param accounts ids, which may be tokens: `stack.account`
   */
  public allowsNobodyOutside(...accounts: string[]): KeyAccessAnswer {
    const named = accounts.map((account) => this.constructs.textOf(account, `account '${account}'`, this.key));
    const wrong = named.filter((account) => !/^\d{12}$/.test(account));
    if (wrong.length > 0 || named.length === 0) throw new Error(`allowsNobodyOutside takes account ids of 12 digits, got ${wrong.map((account) => `'${account}'`).join(', ') || 'none'}`);
    const others = denied({ StringNotEquals: { 'aws:PrincipalAccount': named } });
    const at = { ...this.at, key: restricted(this.at.key, [denied({ Bool: { 'aws:PrincipalIsAWSService': 'true' } })]) };
    return this.answer(`nobody outside of account ${someOf(named, named.length)} can do anything with the key`, () => [
      directly(nobodyExcept(at, named, KEY_ACTIONS)),
      alive(at, ON_THE_KEY, [others], 'nobody of these accounts can do anything with it either'),
    ], [SERVICES]);
  }

  /**
   * Whether a request is allowed for certain.
   *
   * @param request one of a principal's, or the witness of another claim
   */
  public allows(request: KeyRequest): KeyAccessAnswer {
    const { principal: given, anyIamPolicies = false, ...asked } = request;
    const principal = this.constructs.textOf(given, given, this.key);
    const whole = { ...asked, principal } as Omit<KmsRequest, 'key'>;
    return this.answer(`${principal} can ${request.action}`, () => [allowed(this.at, whole, anyIamPolicies)]);
  }

  private named(principals: readonly IGrantable[]): readonly string[] {
    return [...new Set(principals.flatMap((principal) => this.constructs.principalsOf(principal, this.key)))];
  }

  /** What a policy says of which parts are not known at all is no ground for any proof. */
  private answer(claim: string, parts: () => readonly Part[], besides: readonly string[] = []): KeyAccessAnswer {
    const unread = unreadOf(this.deployment, this.key);
    const all: readonly Part[] = unread.unknown.length === 0 ? parts() : [{ verdict: 'undecidable', said: doubtsOf(unread) }];
    const owners = (this.at.owners ?? []).map((owner) => `${this.plain(owner)}, who owns the policy`);
    const notCounted = [...NOT_MODELLED, ...besides, 'the root user', ...owners];
    return answerOf(`${this.keyName}: ${claim}`, all, { at: this.at, notCounted, standIns: standInsOf(this.deployment), plain: this.plain });
  }

  private chosen({ key, logicalId }: KeyAccessProps): TemplateKey {
    const { keys } = this.deployment;
    if (key !== undefined) return this.constructs.keyOf(key);
    const meant = logicalId === undefined ? keys : keys.filter((one) => one.logicalId === logicalId);
    if (meant.length === 1) return meant[0];
    if (logicalId !== undefined) throw new Error(`${meant.length === 0 ? 'no key' : 'more than one key'} has the logical id '${logicalId}': ${there(keys)}`);
    throw new Error(keys.length === 0 ? 'the template has no KMS key' : `which of the keys is meant? Choose it by 'key' or 'logicalId': ${there(keys)}`);
  }
}

function environmentOf({ account, region, parameters }: KeyAccessProps): AssemblyOptions {
  return {
    ...account === undefined ? {} : { account },
    ...region === undefined ? {} : { region },
    ...parameters === undefined ? {} : { parameters },
  };
}

/** What a template does not tell of its stack, as far as the construct of the key does. */
function sourceOf(props: KeyAccessProps): Omit<TemplateSource, 'template'> {
  return { ...props.key === undefined ? {} : stackOf(props.key), ...environmentOf(props) };
}
