import { bucketArnOf } from './s3';
import { NameInContext, SERVICES } from '../../spec/services';
import type { ServiceName, KeyProperty, KmsServiceProps } from '../../spec/services';
import type { Deployment, TemplateResource } from '../../template/types';

/** How a template has a resource encrypted. */
export interface ResourceEncryption {
  /** Key id, key ARN or alias, as the template names it. */
  readonly key?: string;
  /** Whether an S3 Bucket Key is on. */
  readonly bucketKey: boolean;
}

/** Resources of a service that have a key: what they are in templates, and which of them an ARN means. */
interface EncryptedResources {
  readonly service: ServiceName;
  readonly types: readonly string[];
  /** What of the ARN is the resource's physical id (`Ref`). */
  readonly physicalIdIn: (arn: string) => string;
}

const RESOURCES: Readonly<Record<string, EncryptedResources>> = {
  s3: { service: 'S3', types: ['AWS::S3::Bucket'], physicalIdIn: (arn) => after(':', bucketArnOf(arn)) },
  dynamodb: { service: 'DYNAMODB', types: ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'], physicalIdIn: (arn) => after('/', arn) },
  lambda: { service: 'LAMBDA', types: ['AWS::Lambda::Function'], physicalIdIn: (arn) => after(':', arn) },
  secretsmanager: { service: 'SECRETS_MANAGER', types: ['AWS::SecretsManager::Secret'], physicalIdIn: (arn) => arn },
};

const BUCKET_KEY = 'BucketEncryption.ServerSideEncryptionConfiguration.*.BucketKeyEnabled';

/** How the templates have a service's resource encrypted; undefined if none of them makes it. */
export function encryptionOf(service: string, arn: string, region: string, deployments: readonly Deployment[]): ResourceEncryption | undefined {
  if (!Object.hasOwn(RESOURCES, service)) return undefined;
  const { service: name, types, physicalIdIn } = RESOURCES[service];
  const physicalId = physicalIdIn(arn);
  for (const deployment of deployments) {
    const found = types.flatMap((type) => deployment.resources(type))
      .find((resource) => deployment.physicalId(resource.stack, resource.logicalId) === physicalId);
    if (found) return encryption(found, name, region);
  }
  return undefined;
}

function encryption({ type, properties }: TemplateResource, service: ServiceName, region: string): ResourceEncryption {
  const { keyProperties }: KmsServiceProps = SERVICES[service];
  const isOwn = ({ resourceType, nameInContext = NameInContext.OWN }: KeyProperty) => resourceType === type && nameInContext === NameInContext.OWN;
  const property = keyProperties.find(isOwn);
  const key = property && at(properties, property.path.split('.'), region);
  return { ...(typeof key === 'string' && { key }), bucketKey: String(at(properties, BUCKET_KEY.split('.'), region)) === 'true' };
}

/** The value at a path. Of a list, `*` is the element for the Region where elements have one, else the first. */
function at(value: unknown, [step, ...rest]: readonly string[], region: string): unknown {
  if (step === undefined) return value;
  if (Array.isArray(value)) return at(value.find((item) => own(item, 'Region') === region) ?? value[0], rest, region);
  return at(own(value, step), rest, region);
}

function own(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function after(separator: string, text: string): string {
  return text.slice(text.lastIndexOf(separator) + 1);
}
