import { encryptForPublicKey } from 'cdk-keysmith/runtime';
import { DEPLOYER, Place, PlacedKey } from './places';
import { Mismatch } from './progress';
import { KmsException, LocalKmsPort } from 'cdk-keysmith/testing';

/** Construct paths of the application that questions are about. */
const PATHS = {
  dataKey: 'Invoices/InvoiceData',
  uploads: 'Invoices/Uploads',
  bucket: 'Invoices/Invoices',
  table: 'Invoices/Totals',
  secret: 'Invoices/PaymentProvider',
  function: 'Invoices/Writer',
  writer: 'Invoices/WriterRole',
  bookkeeper: 'Invoices/Bookkeeper',
};

const CONTEXT = { Project: 'SnowyPII', customer: 'c-17' };
const CONTEXTS: Readonly<Record<string, Record<string, string>>> = {
  'the context': CONTEXT,
  'no context': {},
  'a part of the context': { Project: CONTEXT.Project },
  'another project': { ...CONTEXT, Project: 'Snowman' },
  'a pair too many': { ...CONTEXT, also: 'this' },
};

/** Whoever is asked about, and how it ended: `allowed` or the error's name, and the statements that decided. */
export interface Decided {
  readonly question: string;
  readonly outcome: string;
  readonly by: string;
}

/** Makes one call as a role. */
type Call = (kms: LocalKmsPort, who: string) => Promise<unknown>;

/** Ciphertexts that the questions are about: made once by who may make them, of the key and for the resource. */
interface Prepared {
  readonly direct: Uint8Array;
  readonly throughService: ReadonlyMap<string, Uint8Array>;
  readonly toPublicKey: Uint8Array;
}

/** Services that use the invoices' key, the resource for which they do, and who has them encrypt. */
const SERVICES = [
  { service: 's3', path: PATHS.bucket, suffix: '/c-17/2026-0042', writtenBy: PATHS.writer },
  { service: 'dynamodb', path: PATHS.table, suffix: '', writtenBy: DEPLOYER },
  { service: 'lambda', path: PATHS.function, suffix: '', writtenBy: DEPLOYER },
  { service: 'secretsmanager', path: PATHS.secret, suffix: '', writtenBy: DEPLOYER },
];

/**
 * Asks of every role and every key what the role may do with it, directly and through the services.
 *
 * @param names where the resources have the names that AWS gives them: the emulator puts the stack's name before a secret's, AWS does not
 *   (CloudFormation User Guide, AWS::SecretsManager::Secret, Name)
 * @throws Mismatch if those who are to encrypt cannot, so that there is nothing to ask about
 */
export async function askEverything(place: Place, names: Place): Promise<Decided[]> {
  const prepared = await prepare(place, names).catch((error: unknown) => {
    throw error instanceof KmsException ? new Mismatch(`nothing can be encrypted: ${error.message}`) : error;
  });
  const decided: Decided[] = [];
  for (const key of place.keys) {
    for (const [operation, call] of calls(place, names, key, prepared)) {
      for (const who of place.roles.keys()) decided.push(await ask(place, who, key, operation, call));
    }
  }
  return decided;
}

async function ask({ local, roles }: Place, who: string, { path }: PlacedKey, operation: string, call: Call): Promise<Decided> {
  local.requests.clear();
  const outcome = await call(local.port(roles.get(who)!), who).then(() => 'allowed', (error: unknown) => {
    if (error instanceof KmsException) return error.name;
    throw error;
  });
  const statements = local.requests.last!.authorizations.flatMap(({ decision }) => decision.decidedBy.map(({ kind, statement }) => `${kind} ${statement}`));
  return { question: `${who}: ${operation} with ${path}`, outcome, by: [...new Set(statements)].join(' + ') };
}

function calls(place: Place, names: Place, key: PlacedKey, prepared: Prepared): [string, Call][] {
  const { arn: KeyId, spec: KeySpec, usage: KeyUsage, policy } = key;
  const Policy = JSON.stringify(policy);
  const life: [string, Call][] = [
    // KMS's lock-out check and its grammar, which the emulator has not: whoever creates a key must be able to change its policy.
    ['CreateKey under its policy', (kms) => kms.call('CreateKey', { Policy, KeySpec, KeyUsage })],
    ['PutKeyPolicy', (kms) => kms.call('PutKeyPolicy', { KeyId, Policy })],
    ['GetKeyPolicy', (kms) => kms.call('GetKeyPolicy', { KeyId })],
    ['DescribeKey', (kms) => kms.call('DescribeKey', { KeyId })],
    ['EnableKey', (kms) => kms.call('EnableKey', { KeyId })],
    ['CreateGrant', (kms, who) => kms.call('CreateGrant', { KeyId, GranteePrincipal: place.roles.get(who), Operations: [KeyUsage === 'SIGN_VERIFY' ? 'Sign' : 'Decrypt'] })],
  ];
  if (KeyUsage === 'SIGN_VERIFY') return [...life, ...signing(KeyId)];
  return [...life, ...KeySpec === 'SYMMETRIC_DEFAULT' ? symmetric(place, names, KeyId, prepared) : toPublicKey(KeyId, prepared)];
}

