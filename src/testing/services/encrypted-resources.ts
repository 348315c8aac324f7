import { bucketArnOf } from './s3';
import type { Deployment, TemplateResource } from '../../template/types';

/** How a template has a resource encrypted. */
export interface ResourceEncryption {
  /** Key id, key ARN or alias, as the template names it. */
  readonly key?: string;
  /** Whether an S3 Bucket Key is on. */
  readonly bucketKey: boolean;
}

/** A type of resource: which of them an ARN means, and where its properties name the key. */
interface EncryptedType {
  readonly type: string;
  /** Whether the resource with this physical id (`Ref`) is the one that the ARN means. */
  readonly isMeant: (physicalId: string, arn: string) => boolean;
  /** Paths to the key in the properties, the first that is there counts. */
  readonly key: readonly (readonly (string | number)[])[];
}

const afterLast = (separator: string) => (physicalId: string, arn: string) => arn.slice(arn.lastIndexOf(separator) + 1) === physicalId;
const DEFAULT_ENCRYPTION = ['BucketEncryption', 'ServerSideEncryptionConfiguration', 0] as const;

/** CloudFormation Template Reference, the page of each type. */
const TYPES: Readonly<Record<string, readonly EncryptedType[]>> = {
  s3: [{
    type: 'AWS::S3::Bucket',
    isMeant: (physicalId, arn) => bucketArnOf(arn).split(':').pop() === physicalId,
    key: [[...DEFAULT_ENCRYPTION, 'ServerSideEncryptionByDefault', 'KMSMasterKeyID']],
  }],
  dynamodb: [
    { type: 'AWS::DynamoDB::Table', isMeant: afterLast('/'), key: [['SSESpecification', 'KMSMasterKeyId']] },
    { type: 'AWS::DynamoDB::GlobalTable', isMeant: afterLast('/'), key: [['Replicas', 0, 'SSESpecification', 'KMSMasterKeyId']] },
  ],
  lambda: [{ type: 'AWS::Lambda::Function', isMeant: afterLast(':'), key: [['KmsKeyArn']] }],
  secretsmanager: [{ type: 'AWS::SecretsManager::Secret', isMeant: (physicalId, arn) => physicalId === arn, key: [['KmsKeyId']] }],
};

/** How the templates have a service's resource encrypted; undefined if none of them makes it. */
export function encryptionOf(service: string, arn: string, deployments: readonly Deployment[]): ResourceEncryption | undefined {
  for (const { type, isMeant, key } of Object.hasOwn(TYPES, service) ? TYPES[service] : []) {
    for (const deployment of deployments) {
      const found = deployment.resources(type).find((resource) => isMeant(deployment.physicalId(resource.stack, resource.logicalId) ?? '', arn));
      if (found) return encryption(found, key);
    }
  }
  return undefined;
}

function encryption({ properties }: TemplateResource, keyPaths: EncryptedType['key']): ResourceEncryption {
  const key = keyPaths.map((path) => at(properties, path)).find((value) => typeof value === 'string') as string | undefined;
  return { ...(key && { key }), bucketKey: String(at(properties, [...DEFAULT_ENCRYPTION, 'BucketKeyEnabled'])) === 'true' };
}

function at(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inside, step) => (typeof inside === 'object' && inside !== null ? (inside as Record<string | number, unknown>)[step] : undefined), value);
}
