import { App, Stack } from 'aws-cdk-lib';
import type { CfnElement } from 'aws-cdk-lib';
import { ANNOTATIONS_IN_VALIDATION_REPORT, CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import type { IConstruct } from 'constructs';
import type { Values } from './rows';
import type { Builder } from './scenes';
import { SymmetricDataKey } from '../../../src';
import type { SymmetricDataKeyProps } from '../../../src';
import type { IdentityFacts, KeyFacts, PolicyDocument } from '../../../src/authz';
import { Deployed, HERE, OTHER_ACCOUNT, executionRole, roleIn } from '../../support/deployed';

const EVERYTHING: PolicyDocument = { Version: '2012-10-17', Statement: [{ Sid: 'Everything', Effect: 'Allow', Action: '*', Resource: '*' }] };
/** Somebody whose IAM policies allow everything. */
export const almighty = (identity: IdentityFacts): IdentityFacts => ({ arn: identity.arn, policies: [{ name: 'AdministratorAccess', document: EVERYTHING }] });

/** What `cdk init` sets, but for the report of warnings that synthesis prints. */
const NEW_APP = { ...CURRENTLY_RECOMMENDED_FLAGS, [ANNOTATIONS_IN_VALIDATION_REPORT]: false };

/** A role of the other account. */
export const FOREIGN = `arn:aws:iam::${OTHER_ACCOUNT.account}:role/Theirs`;
/** What the placeholders stand for that are the same everywhere. */
export const PLACES: Values = {
  partition: 'aws',
  region: HERE.region,
  account: HERE.account,
  otherRegion: 'us-east-1',
  otherAccount: OTHER_ACCOUNT.account,
  otherName: 'elsewhere',
  deployer: executionRole(),
  foreign: FOREIGN,
};

/** One app, deployed: its key, everybody in it, and what the placeholders stand for. */
export interface Place {
  readonly key: KeyFacts;
  readonly identities: readonly IdentityFacts[];
  readonly values: Values;
}

/** What is special about the key of a place, and whether its resource has a name or CloudFormation makes one. */
export interface PlaceProps {
  readonly props: SymmetricDataKeyProps;
  readonly named: boolean;
}

/** Builds the app of a scene, synthesizes it and reads what its deployment would leave behind. */
export function place(build: Builder, { props, named }: PlaceProps): Place {
  const app = new App({ context: NEW_APP });
  const stack = new Stack(app, 'Shop', { env: HERE });
  const [reader, writer, stranger] = ['Reader', 'Writer', 'Stranger'].map((id) => roleIn(stack, id));
  const key = new SymmetricDataKey(stack, 'Key', props);
  const { resource, name, executionRole: runs, distribution } = build({ stack, key, reader, writer, name: named ? 'orders' : undefined });
  const deployed = new Deployed(app);
  const { deployment } = deployed;
  const elementOf = (construct: IConstruct) => (construct.node.defaultChild ?? construct) as CfnElement;
  const id = (construct: IConstruct) => deployment.physicalId(stack.stackName, stack.getLogicalId(elementOf(construct)))!;
  const [arn] = (resource && /^arn:.*:secret:.*/.exec(id(resource))) ?? [];
  return {
    key: deployed.keyOf(key),
    identities: deployment.identities,
    values: {
      ...PLACES,
      arn,
      name: name ?? (arn ? /:secret:(.*)-\w{6}$/.exec(arn)![1] : resource && nameIn(id(resource))),
      reader: deployed.arnOf(reader),
      writer: deployed.arnOf(writer),
      stranger: deployed.arnOf(stranger),
      executionRole: runs && deployed.arnOf(runs),
      distribution: distribution && id(distribution),
    },
  };
}

/** The name in a physical id: CloudFormation refers to a topic or state machine by its ARN, and to a queue by its URL. */
function nameIn(physicalId: string): string {
  return /^(?:arn:aws:(?:sns|states):|https:\/\/sqs\.).*[:/]([^:/]+)$/.exec(physicalId)?.[1] ?? physicalId;
}