function signing(KeyId: string): [string, Call][] {
  const digest = { KeyId, Message: Buffer.alloc(32, 7), MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' };
  return [
    ['Sign a digest', (kms) => kms.call('Sign', digest)],
    ['Sign a message', (kms) => kms.call('Sign', { ...digest, MessageType: 'RAW' })],
    ['GetPublicKey', (kms) => kms.call('GetPublicKey', { KeyId })],
  ];
}

function toPublicKey(KeyId: string, { toPublicKey: CiphertextBlob }: Prepared): [string, Call][] {
  return [
    ['Decrypt', (kms) => kms.call('Decrypt', { KeyId, CiphertextBlob, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' })],
    ['Encrypt', (kms) => kms.call('Encrypt', { KeyId, Plaintext: Buffer.from('a scan'), EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' })],
    ['GetPublicKey', (kms) => kms.call('GetPublicKey', { KeyId })],
  ];
}

function symmetric(place: Place, names: Place, KeyId: string, { direct, throughService }: Prepared): [string, Call][] {
  const underContext = Object.entries(CONTEXTS).flatMap(([name, EncryptionContext]): [string, Call][] => [
    [`Encrypt under ${name}`, (kms) => kms.call('Encrypt', { KeyId, Plaintext: Buffer.from('an invoice'), EncryptionContext })],
    [`GenerateDataKey under ${name}`, (kms) => kms.call('GenerateDataKey', { KeyId, KeySpec: 'AES_256', EncryptionContext })],
    [`Decrypt under ${name}`, (kms) => kms.call('Decrypt', { KeyId, CiphertextBlob: direct, EncryptionContext })],
  ]);
  const reEncrypt: [string, Call] = ['ReEncrypt', (kms) => kms.call('ReEncrypt', {
    CiphertextBlob: direct, SourceEncryptionContext: CONTEXT, DestinationKeyId: KeyId, DestinationEncryptionContext: CONTEXT,
  })];
  const services = SERVICES.flatMap((use): [string, Call][] => [
    [`GenerateDataKey through ${use.service}`, (_, who) => through(place, names, use, who).call('GenerateDataKey', { KeyId, KeySpec: 'AES_256' })],
    [`Decrypt through ${use.service}`, (_, who) => through(place, names, use, who).call('Decrypt', { KeyId, CiphertextBlob: throughService.get(use.service) })],
  ]);
  return [...underContext, reEncrypt, ...services];
}

function through(place: Place, names: Place, { service, path, suffix }: typeof SERVICES[number], who: string) {
  const resource = `${(service === 'secretsmanager' ? names : place).arnOf(path)}${suffix}`;
  return place.local.via(service, place.roles.get(who)!, { resource, key: keyOf(place, PATHS.dataKey), bucketKey: true });
}

async function prepare(place: Place, names: Place): Promise<Prepared> {
  const as = (who: string): LocalKmsPort => place.local.port(place.roles.get(who)!);
  const KeyId = keyOf(place, PATHS.dataKey);
  const { CiphertextBlob: direct } = await as(PATHS.writer).call('GenerateDataKey', { KeyId, KeySpec: 'AES_256', EncryptionContext: CONTEXT });
  const throughService = new Map<string, Uint8Array>();
  for (const use of SERVICES) {
    const { CiphertextBlob } = await through(place, names, use, use.writtenBy).call('GenerateDataKey', { KeyId, KeySpec: 'AES_256' });
    throughService.set(use.service, CiphertextBlob as Uint8Array);
  }
  const { PublicKey } = await as(PATHS.bookkeeper).call('GetPublicKey', { KeyId: keyOf(place, PATHS.uploads) });
  return { direct: direct as Uint8Array, throughService, toPublicKey: encryptForPublicKey(PublicKey as Uint8Array, 'a scan') };
}

function keyOf({ keys }: Place, path: string): string {
  return keys.find((key) => key.path === path)!.arn;
}
