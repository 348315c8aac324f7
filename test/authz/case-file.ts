import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { conditionKeysOf, decide } from '../../src/authz';
import type { Decision, GrantFacts, IdentityFacts, KeyFacts, KmsRequest, PolicyDocument } from '../../src/authz';

/**
 * Decisions as data: `cases/*.json`, one topic a file. A case is a sentence, a world, a request, what is expected, and the AWS page.
 *
 * Everything is in account 111122223333, Region us-east-1, unless an ARN says otherwise.
 */
export interface CaseFile {
  readonly topic: string;
  readonly worlds: Readonly<Record<string, CaseWorld>>;
  readonly cases: readonly Case[];
}

interface CaseWorld {
  readonly keys: readonly CaseKey[];
  readonly identities?: readonly CaseIdentity[];
}

type CaseKey = Partial<Omit<KeyFacts, 'arn'>> & { readonly id: string; readonly region?: string; readonly policy: PolicyDocument; readonly grants?: readonly GrantFacts[] };

interface CaseIdentity extends Pick<IdentityFacts, 'arn' | 'tags' | 'organizationId' | 'organizationPaths'> {
  readonly policies?: readonly PolicyDocument[];
  readonly boundary?: PolicyDocument;
  readonly sessionPolicies?: readonly PolicyDocument[];
}

export interface Case {
  readonly sentence: string;
  /** One of the file's worlds. */
  readonly world: string;
  readonly request: CaseRequest;
  readonly expected: 'allow' | 'deny';
  /** The statements that have to decide, as `key policy Use` or `identity policy #1`. */
  readonly by?: readonly string[];
  /** The AWS page, and the part of it. */
  readonly page: string;
  /** Whether the page states the decision, it follows from the page, or the page is silent and the choice is ours: never allow on doubt. */
  readonly basis: 'documented' | 'derived' | 'chosen';
  /** Whether a plausible engine gets it wrong. */
  readonly trap?: boolean;
}

interface CaseRequest {
  readonly principal: string;
  readonly action: string;
  /** A key id of the world; its first key if left out. */
  readonly key?: string;
  readonly context?: Readonly<Record<string, string>>;
  readonly via?: string;
  /** Parameters of the operation, as the API names them. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly conditionKeys?: KmsRequest['conditionKeys'];
}

const FOLDER = join(__dirname, 'cases');

/** Every case file. */
export function caseFiles(): CaseFile[] {
  return readdirSync(FOLDER).sort().map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as CaseFile);
}

/** Decides a case. Operations that need several permissions are asked for each; the first that is missing decides. */
export function decideCase(file: CaseFile, { world: name, request }: Case): Decision {
  const world = file.worlds[name];
  const identities = (world.identities ?? []).map(identityFacts);
  const keys = world.keys.map(keyFacts);
  const decisions = questions(request, keys).map((question) => decide({ identities }, question));
  return decisions.find(({ allowed }) => !allowed) ?? decisions[0];
}

function questions(request: CaseRequest, keys: readonly KeyFacts[]): KmsRequest[] {
  const { principal, action, context, via, parameters = {}, conditionKeys } = request;
  const key = request.key === undefined ? keys[0] : keys.find(({ arn }) => arn.endsWith(`/${request.key}`));
  const alias = parameters.AliasName === undefined ? undefined : `arn:aws:kms:us-east-1:111122223333:${parameters.AliasName}`;
  const question = (asked: string, on: KeyFacts | undefined, encryptionContext: CaseRequest['context'], more = {}): KmsRequest => ({
    principal,
    action: asked,
    key: on,
    aliasArn: alias,
    requestedKeyId: parameters.KeyId as string | undefined,
    encryptionContext,
    viaService: via,
    requestedGrant: parameters.Operations === undefined ? undefined : { operations: parameters.Operations as string[], constraints: parameters.Constraints as GrantFacts['constraints'] },
    grantId: parameters.GrantId as string | undefined,
    conditionKeys: { ...conditionKeysOf(asked, parameters), ...more, ...conditionKeys },
  });
  if (action === 'kms:ReEncrypt') {
    const destination = keys.find(({ arn }) => arn.endsWith(`/${parameters.DestinationKeyId}`));
    const same = { 'kms:ReEncryptOnSameKey': String(destination === key) };
    return [
      question('kms:ReEncryptFrom', key, context, same),
      question('kms:ReEncryptTo', destination, parameters.DestinationEncryptionContext as CaseRequest['context'], same),
    ];
  }
  const current = action === 'kms:UpdateAlias' ? keys.find(({ aliases }) => aliases?.includes(parameters.AliasName as string)) : undefined;
  return [question(action, key, context), ...(current ? [question(action, current, context)] : [])];
}

function keyFacts({ id, region = 'us-east-1', ...facts }: CaseKey): KeyFacts {
  return { arn: `arn:aws:kms:${region}:111122223333:key/${id}`, spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', ...facts };
}

function identityFacts({ policies, boundary, sessionPolicies, ...facts }: CaseIdentity): IdentityFacts {
  return {
    ...facts,
    policies: policies?.map((document, index) => ({ name: `policy ${index + 1}`, document })),
    boundary: boundary && { name: 'boundary', document: boundary },
    sessionPolicies: sessionPolicies?.map((document, index) => ({ name: `session policy ${index + 1}`, document })),
  };
}
