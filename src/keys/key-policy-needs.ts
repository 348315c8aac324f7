import { Stack } from 'aws-cdk-lib';
import type { KeysmithKey } from './keysmith-key';
import { demands, plainText } from '../policy/conditions';
import type { Conditions } from '../policy/permission';
import { takesIn } from '../policy/requested-actions';
import type { KeyPolicyNeed } from '../spec/services';

/** A statement of the key policy, resolved. */
interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly Action?: unknown;
  readonly Condition?: Conditions;
}

/** The statements of a key policy that let a service work with the key in its own name, or for others. */
export class ServiceStatements {
  private readonly statements: readonly Statement[];
  private readonly region: string;

  constructor(key: KeysmithKey) {
    this.region = Stack.of(key).region;
    this.statements = key._policyStatements() as readonly Statement[];
  }

  /** The actions that a service needs and that no statement allows it. */
  public missing({ principal, via, actions }: KeyPolicyNeed): readonly string[] {
    const own = this.statements.filter(({ Effect, Principal, Condition = {} }) => Effect === 'Allow'
      && (principal === undefined ? isThrough(Condition, via!) : namesService(Principal, principal, this.region)));
    const patterns = own.flatMap(({ Action }) => ([] as unknown[]).concat(Action ?? []).map(String));
    const allowed = (action: string) => patterns.some((pattern) => takesIn(pattern, action));
    if (!actions.length) return own.length ? [] : ['kms:Decrypt or kms:GenerateDataKey'];
    return actions.filter((action) => !allowed(action));
  }

  /** Whether anything lets in the service of a resource's type, by its name: `AWS::SageMaker::Domain`, `sagemaker`. */
  public mention(resourceType: string): boolean {
    const name = resourceType.split('::')[1].toLowerCase();
    return this.statements.some(({ Effect, Principal, Condition = {} }) => Effect === 'Allow'
      && (isThrough(Condition, name) || namesOf(Principal).some((service) => service.split('.')[0] === name)));
  }
}

function isThrough(conditions: Conditions, via: string): boolean {
  return demands(conditions, (key, value) => key === 'kms:viaservice' && value.split('.')[0] === via);
}

/** A service may be named with its Region or without one, where AWS has both. */
function namesService(principal: unknown, wanted: string, region: string): boolean {
  const name = wanted.replace('{region}', plainText(region));
  return namesOf(principal).includes(name);
}

function namesOf(principal: unknown): string[] {
  const services = typeof principal === 'object' && principal !== null ? (principal as { Service?: unknown }).Service : undefined;
  return ([] as unknown[]).concat(services ?? []).map(plainText);
}
