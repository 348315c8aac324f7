import { Token } from 'aws-cdk-lib';
import type { Conditions } from './permission';
import type { Sentence } from './statements';
import { DECRYPT, ENCRYPT, GENERATE_DATA_KEYS, GENERATE_DATA_KEY_PAIRS, RE_ENCRYPT_FROM, RE_ENCRYPT_TO } from '../spec/actions';
import { RESERVED_CONTEXT_PREFIX, SIGNATURE_CONTEXT_KEY } from '../spec/contract';

/** Actions whose requests carry an encryption context. CreateGrant and RetireGrant do too, but no duty gives them. */
export const ACTIONS_WITH_CONTEXT: readonly string[] = [
  ...ENCRYPT, ...DECRYPT, ...RE_ENCRYPT_FROM, ...RE_ENCRYPT_TO, ...GENERATE_DATA_KEYS, ...GENERATE_DATA_KEY_PAIRS,
];

const CONTEXT = 'kms:EncryptionContext:';
const PRINCIPAL_TAG = /\$\{(aws:PrincipalTag\/[^},]+)\}/g;
/** How CDK marks, in a string, a value that only deployment knows. */
const TOKEN = /\$\{Token\[[^\]]*\]\}/g;

/**
 * The encryption context that every direct call on a key must carry: some pairs literally, some keys with a value of the caller's.
 *
 * KMS compares the key in `kms:EncryptionContext:<key>` without case and the list in `kms:EncryptionContextKeys` with it; the second
 * therefore settles the first. `ForAllValues` alone is true of a request without a context, so each pair is demanded besides.
 * KMS Developer Guide, "AWS KMS condition keys".
 */
export class ContextConditions {
  /** Pairs whose values are known when the app is built. */
  public readonly literalPairs: Readonly<Record<string, string>>;
  /** Keys whose values only the caller knows: given with each call, or a tag of the principal. */
  public readonly callerKeys: readonly string[];

  constructor(private readonly pairs: Readonly<Record<string, string>>, keys: readonly string[], where: string) {
    refuseBadContext(pairs, keys, where);
    this.literalPairs = Object.fromEntries(Object.entries(pairs).filter(([, value]) => !value.match(PRINCIPAL_TAG)));
    this.callerKeys = [...Object.keys(pairs).filter((key) => !(key in this.literalPairs)), ...keys];
  }

  public get isEmpty(): boolean {
    return this.allowedKeys.length === 0;
  }

  /** What an Allow says so that only calls under the contract pass; undefined if there is no contract. */
  public get conditions(): Conditions | undefined {
    if (this.isEmpty) return undefined;
    const givenKeys = this.callerKeys.filter((key) => !(key in this.pairs));
    return {
      ...(Object.keys(this.pairs).length ? { StringEquals: Object.fromEntries(Object.entries(this.pairs).map(([key, value]) => [`${CONTEXT}${key}`, value])) } : {}),
      ...(givenKeys.length ? { Null: Object.fromEntries(givenKeys.map((key) => [`${CONTEXT}${key}`, 'false'])) } : {}),
      'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': [...this.allowedKeys, SIGNATURE_CONTEXT_KEY] },
    };
  }

  /**
   * Sentences that refuse direct calls outside the contract, whoever allowed them. A statement's conditions must all hold for it to
   * deny, so that each way to break the contract takes a statement.
   *
   * Calls through a service carry the service's own context, and so do services calling for themselves: both are left out.
   */
  public denials(): Sentence[] {
    if (this.isEmpty) return [];
    const deny = (sid: string, conditions: Conditions): Sentence => ({
      sid,
      effect: 'Deny',
      actions: ACTIONS_WITH_CONTEXT,
      conditions: { ...conditions, Null: { 'kms:ViaService': 'true', ...conditions.Null }, BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } },
      principal: { type: 'anyone' },
      label: 'encryption context',
    });
    const tags = [...new Set(Object.values(this.pairs).flatMap((value) => [...value.matchAll(PRINCIPAL_TAG)].map(([, tag]) => tag)))];
    return [
      ...Object.entries(this.pairs).map(([key, value]) => deny('DenyOtherContext', { StringNotEquals: { [`${CONTEXT}${key}`]: value } })),
      // A variable without a value: the comparison above then denies, says one paragraph of the IAM User Guide ("Policy variables with no value");
      // the first note of the same page says that it may make "the entire statement … invalid". This denies either way.
      ...tags.map((tag) => deny('DenyUntaggedPrincipal', { Null: { [tag]: 'true' } })),
      ...this.callerKeys.filter((key) => !(key in this.pairs)).map((key) => deny('DenyMissingContext', { Null: { [`${CONTEXT}${key}`]: 'true' } })),
      deny('DenyMoreContext', { 'ForAnyValue:StringNotEquals': { 'kms:EncryptionContextKeys': [...this.allowedKeys, SIGNATURE_CONTEXT_KEY] } }),
    ];
  }

  private get allowedKeys(): string[] {
    return [...Object.keys(this.pairs), ...this.callerKeys.filter((key) => !(key in this.pairs))];
  }
}

function refuseBadContext(pairs: Readonly<Record<string, string>>, keys: readonly string[], where: string): void {
  const seen = new Set<string>();
  for (const [property, value] of Object.entries({ encryptionContext: pairs, contextKeys: keys })) {
    if (Token.isUnresolved(value)) throw new Error(`${where}: ${property} is not known before deployment: write it out`);
  }
  for (const [property, key] of [...Object.keys(pairs).map((name) => ['encryptionContext', name]), ...keys.map((name) => ['contextKeys', name])]) {
    if (!key) throw new Error(`${where}: an encryption context key is empty in ${property}`);
    if (Token.isUnresolved(key)) throw new Error(`${where}: an encryption context key is not known before deployment: write it out in ${property}`);
    refuseForeignCharacters(key, where);
    if (key.startsWith(RESERVED_CONTEXT_PREFIX)) throw new Error(`${where}: encryption context key '${key}' is kept for the AWS Encryption SDK: use a name without '${RESERVED_CONTEXT_PREFIX}'`);
    if (key.startsWith('aws:')) throw new Error(`${where}: encryption context key '${key}' belongs to an AWS service: use a name without 'aws:'`);
    if (seen.has(key.toLowerCase())) throw new Error(`${where}: encryption context key '${key}' is there twice (conditions compare it without case): name it once, in encryptionContext or in contextKeys`);
    seen.add(key.toLowerCase());
  }
  for (const [key, value] of Object.entries(pairs)) {
    if (typeof value !== 'string') throw new Error(`${where}: the encryption context pair '${key}' is no text: KMS takes text only`);
    if (!value) throw new Error(`${where}: the encryption context pair '${key}' has no value: put the key in contextKeys if callers give it`);
    refuseForeignCharacters(value, where);
    if (value.replace(TOKEN, '').replace(PRINCIPAL_TAG, '').includes('${')) {
      throw new Error(`${where}: '${value.replace(TOKEN, '…')}' of encryption context pair '${key}' holds a policy variable that no caller can send: \${aws:PrincipalTag/…} is the one that can be used`);
    }
  }
}

/** A key policy takes Latin-1 only (KMS API Reference, PutKeyPolicy), and the contract stands in it. */
function refuseForeignCharacters(text: string, where: string): void {
  const foreign = /[^\u0020-\u00ff]/u.exec(text)?.[0];
  if (foreign) throw new Error(`${where}: '${text.replace(TOKEN, '…')}' of the encryption context has the character '${foreign}', which no key policy takes: use Latin-1`);
}
